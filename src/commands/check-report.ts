import { access, constants } from 'node:fs/promises';

/** What `check` has found: lines to print, and what will not work, as sentences. */
export interface Report {
  readonly lines: string[];
  readonly failures: string[];
}

export const isReachable = (path: string, how = constants.R_OK): Promise<boolean> =>
  access(path, how).then(
    () => true,
    () => false,
  );
