/**
 * The text of a remote party inside a message. ejabberd prints it as it came, line breaks included (up to 26.07), so that the lines
 * behind may look like whole lines of its own, to the byte: a SASL mechanism or a user name of somebody who never logged in, the
 * text of a stream error.
 *
 * What ejabberd itself puts behind such a text gives it away: `from 127.0.0.1: Unsupported mechanism`, ` (policy-violation)`. A
 * message whose line does not end so goes on to the line that does. And one that does end so may have been made to: then an
 * orphan is behind, a line that can only be the end of such a message. It is found wherever the party puts more ends between. A
 * party that forges the beginning of another such message, too, is believed; nothing in the text tells it from two real ones.
 */
import { beginsWithDate, endOf, TO_SECOND } from './ejabberd-layout.ts';

/** A message that quotes somebody. */
export interface Quoting {
  readonly begins: string;
  /** Stands in it where it does quote. */
  readonly has?: string;
  /** What its line ends with, unless the message goes on. */
  readonly whole: RegExp;
  /** What its last line ends with if it has gone on. */
  readonly ends: RegExp;
  /** The same, so strict that hardly any other line ends so. */
  readonly orphan: RegExp;
}

/** ejabberd_logger.erl, max_size: a longer message is cut, and ends with three dots. Characters. */
const LONGEST = 102_400;
const CUT = 64;
/** Seconds behind the stamp of a message at which a line is none of it any more. */
const NEAR = 10;

/** RFC 6120, 4.9.3 */
const CONDITIONS =
  'bad-format|bad-namespace-prefix|conflict|connection-timeout|host-gone|host-unknown|improper-addressing|internal-server-error|invalid-from|invalid-id|invalid-namespace|invalid-xml|not-authorized|not-well-formed|policy-violation|remote-connection-failed|reset|resource-constraint|restricted-xml|see-other-host|system-shutdown|undefined-condition|unsupported-encoding|unsupported-feature|unsupported-stanza-type|unsupported-version|xml-not-well-formed|no reason';
/** xmpp.erl, format_s_error: `TEXT (policy-violation)` */
const CONDITION = new RegExp(` \\((?:${CONDITIONS})\\)$`);
/** xmpp_stream_in.erl and xmpp_stream_out.erl, format_error: a condition without text, or what ends a stream besides. */
const REASON = new RegExp(
  `: (?:${CONDITIONS}|Stream reset by peer|Connection failed: [\\w ]+|TLS failed: .+|Unrecognized error: .+|Internal server error|unknown reason|stopped by supervisor|internal server error)$|${CONDITION.source}`,
);
const ADDRESS = String.raw`(?:[\da-fA-F:.]{2,45}|hidden_by_ejabberd)`;
type End = Omit<Quoting, 'begins' | 'has'>;

const always = (ends: RegExp, orphan = ends): End => ({ whole: ends, ends, orphan });
/** `from 127.0.0.1: Unsupported mechanism` */
const FROM = always(/ from \S{1,64}: .+$/, new RegExp(` from ${ADDRESS}: .+$`));
/** `a.example -> b.example (127.0.0.1): Unsupported mechanism` */
const S2S = always(/ -> \S* \(\S{0,64}\): .+$/, new RegExp(` -> \\S* \\(${ADDRESS}\\): .+$`));
const PEER = { has: 'Stream closed by peer: ', whole: REASON, ends: CONDITION, orphan: CONDITION };

export const QUOTING: readonly Quoting[] = [
  // ejabberd_c2s.erl, process_auth_result: `Failed c2s PLAIN authentication for bob@chat.example from 127.0.0.1: Invalid username or password`
  { begins: 'Failed c2s ', ...FROM },
  // ejabberd_service.erl, handle_auth_failure
  { begins: 'Failed external component ', ...FROM },
  // ejabberd_s2s_in.erl, handle_auth_failure: `Failed inbound s2s EXTERNAL authentication a.example -> b.example (127.0.0.1): REASON`
  { begins: 'Failed inbound s2s ', ...S2S },
  // ejabberd_c2s.erl, process_terminated: `Closing c2s session for JID: Stream closed by peer: TEXT (policy-violation)`
  { begins: 'Closing c2s session for ', ...PEER },
  // ejabberd_s2s_in.erl, process_closed; ejabberd_s2s_out.erl, process_closed
  { begins: 'Closing inbound s2s connection ', ...PEER },
  { begins: 'Closing outbound s2s connection ', ...PEER },
  // ejabberd_s2s_out.erl, process_closed and handle_auth_failure
  { begins: 'Failed to establish outbound s2s connection ', ...always(/; bouncing for \d+ seconds$/) },
  { begins: 'Failed outbound s2s ', whole: /./, ends: CONDITION, orphan: CONDITION },
  // mod_http_upload.erl: `Got HTTP upload slot for JID (file: NAME, size: 12)`
  { begins: 'Got HTTP upload slot for ', ...always(/, size: \d+\)$/) },
];

/** What a message quotes that begins there; undefined for nothing. */
export function quotingAt(text: string, message: number, end: number): Quoting | undefined {
  return QUOTING.find(
    ({ begins, has }) =>
      text.startsWith(begins, message) && (has === undefined || text.slice(message, end).includes(has)),
  );
}

/** Where a message goes on: in lines that begin before `to`; or in so many characters at most behind the end of the text. */
export type Rest = { readonly to: number } | { readonly left: number };

/** A message, and where it and its first line end. */
export interface Message {
  readonly quoting: Quoting;
  /** Of the message: where its line begins, the message itself, and its newline. */
  readonly start: number;
  readonly message: number;
  readonly lineEnd: number;
}

/** The lines behind its first one that belong to a message; undefined for none. */
export function restOf(text: string, { quoting, start, message, lineEnd }: Message): Rest | undefined {
  const line = text.slice(message, endOf(text, lineEnd));
  const isWhole = quoting.whole.test(line);
  const first = isWhole
    ? { to: lineEnd + 1 }
    : firstEnd(text, lineEnd + 1, quoting, LONGEST - charactersIn(text.slice(start, lineEnd)));
  if (!first || 'left' in first) return first;
  const to = lastOrphan(text, first.to, quoting.orphan, text.slice(start, lineEnd)) ?? first.to;
  return to > lineEnd + 1 ? { to } : undefined;
}

/** Whether a line, told without what ends it, is the last one of a message of so many more characters. */
export const isEnd = (line: string, { ends }: Quoting, left: number): boolean =>
  ends.test(line) || (line.endsWith('...') && left < charactersIn(line) + CUT);

/** Behind the first line from `from` on that ends the message. */
function firstEnd(text: string, from: number, quoting: Quoting, characters: number): Rest | undefined {
  let left = characters;
  for (let start = from; left > -CUT;) {
    const newline = text.indexOf('\n', start);
    if (newline < 0) return { left };
    const line = text.slice(start, endOf(text, newline));
    if (isEnd(line, quoting, left)) return { to: newline + 1 };
    left -= charactersIn(line) + 1;
    start = newline + 1;
  }
  return undefined;
}

/** A character is one byte that does not go on with another. */
export function charactersIn(latin1: string): number {
  let characters = 0;
  for (let i = 0; i < latin1.length; i++) if ((latin1.charCodeAt(i) & 0xc0) !== 0x80) characters++;
  return characters;
}

/** Behind the last orphan that no other message explains, and behind which a real line is near the message in `line`. */
function lastOrphan(text: string, from: number, orphan: RegExp, line: string): number | undefined {
  let to: number | undefined;
  const until = Math.min(text.length, from + LONGEST);
  const orphans = orphansIn(text);
  for (let i = firstFrom(orphans, from); i < orphans.length; i++) {
    const start = orphans[i]!;
    if (start >= until || hasQuoting(text, to ?? from, start)) break;
    const newline = text.indexOf('\n', start);
    if (newline < 0) break;
    const isOne = orphan.test(text.slice(start, endOf(text, newline)));
    if (isOne && !isLate(nextDated(text, newline + 1), line)) to = newline + 1;
  }
  return to;
}

/** The first line from `from` on with a date, which is enough of it; empty when there is none. */
function nextDated(text: string, from: number): string {
  for (let start = from, newline; (newline = text.indexOf('\n', start)) >= 0; start = newline + 1)
    if (beginsWithDate(text, start)) return text.slice(start, start + TO_SECOND);
  return '';
}

/** Whether another message that may quote somebody begins in the lines between. */
function hasQuoting(text: string, from: number, to: number): boolean {
  const between = text.slice(from, to);
  return QUOTING.some(({ begins, has }) => between.includes(begins) && (has === undefined || between.includes(has)));
}

interface Orphans {
  readonly text: string;
  readonly starts: readonly number[];
}

/** Of the text asked about last. */
let known: Orphans = { text: '', starts: [] };

/** Where the lines begin that no message of ejabberd's own begins with, or that end as none of theirs does. */
function orphansIn(text: string): readonly number[] {
  if (known.text !== text) known = { text, starts: [...undated(text), ...odd(text)].toSorted((a, b) => a - b) };
  return known.starts;
}

function* undated(text: string): Iterable<number> {
  for (let start = 0, newline; (newline = text.indexOf('\n', start)) >= 0; start = newline + 1)
    if (newline > start && !beginsWithDate(text, start)) yield start;
}

/** What says something by itself, and never ends as a message does that quotes somebody. */
const TELLING = [
  ' c2s session for ',
  'Resumed session for ',
  'Opened MQTT session for ',
  ' the node ',
  ' sessions of ',
];

/** Lines that tell of a session, and at their end of another message. */
function* odd(text: string): Iterable<number> {
  for (const words of TELLING)
    for (let at = 0; (at = text.indexOf(words, at)) >= 0; at += words.length) {
      const newline = text.indexOf('\n', at);
      const line = text.slice(at, newline < 0 ? text.length : endOf(text, newline));
      const isOdd = CONDITION.test(line) ? !line.includes('Stream closed by ') : FROM.orphan.test(line);
      if (isOdd) yield text.lastIndexOf('\n', at) + 1;
    }
}

/** The index of the first of these places, in their order, that is not before `from`. */
function firstFrom(places: readonly number[], from: number): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

const SECOND = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)/;

/**
 * Whether a line with this stamp comes too late to be of a message with that one. An earlier stamp says nothing: who forges a
 * line may write any.
 */
export const isLate = (stamp: string, messageStamp: string): boolean =>
  secondsOf(stamp) - secondsOf(messageStamp) > NEAR;

function secondsOf(stamp: string): number {
  const [year = 0, month = 1, ...rest] = SECOND.exec(stamp)?.slice(1).map(Number) ?? [];
  return year === 0 ? NaN : Date.UTC(year, month - 1, ...rest) / 1000;
}
