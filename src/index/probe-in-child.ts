/**
 * Is it safe to let LevelDB read this index inside the daemon?
 *
 * On some damaged blocks LevelDB does not return an error: a failed assertion in its code aborts the whole process (seen with 1 of
 * about 10 single flipped bits in its tables). Such a daemon could not even say what is wrong, and systemd would
 * restart it into the same abort for ever. So a file says that the index is being read: where it is found, the last
 * reader did not come to its end, and a child reads everything first. Only a child that dies of a signal means anything:
 * whatever else goes wrong there will be seen again, with its reason, when the index is opened.
 */
import { fork } from 'node:child_process';
import { appendFileSync, existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** From the bundle as from this file: both lie in a folder beside it. */
const PROBE = fileURLToPath(new URL('../index/probe.js', import.meta.url));
const CRASHES = new Set<NodeJS.Signals>(['SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP']);

const MARK = 'reading';

/**
 * To be called before LevelDB gets at the index. False if LevelDB crashes on it. The file has a byte for each reader in a row
 * that did not come to its end; only every other time a child is sent ahead, as it takes time: readers that are killed
 * for being slow would else never come to their end.
 */
export async function beginReading(path: string): Promise<boolean> {
  const mark = join(path, MARK);
  const broken = statSync(mark, { throwIfNoEntry: false })?.size ?? 0;
  if (broken % 2 === 1 && !(await survivesReading(path))) return false;
  attempt(() => appendFileSync(mark, '.', { mode: 0o600 }));
  return true;
}

/** Whether the last reader did not come to its end. */
export function wasBrokenOff(path: string): boolean {
  return existsSync(join(path, MARK));
}

/** All has been read, or was refused without a crash. */
export function endReading(path: string): void {
  attempt(() => rmSync(join(path, MARK), { force: true }));
}

/** Where it cannot be written, on a full disk, one crash less is known of. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    return;
  }
}

async function survivesReading(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = fork(PROBE, [path], { stdio: 'ignore' });
    child.once('error', () => resolve(true));
    child.once('exit', (_code, signal) => resolve(signal === null || !CRASHES.has(signal)));
  });
}
