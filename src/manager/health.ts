/**
 * Whether the daemon does what it is there for: the places in its logs move when there is something to read, and the index
 * answers. What waits for others, a log for room on the disk or for the full hour, is well.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import type { DaemonStatus, LogStatus } from '../index/status-file.ts';

/** How far it is looked for the end of a line. */
const LOOKED_AT = 65_536;

/** By the path of a log: where it was at the last look, when there was a whole line behind that place. */
export type Behind = ReadonlyMap<string, string>;

/** The logs that have something to read, and the place where each is. */
export function behindNow({ logs }: Pick<DaemonStatus, 'logs'>): Behind {
  return new Map(logs.filter(hasMore).map((log) => [log.path, placeOf(log)]));
}

/** The logs whose place has not moved from one look to the next, though there was something to read. */
export function standingStill(before: Behind, now: Behind): string[] {
  return [...now].filter(([path, place]) => before.get(path) === place).map(([path]) => path);
}

const placeOf = ({ offset, rotations, truncations, skippedLines, lostSegments }: LogStatus): string =>
  [offset, rotations, truncations, skippedLines, lostSegments].join(' ');

/** Looked up in the file itself, and not believed of whoever reads it. */
function hasMore({ path, offset, waits, unreadable }: LogStatus): boolean {
  return waits === undefined && unreadable === undefined && holdsLine(path, offset);
}

function holdsLine(path: string, offset: number): boolean {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(LOOKED_AT);
      return bytes.subarray(0, readSync(file, bytes, 0, LOOKED_AT, offset)).includes(10);
    } finally {
      closeSync(file);
    }
  } catch {
    // Of a log that cannot be read, and of one in the journal, there is nothing to see here.
    return false;
  }
}
