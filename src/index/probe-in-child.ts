/**
 * Is it safe to let LevelDB read this index inside the daemon?
 *
 * On some damaged blocks LevelDB does not return an error: a failed assertion in its code aborts the whole process (seen with 1 of
 * about 10 single flipped bits in its tables). Such a daemon could not even say what is wrong, and systemd would
 * restart it into the same abort for ever. So a child reads everything first, and only a child that dies of a signal
 * means anything: whatever else goes wrong there will be seen again, with its reason, when the index is opened.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROBE = fileURLToPath(new URL('probe.js', import.meta.url));
const CRASHES = new Set<NodeJS.Signals>(['SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP']);

export async function survivesReading(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = fork(PROBE, [path], { stdio: 'ignore' });
    child.once('error', () => resolve(true));
    child.once('exit', (_code, signal) => resolve(signal === null || !CRASHES.has(signal)));
  });
}
