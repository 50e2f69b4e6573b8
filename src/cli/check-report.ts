/** What the parts of `check` tell, and how they say it. */
import { access, constants } from 'node:fs/promises';
import type { HostCounts, Sample } from '../activity/active-window.ts';
import { isCovered, windowsOf, type Window } from '../report/metric-name.ts';

/** What `check` has found: lines to print, and what will not work, as sentences. */
export interface Report {
  readonly lines: string[];
  readonly failures: string[];
  /** Hosts that were seen, in the logs or in the index. */
  readonly hosts: Set<string>;
  /** The mark of a lower bound. */
  readonly atLeast: string;
}

/** `chat.example 72, 127, ≥127 (...)`: marked is a count of a window that the logs are known not to cover. */
export function describeCounts(samples: readonly ShownCounts[], atLeast = ''): string {
  const shown = samples.map((sample) => {
    const counts = windowsOf(sample).map(
      (window) => `${isBound(sample, window) ? atLeast : ''}${sample[`d${window}`]}`,
    );
    return `${sample.host} ${counts.join(', ')}`;
  });
  const isAny = atLeast !== '' && samples.some((sample) => windowsOf(sample).some((window) => isBound(sample, window)));
  const why = isAny ? `; with ${atLeast} lower bounds, as the logs do not cover them` : '';
  const days = windowsOf(samples[0] ?? {});
  return `${shown.toSorted().join('; ')} (${days.slice(0, -1).join(', ')} and ${days.at(-1)} days${why})`;
}

type ShownCounts = Omit<HostCounts, 'at'> & Partial<Pick<Sample, 'covered'>>;

function isBound({ covered }: ShownCounts, window: Window): boolean {
  return covered !== undefined && !isCovered({ covered }, window);
}

export const isReachable = (path: string, how = constants.R_OK): Promise<boolean> =>
  access(path, how).then(
    () => true,
    () => false,
  );
