/**
 * `journalctl -o json`, one entry a line, and with a byte 30 in front `json-seq`. A message that is no UTF-8 is an array of bytes,
 * and without `--all` one that is too long is null. A line of the standard output that is longer than LineMax is written in pieces,
 * and so is one of a container that is longer than 16 KiB.
 */
import { FOREIGN, PIECE, WHOLE, type Cut, type Envelope, type Opener } from './envelope.ts';
import { readString, Scratch } from './json-text.ts';
import { makeStamp } from './made-stamp.ts';

/** Behind their first quote: in a string every quote has a backslash before it, so no text can look like a key. */
const MESSAGE = 'MESSAGE"';
const TIME = '__REALTIME_TIMESTAMP"';
const IDENTIFIER = 'SYSLOG_IDENTIFIER"';
const PRIORITY = 'PRIORITY"';
/** Of journald itself; and of docker (daemon/logger/journald) and podman, whose pieces journald takes for messages. */
const LINE_BREAK = '_LINE_BREAK"';
const PARTIAL = 'CONTAINER_PARTIAL_MESSAGE"';
const BLANK = 32;
const COLON = 58;
const QUOTE = 34;
const BRACKET = 91;
/** Digits of a second, before those of the microsecond. */
const SECONDS = 10;
/** LineMax is 48 KiB; shorter lines are not in pieces, unless it is set lower. */
const LONG = 79;

export const journalJson: Envelope = {
  name: 'journalctl -o json',
  usual: 'journal, json',
  cutsUnseen: true,
  begins: /^\x1e?\{(?=.*"__REALTIME_TIMESTAMP" ?: ?")(?=.*"MESSAGE" ?:)/,
  open(): Opener {
    const body = new Scratch();
    let program = '';
    return {
      open(bytes, from, end, cut) {
        const line = bytes.toString('latin1', from, end);
        const time = valueAt(line, TIME);
        const message = time < 0 ? -1 : valueAt(line, MESSAGE);
        const isTimed = time >= 0 && makeStamp(Number(line.slice(time + 1, time + 1 + SECONDS)), cut);
        if (message < 0 || !isTimed || !readMessage(bytes, from, end, line, message, body)) return FOREIGN;
        const identifier = valueAt(line, IDENTIFIER);
        // One string for all lines.
        if (identifier < 0 || !line.startsWith(`${program}"`, identifier + 1)) program = nameAt(line, identifier);
        cut.program = program;
        const priority = valueAt(line, PRIORITY);
        cut.severity = priority >= 0 && line.charCodeAt(priority) === QUOTE ? line.charCodeAt(priority + 1) - 48 : -1;
        cut.stream = 0;
        cut.text = body.bytes;
        cut.from = 0;
        cut.to = body.length;
        // Of what is left out nobody knows how it began: what follows in the same line is no line.
        cut.lacksEnd = cut.to === 0;
        if (!isCutShort(line, cut)) return WHOLE;
        if (cut.lacksEnd) cut.to = body.bytes.write('\t');
        return PIECE;
      },
    };
  },
};

/** Of a message that is left out only the length is told, if at all. */
const isCutShort = (line: string, { to }: Cut): boolean =>
  ((to === 0 || to >= LONG) && has(line, LINE_BREAK, '"line-max"')) || has(line, PARTIAL, '"true"');

function has(line: string, key: string, value: string): boolean {
  const at = valueAt(line, key);
  return at >= 0 && line.startsWith(value, at);
}

/** The name whose quote is at `at`. */
const nameAt = (line: string, at: number): string => (at < 0 ? '' : line.slice(at + 1, line.indexOf('"', at + 1)));

/** Where the value of a key begins; -1 where it has none. The quote before the key is looked for last, as there are many. */
function valueAt(line: string, key: string): number {
  for (let found = line.indexOf(key); found >= 0; found = line.indexOf(key, found + 1)) {
    if (line.charCodeAt(found - 1) !== QUOTE) continue;
    const colon = pastBlanks(line, found + key.length);
    if (line.charCodeAt(colon) === COLON) return pastBlanks(line, colon + 1);
  }
  return -1;
}

/** systemd up to 235 has blanks around the colon. */
function pastBlanks(line: string, from: number): number {
  let at = from;
  while (line.charCodeAt(at) === BLANK) at++;
  return at;
}

/** The value at `at` of the line, which is in `bytes` from `from` to `end`. */
function readMessage(bytes: Buffer, from: number, end: number, line: string, at: number, body: Scratch): boolean {
  const first = line.charCodeAt(at);
  if (first === QUOTE) return readString(bytes.subarray(from + at, end), 0, body) > 0;
  body.length = 0;
  if (first !== BRACKET) return line.startsWith('null', at);
  const all = line.slice(at + 1, line.indexOf(']', at));
  if (!/^[\d, ]*$/.test(all)) return false;
  const message = Buffer.from(all.split(',').map(Number));
  body.makeRoom(message.length);
  body.length = message.copy(body.bytes);
  return true;
}
