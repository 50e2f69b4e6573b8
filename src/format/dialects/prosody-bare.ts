/**
 * Lines of Prosody's that stand in no file of its own. To syslog (util/pposix, core/loggingmanager.lua) it writes no level, and to the
 * standard output no stamp; journalctl shows a tab as eight blanks, and rsyslog as #011:
 *
 *     c2s5555c9406360: Authenticated as alice@chat.example
 *     c2s5555c9406360     info⇥Authenticated as alice@chat.example
 */
import type { BareLine } from './dialect.ts';
import { DEBUG_MESSAGES, isSession, LEVELS } from './prosody-messages.ts';

const TAB = 9;
const BLANK = 32;
const COLON = 58;
/** A source is shorter, and so is what it is padded to. */
const LONGEST = 256;

const heads = (word: string): Buffer => Buffer.from(`\t${word}\t`, 'latin1');
const [ERROR, WARN, INFO, DEBUG] = ['error', 'warn', 'info', 'debug'].map(heads) as [Buffer, Buffer, Buffer, Buffer];
/** What a file has between source and message, by syslog's severities; an error of Prosody's is LOG_CRIT. */
export const BY_SEVERITY = [ERROR, ERROR, ERROR, ERROR, WARN, INFO, INFO, DEBUG];
const WORDS = [...LEVELS.values()].map(({ word }) => ({ word: Buffer.from(word, 'latin1'), head: heads(word) }));
const TABS = ['\t', '        ', '#011'].map((text) => Buffer.from(text, 'latin1'));
/** The debug messages of a session, by their first byte. */
const BY_FIRST: readonly (readonly Buffer[] | undefined)[] = Array.from({ length: 256 }, (_, byte) => {
  const all = DEBUG_MESSAGES.filter((begins) => begins.charCodeAt(0) === byte);
  return all.length > 0 ? all.map((begins) => Buffer.from(begins, 'latin1')) : undefined;
});

/** As of `Dialect`. */
export function bare(bytes: Buffer, from: number, to: number, severity: number, into: BareLine): boolean {
  const limit = Math.min(to, from + LONGEST);
  let at = from;
  while (at < limit && bytes[at]! > BLANK) at++;
  if (at === limit || bytes[at] !== BLANK) return false;
  return bytes[at - 1] === COLON
    ? inSyslog(bytes, from, at - 1, to, severity, into)
    : onOutput(bytes, at, limit, to, into);
}

function inSyslog(
  bytes: Buffer,
  from: number,
  sourceEnd: number,
  to: number,
  severity: number,
  into: BareLine,
): boolean {
  const message = sourceEnd + 2;
  if (sourceEnd === from) return false;
  into.sourceEnd = sourceEnd;
  into.message = message;
  into.head = BY_SEVERITY[severity] ?? (isDebug(bytes, from, sourceEnd, to) ? DEBUG : INFO);
  into.isOutput = false;
  return true;
}

/** Where syslog does not tell. */
function isDebug(bytes: Buffer, from: number, sourceEnd: number, to: number): boolean {
  const message = sourceEnd + 2;
  const known = BY_FIRST[bytes[message]!];
  return (
    known !== undefined &&
    known.some((begins) => message + begins.length <= to && startsWith(bytes, message, begins)) &&
    isSession(bytes.toString('latin1', from, sourceEnd))
  );
}

function onOutput(bytes: Buffer, sourceEnd: number, limit: number, to: number, into: BareLine): boolean {
  let at = sourceEnd;
  while (at < limit && bytes[at] === BLANK) at++;
  const level = WORDS.find(({ word }) => startsWith(bytes, at, word));
  if (!level) return false;
  const behind = at + level.word.length;
  const tab = TABS.find((each) => startsWith(bytes, behind, each));
  if (!tab || behind + tab.length > to) return false;
  // The layout of a file, in which the source is called as a level is.
  const message = behind + tab.length;
  if (isTab(bytes, message + 4, to) || isTab(bytes, message + 5, to)) return false;
  into.sourceEnd = sourceEnd;
  into.head = level.head;
  into.message = message;
  into.isOutput = true;
  return true;
}

/** What is at `to` or behind it is of another line. */
const isTab = (bytes: Buffer, at: number, to: number): boolean => at < to && bytes[at] === TAB;

function startsWith(bytes: Buffer, at: number, text: Buffer): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}
