/**
 * The file that docker writes for a container (json-file, daemon/logger/jsonfilelog). A line of more than 16 KiB is written in
 * pieces, of which only the last one ends with a newline:
 *
 *     {"log":"BODY\n","stream":"stdout","time":"2026-11-23T19:53:21.4345Z"}
 */
import { FOREIGN, PIECE, WHOLE, type Envelope, type Opener } from './envelope.ts';
import { keyOf, readString, Scratch, valueAt } from './json-text.ts';

const LOG = Buffer.from('{"log":"');
const STREAM = keyOf('stream');
const TIME = keyOf('time');
const STDERR = Buffer.from('"stderr"');
const NEWLINE = 10;
const QUOTE = 34;
const TO_SECOND = '2026-11-23T19:53:21'.length;

export const dockerJson: Envelope = {
  name: "docker's json-file",
  usual: 'docker, json',
  begins: /^\{"log":"/,
  open(): Opener {
    const body = new Scratch();
    return {
      open(bytes, from, end, cut) {
        if (!startsWith(bytes, from, LOG)) return FOREIGN;
        const line = bytes.subarray(from, end);
        const behind = readString(line, LOG.length - 1, body);
        const time = behind < 0 ? -1 : valueAt(line, TIME, behind);
        if (time < 0 || line[time] !== QUOTE) return FOREIGN;
        for (let i = 0; i < TO_SECOND; i++) cut.stamp[i] = line[time + 1 + i]!;
        let zone = time + 1 + TO_SECOND;
        while (line[zone] === 46 || (line[zone]! >= 48 && line[zone]! <= 57)) zone++;
        let length = TO_SECOND;
        for (; zone < line.length && line[zone] !== QUOTE && length < 32; zone++) cut.stamp[length++] = line[zone]!;
        cut.stampLength = length;
        const stream = valueAt(line, STREAM, behind);
        cut.stream = stream >= 0 && startsWith(line, stream, STDERR) ? 1 : 0;
        cut.severity = -1;
        cut.program = '';
        cut.text = body.bytes;
        cut.from = 0;
        const isWhole = body.bytes[body.length - 1] === NEWLINE && body.length > 0;
        cut.to = isWhole ? body.length - 1 : body.length;
        return isWhole ? WHOLE : PIECE;
      },
    };
  },
};

function startsWith(bytes: Buffer, at: number, needle: Buffer): boolean {
  for (let i = 0; i < needle.length; i++) if (bytes[at + i] !== needle[i]) return false;
  return true;
}
