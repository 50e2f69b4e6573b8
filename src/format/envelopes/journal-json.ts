/**
 * `journalctl -o json`, one entry a line, and with a byte 30 in front `json-seq`. A message that is no UTF-8 is an array of bytes,
 * and without `--all` one that is too long is null. A line of the standard output that is longer than LineMax is written in pieces.
 */
import { FOREIGN, PIECE, WHOLE, type Cut, type Envelope, type Opener } from './envelope.ts';
import { keyOf, numberAt, readString, Scratch, valueAt } from './json-text.ts';
import { timeOf } from './made-stamp.ts';

const MESSAGE = keyOf('MESSAGE');
const TIME = keyOf('__REALTIME_TIMESTAMP');
const IDENTIFIER = keyOf('SYSLOG_IDENTIFIER');
const PRIORITY = keyOf('PRIORITY');
const CUT_SHORT = Buffer.from('"_LINE_BREAK":"line-max"');
const QUOTE = 34;
const BRACKET = 91;
/** Digits of a microsecond behind those of the second. */
const MICROSECONDS = 6;
/** LineMax is 48 KiB; shorter lines are not in pieces, unless it is set lower. */
const LONG = 79;

export const journalJson: Envelope = {
  name: 'journalctl -o json',
  begins: /^\x1e?\{(?=.*"__REALTIME_TIMESTAMP" ?: ?")(?=.*"MESSAGE" ?:)/,
  open(): Opener {
    const body = new Scratch();
    const program = new Programs();
    return {
      open(bytes, from, end, cut) {
        const line = bytes.subarray(from, end);
        const time = valueAt(line, TIME);
        const message = time < 0 ? -1 : valueAt(line, MESSAGE);
        const stamp = time < 0 ? undefined : timeOf(numberAt(line, time + 1, MICROSECONDS));
        if (message < 0 || stamp === undefined || !readMessage(line, message, body)) return FOREIGN;
        cut.stampLength = cut.stamp.write(stamp, 'latin1');
        cut.program = program.at(line, valueAt(line, IDENTIFIER));
        const priority = valueAt(line, PRIORITY);
        cut.severity = priority >= 0 && line[priority] === QUOTE ? line[priority + 1]! - 48 : -1;
        cut.stream = 0;
        cut.text = body.bytes;
        cut.from = 0;
        cut.to = body.length;
        return isCutShort(line, cut) ? PIECE : WHOLE;
      },
    };
  },
};

/** Of a message that is left out only the length is told, if at all. */
const isCutShort = (line: Buffer, { to }: Cut): boolean => (to === 0 || to >= LONG) && line.indexOf(CUT_SHORT) >= 0;

function readMessage(line: Buffer, at: number, body: Scratch): boolean {
  if (line[at] === QUOTE) return readString(line, at, body) > 0;
  body.length = 0;
  if (line[at] !== BRACKET) return line[at] === 110;
  const all = line.toString('latin1', at + 1, line.indexOf(']', at));
  if (!/^[\d, ]*$/.test(all)) return false;
  const message = Buffer.from(all.split(',').map(Number));
  body.makeRoom(message.length);
  body.length = message.copy(body.bytes);
  return true;
}

/** Names of programs, made into strings once. */
class Programs {
  #last = Buffer.alloc(0);
  #name = '';

  at(line: Buffer, at: number): string {
    const last = this.#last;
    if (at < 0) return '';
    let i = 0;
    while (i < last.length && line[at + i] === last[i]) i++;
    if (i === last.length && i > 0) return this.#name;
    const end = line.indexOf('"', at + 1) + 1;
    this.#last = Buffer.from(line.subarray(at, end));
    this.#name = line.toString('latin1', at + 1, end - 1);
    return this.#name;
  }
}
