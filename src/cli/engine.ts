/** V8 as this program wants it, before anything of it is compiled: what is compiled with other flags cannot be kept (code-cache.ts). */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * By the version of V8, those of Node.js 20, 22 and 24: it optimises only what has run for longer. To optimise all that runs for a moment took a
 * third of the processor time in which 200 MB of log are read, and what is worked on most is WebAssembly, which does not wait.
 */
const OPTIMISES_LATER = new Map([
  ['11.3', '--interrupt-budget=540000'],
  ['12.4', '--invocation-count-for-turbofan=24000'],
  ['13.6', '--invocation-count-for-turbofan=24000'],
]);

export function tuneEngine(v8: string): void {
  const optimisesLater = OPTIMISES_LATER.get(v8.split('.', 2).join('.'));
  if (optimisesLater !== undefined) setFlagsFromString(optimisesLater);
  // What is new dies soon, so it needs little room: for a backfill of a million users Node.js 24 took 360 MB with more, and is no faster.
  setFlagsFromString('--semi-space-growth-factor=1');
  // Else V8 collects when there is four times of what was left the last time: the longer a log, the more of that was ever seen at once.
  setFlagsFromString('--heap-growing-percent=50');
  setFlagsFromString('--expose-gc');
}

export function releaseMemory(): void {
  const collect = runInNewContext('gc') as () => void;
  collect();
}
