/** What is said of the lines of old logs that were read and are not counted, as it cannot be told, or is not, who wrote them. */
import type { Series } from './archive/arrange.ts';
import type { LogState } from './log-state.ts';
import { rivalWarning, waitingWarning } from './parse-health.ts';

/** Sentences. */
export function uncountedIn(
  { rival, waiting }: LogState,
  { log, archivedFiles }: Pick<Series, 'log' | 'archivedFiles'>,
): readonly string[] {
  const second = rival && `${log}: ${rivalWarning(rival)}`;
  const undecided = waitingWarning(archivedFiles.at(-1)?.path ?? log, waiting);
  return [second, undecided].filter((sentence) => sentence !== undefined);
}
