import { access, constants } from 'node:fs/promises';
import type { HostCounts } from '../activity/active-window.ts';

/** What `check` has found: lines to print, and what will not work, as sentences. */
export interface Report {
  readonly lines: string[];
  readonly failures: string[];
  /** Hosts that were seen, in the logs or in the index. */
  readonly hosts: Set<string>;
}

/** `chat.example 72, 127, 127` */
export function describeCounts(samples: readonly Omit<HostCounts, 'at'>[]): string {
  const shown = samples.map(({ host, d1, d7, d30 }) => `${host} ${d1}, ${d7}, ${d30}`);
  return `${shown.toSorted().join('; ')} (1, 7 and 30 days)`;
}

export const isReachable = (path: string, how = constants.R_OK): Promise<boolean> =>
  access(path, how).then(
    () => true,
    () => false,
  );
