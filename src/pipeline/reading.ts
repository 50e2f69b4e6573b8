/**
 * How a log is to be read: as its own table in the configuration says, or as files without a table are. A log is the same
 * one by whatever links it is reached, so that what `backfill` has read need not be read again by `run`.
 */
import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Config, LogConfig } from '../config.ts';

/** Under the path in the configuration, if it has a table there. */
export function readingOf(config: Config, log: string): LogConfig {
  const place = placeOf(log);
  const configured =
    config.logs.find(({ path }) => path === log) ?? config.logs.find(({ path }) => placeOf(path) === place);
  return configured ?? { path: log, ...config.otherLogs };
}

/** The path without links; the file itself need not be there. */
function placeOf(path: string): string {
  return real(path) ?? join(real(dirname(path)) ?? dirname(path), basename(path));
}

function real(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
