/** A copy of an index that is open, as the disk has it when its process is killed now. */
import { cpSync, readdirSync, rmSync } from 'node:fs';

/** Tables that LevelDB made meanwhile are missing in a copy, and others may be gone while it is made: it is made again then. */
export function copyOfOpen(path: string, copy: string): void {
  for (let isWhole = false; !isWhole;) {
    rmSync(copy, { recursive: true, force: true });
    const names = namesIn(path);
    try {
      cpSync(path, copy, { recursive: true });
      isWhole = namesIn(path) === names;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
}

const namesIn = (path: string): string =>
  readdirSync(path)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .join('\n');
