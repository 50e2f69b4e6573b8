/** One case: the files of some logs as they lie on a disk, and what the program is told about them. Plain JSON. */
import type { Line, Rules, Says } from './model.ts';
import type { Entry } from './prosody.ts';

export interface PieceCase {
  /** Below the directory of the log. */
  readonly name: string;
  readonly gzip: boolean;
  /** Of the last change, unix seconds; a gzip header has it, too, or nothing. */
  readonly mtime: number;
  readonly gzipTime: boolean;
  readonly entries: readonly Entry[];
}

export interface LogCase {
  readonly directory: string;
  /** The live file's name. */
  readonly name: string;
  readonly format: string;
  readonly zone: string;
  /** Oldest first; the last one may be the live file. */
  readonly pieces: readonly PieceCase[];
}

export interface Case {
  readonly seed: number;
  /** Unix seconds, when the program is started. */
  readonly now: number;
  readonly rules: Rules;
  readonly logs: readonly LogCase[];
  /** When a daemon is started, and up to when its logs are written while it runs; unix seconds. */
  readonly lives: readonly { readonly at: number; readonly until: number }[];
}

/** How far ahead a line is believed, seconds. */
export const MAX_AHEAD = 300;

/** The lines of each log, as far as they are believed. */
export function linesOf({ logs, now }: Pick<Case, 'logs' | 'now'>): Line[][] {
  return logs.map(({ pieces }) => believed(allOf(pieces), now));
}

/** All that is written in files that follow each other. */
export function allOf(pieces: readonly Pick<PieceCase, 'entries'>[]): Line[] {
  const lines: Line[] = [];
  let before: Entry | undefined;
  for (const { entries } of pieces)
    for (const [i, entry] of entries.entries()) {
      const { at } = entry;
      lines.push({ at, says: isSecond(entry, before) ? entry.says : single(entry), opensFile: i === 0 });
      before = entry;
    }
  return lines;
}

/** Whether it follows the first of the two ends directly, within the same second, whatever has become of the log since. */
function isSecond(entry: Entry, before: Entry | undefined): boolean {
  return before?.says?.kind === 'disconnected' && idOf(before) === idOf(entry) && before.at === entry.at;
}

const idOf = ({ says }: Entry): string => (says && 'id' in says ? says.id : '');
const single = ({ says }: Entry): Says | undefined =>
  says?.kind === 'hibernates' ? { kind: 'disconnected', id: says.id, over: true } : says;

/** Of a file whose first lines are not believed, the first one that is. */
export function believed(lines: readonly Line[], now: number): Line[] {
  let opens = false;
  return lines.flatMap((line) => {
    opens ||= line.opensFile === true;
    if (line.at > now + MAX_AHEAD) return [];
    const taken = { ...line, opensFile: opens };
    opens = false;
    return [taken];
  });
}
