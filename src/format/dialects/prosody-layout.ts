/** The head of a line of Prosody's, in the file and in the console layout: the stamp, the source, and the level. */
import type { LogLevel } from '../log-level.ts';
import { LEVELS, type Level } from './prosody-messages.ts';

const TAB = 9;
const SPACE = 32;

/** A stamp and a source are much shorter; a line with more before its first tab is none of Prosody's. */
const LONGEST_HEAD = 512;
/** The end of the text before the first tab in the console layout, where the level stands before the tab. */
const CONSOLE = /(\S+) +(?:\x1b\[[0-9;]*m)?(debug|info|warn|error) *(?:\x1b\[[0-9;]*m)?$/;

/** Where the parts of a line are; `source` and `message` are offsets. */
export interface Parts {
  readonly level: Level;
  readonly source: number;
  readonly sourceEnd: number;
  readonly message: number;
}

/** The level between the first tab of a line and its second one, in the file layout. */
export function levelBehind(text: string, tab: number): Level | undefined {
  const level = LEVELS.get(text.charCodeAt(tab + 1));
  const isWhole = level && text.charCodeAt(tab + level.word.length + 1) === TAB && text.startsWith(level.word, tab + 1);
  return isWhole ? level : undefined;
}

/** Where the message begins behind the first tab, in the file layout. */
export const messageBehind = (tab: number, { word }: Level): number => tab + word.length + 2;

export function partsInFile(text: string, start: number, tab: number, level: Level): Parts {
  const source = Math.max(start, text.lastIndexOf(' ', tab) + 1);
  return { level, source, sourceEnd: tab, message: messageBehind(tab, level) };
}

/** The same where the level stands before the first tab; undefined when it does not. */
export function partsOnConsole(text: string, start: number, tab: number): Parts | undefined {
  if (tab - start > LONGEST_HEAD) return undefined;
  const m = CONSOLE.exec(text.slice(start, tab));
  const [, source = '', word = ''] = m ?? [];
  const level = LEVELS.get(word.charCodeAt(0));
  if (!m || !level) return undefined;
  const at = start + m.index;
  return { level, source: at, sourceEnd: at + source.length, message: tab + 1 };
}

/** The level of a line whose tabs became blanks: at least those up to the next tab stop. */
const SHOWN = / (debug|info|warn|error) {3,8}(?! )/;

/** The same of a line without tabs, as a terminal shows it and others copy it from there; undefined when it is none. */
export function partsAsShown(text: string, start: number, end: number): Parts | undefined {
  const head = text.slice(start, Math.min(end, start + LONGEST_HEAD));
  const m = SHOWN.exec(head);
  const before = m ? head.slice(0, m.index).trimEnd() : '';
  const level = LEVELS.get(m?.[1]?.charCodeAt(0) ?? 0);
  if (!m || !level || before === '') return undefined;
  const source = start + before.lastIndexOf(' ') + 1;
  return { level, source, sourceEnd: start + before.length, message: start + m.index + m[0].length };
}

/** Where the stamp ends that stands before the source. */
export function stampEndOf(text: string, start: number, { source }: Parts): number {
  return source > start && text.charCodeAt(source - 1) === SPACE ? source - 1 : source;
}

/** The word before the tab that stands before the message, in both layouts, or before the blanks that are shown for it. */
const LEVEL = /^[^\t]*?[\t ](?:\x1b\[[0-9;]*m)?(debug|info|warn|error) *(?:(?:\x1b\[[0-9;]*m)?\t| {2})/;

export const levelOf = (line: string): LogLevel | undefined => LEVEL.exec(line)?.[1] as LogLevel | undefined;
