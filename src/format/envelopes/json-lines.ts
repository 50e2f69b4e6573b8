/**
 * Lines that a server itself writes as JSON, made into those that it writes into a file.
 *
 * mod_log_json of prosody-modules, mod_log_json.lua. `message` may have been put together, or `msg_formatted` be there beside it:
 *
 *     {"datetime":"2026-11-23T19:58:49Z","source":"c2s5645ead47be0","message":"Authenticated as %s@%s","args":["alice","chat.example"],"level":"info"}
 *
 * mongooseim.json of MongooseIM, src/logger/mongoose_json_formatter.erl, do_format and process_metadata:
 *
 *     {"jid":"alice@chat.example/phone","level":"info","meta":{"mfa":"{ejabberd_c2s,do_open_session,3}"},"what":"c2s_opened_session","when":"2026-11-23T19:58:49.123456+00:00"}
 */
import { FOREIGN, WHOLE, type Envelope, type Opener } from './envelope.ts';
import { Scratch } from './json-text.ts';

/** A longer line holds no session; bytes. */
const LONGEST = 65_536;
const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const TO_SECOND = '2026-11-23T19:58:49'.length;
const OFFSET = '+00:00'.length;
/** Bytes of UTF-8 that a character takes at most. */
const WIDEST = 3;
const MODULE = /^\{([a-z0-9_]{1,64}),/;
const PLACE = /%[-+ #0-9.]{0,8}[a-zA-Z]/g;

type Fields = Readonly<Record<string, unknown>>;

/** The stamp and the text of a line. */
interface Told {
  readonly stamp: unknown;
  readonly text: string;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Only what has as many places as there are arguments, and not the arguments themselves, has not been put together yet. */
function formatted(message: string, args: unknown): string {
  if (!Array.isArray(args) || !message.includes('%')) return message;
  const places = message.match(PLACE) ?? [];
  if (places.length !== args.length) return message;
  const texts = args.map(String);
  if (holdsAll(message, texts)) return message;
  let [whole, at] = ['', 0];
  for (const [i, place] of places.entries()) {
    const found = message.indexOf(place, at);
    whole += message.slice(at, found) + texts[i]!;
    at = found + place.length;
  }
  return whole + message.slice(at);
}

/** Whether texts stand in a message one behind the other. */
function holdsAll(message: string, texts: readonly string[]): boolean {
  let at = 0;
  return texts.every((text) => {
    const found = message.indexOf(text, at);
    at = found + text.length;
    return found >= 0;
  });
}

function ofProsody({ datetime, source, level, message, args, msg_formatted: whole }: Fields): Told {
  const text = typeof whole === 'string' ? whole : formatted(textOf(message), args);
  return { stamp: datetime, text: `${textOf(source)}\t${textOf(level)}\t${text}` };
}

const quoted = (value: string): string => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

function ofMongooseIm({ when, level, what, reason, jid, version, meta }: Fields): Told {
  const module = isObject(meta) ? (MODULE.exec(textOf(meta['mfa']))?.[1] ?? '') : '';
  const fields = { reason, version, jid };
  const told = Object.entries(fields).flatMap(([name, value]) =>
    textOf(value) === '' ? [] : [`${name}=${quoted(textOf(value))}`],
  );
  return { stamp: when, text: [`level=${textOf(level)} what=${textOf(what)} at=${module}:`, ...told].join(' ') };
}

const jsonLines = (name: string, begins: RegExp, read: (fields: Fields) => Told): Envelope => ({
  name,
  begins,
  open(): Opener {
    const body = new Scratch();
    return {
      open(bytes, from, end, cut) {
        const told = end - from > LONGEST ? undefined : toldBy(bytes.toString('utf8', from, end), read);
        const stamp = textOf(told?.stamp);
        if (!told || !STAMP.test(stamp)) return FOREIGN;
        cut.stampLength = writeStamp(stamp, cut.stamp);
        cut.severity = -1;
        cut.stream = 0;
        cut.program = '';
        body.length = 0;
        body.makeRoom(told.text.length * WIDEST);
        cut.text = body.bytes;
        cut.from = 0;
        cut.to = body.bytes.write(told.text);
        return WHOLE;
      },
    };
  },
});

/** Without its fraction; returns its length. */
function writeStamp(stamp: string, into: Buffer): number {
  const zone = stamp.endsWith('Z') ? stamp.length - 1 : stamp.length - OFFSET;
  for (let i = 0; i < TO_SECOND; i++) into[i] = stamp.charCodeAt(i);
  for (let i = zone; i < stamp.length; i++) into[TO_SECOND + i - zone] = stamp.charCodeAt(i);
  return TO_SECOND + stamp.length - zone;
}

function toldBy(line: string, read: (fields: Fields) => Told): Told | undefined {
  try {
    const fields: unknown = JSON.parse(line);
    return isObject(fields) ? read(fields) : undefined;
  } catch {
    // Not of this form.
    return undefined;
  }
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const prosodyJson: Envelope = {
  ...jsonLines("Prosody's mod_log_json", /^\{(?=.*"datetime":")(?=.*"source":")/, ofProsody),
  usual: 'prosody, json',
};
export const mongooseImJson: Envelope = {
  ...jsonLines("MongooseIM's JSON", /^\{(?=.*"when":")(?=.*"level":")/, ofMongooseIm),
  usual: 'mongooseim, json',
};
