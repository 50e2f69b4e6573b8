/**
 * The text of a remote party inside a message of c2s.log: it stands there as it came, line breaks included (2.7.0), so that the
 * lines behind may look like whole lines of jabberd2's own. Two messages quote so.
 *
 * The text of a stream error ends with a bracket, and as a message is cut at 1023 bytes, the last line so near that ends with one
 * is its end. The host of somebody who has not logged in ends with nothing, but the message comes once for each question that
 * SASL asks (15 times in 2.7.0, one behind the other): what comes behind it again and again is its text. The session manager's
 * log quotes nobody.
 */

/** util/log.c, MAX_LOG_LINE: of a line, bytes. */
const LONGEST = 1023;

/** c2s/main.c, _c2s_sx_sasl_callback: `SASL callback for non-existing host: chat.example` */
const NO_HOST = 'SASL callback for non-existing host: ';
const NO_HOST_LINE = /^.{15,48} \[(?:warning|error)\] SASL callback for non-existing host: /;
/** c2s/c2s.c, _c2s_client_sx_callback: `[11] [alice@chat.example] error: Stream error (TEXT)`, before a login `[11] [127.0.0.1, port=36384]` */
const STREAM_ERROR = '] error: Stream error (';
const STREAM_ERROR_LINE = /^.{15,48} \[[a-z]+\] \[\d{1,10}\] \[\S{1,2100}(?:, port=\d{1,5})?\] error: Stream error \(/;

/** Whether a message that quotes somebody may stand in it. */
export const quotes = (line: string): boolean => line.includes(NO_HOST) || line.includes(STREAM_ERROR);

/** Lines that begin in one of the ranges, from (inclusive) to (exclusive), are no lines of their own. */
export interface Quotation {
  readonly kind: 'no host' | 'stream error';
  readonly text: string;
  /** In their order. */
  readonly ranges: readonly (readonly [from: number, to: number])[];
  /** Behind everything that was looked at. */
  readonly end: number;
  /** Where the lines begin that are to be known to tell what is quoted in the next text; undefined when that needs none. */
  readonly open: number | undefined;
}

/** What a message quotes whose line is there. */
export function quotationAt(text: string, start: number, lineEnd: number): Quotation | undefined {
  const line = text.slice(start, lineEnd);
  if (NO_HOST_LINE.test(line)) return ofNoHost(text, start, lineEnd + 1);
  return STREAM_ERROR_LINE.test(line) ? ofStreamError(text, start, lineEnd) : undefined;
}

/** What the messages of the text before, of which `carried` is the end, quote in this one. */
export function quotationsBehind(carried: string, text: string): Quotation[] {
  const joined = carried + text;
  const all: Quotation[] = [];
  for (let start = 0, end; start < carried.length && (end = joined.indexOf('\n', start)) >= 0; start = end + 1) {
    if (!quotes(joined.slice(start, end))) continue;
    const quotation = quotationAt(joined, start, end);
    if (quotation && all.every(({ kind, end: until }) => kind !== quotation.kind || until <= start))
      all.push(quotation);
  }
  const shift = (at: number): number => Math.max(0, at - carried.length);
  return all.map(({ kind, ranges, end, open }) => ({
    kind,
    text,
    ranges: ranges.map(([from, to]) => [shift(from), shift(to)] as const),
    end: shift(end),
    open: open === undefined ? undefined : shift(open),
  }));
}

function ofStreamError(text: string, start: number, lineEnd: number): Quotation {
  const lengthOf = lengthsLike(text, start);
  let end: number | undefined;
  let [least, most] = [0, 0];
  for (let begin = start, newline = lineEnd; newline >= 0; begin = newline + 1, newline = text.indexOf('\n', begin)) {
    const length = lengthOf(begin, newline);
    least += length.least;
    most += length.most;
    if (least > LONGEST) break;
    if (text[newline - 1] === ')' || most >= LONGEST) end = newline;
    least++;
    most++;
  }
  const isOpen = least <= LONGEST;
  const to = end === undefined && isOpen ? text.length : (end ?? lineEnd) + 1;
  return { kind: 'stream error', text, ranges: [[lineEnd + 1, to]], end: to, open: isOpen ? start : undefined };
}

/** As of jabberd2's own: ctime(3). */
const CTIME_LENGTH = 'Mon Nov 23 19:49:02 2026'.length;
const HEAD = /([^[\n]{15,48}) \[[a-z]{4,9}\] /y;

/**
 * What a wrapping shows for less: syslog and journalctl for a control character, JSON for a byte that is no UTF-8 (a character may have
 * been cut), and for an empty line one that is none (envelopes/unwrap.ts, which also puts a tab in the place of the first character
 * of what goes on).
 */
const SHOWN_LONGER = /[#\t][0-3][0-7]{2}|[ \t] {7}|\xef\xbf\xbd|^[?\x1e]$/g;

/** Of a line as jabberd2 wrote it, bytes. */
interface Length {
  readonly least: number;
  readonly most: number;
}

const isCtime = (text: string, start: number): boolean => /^[A-Z][a-z]{2} [A-Z]/.test(text.slice(start, start + 5));

/** What stands in front of a line where its stamp is; empty where none is. */
function stampAt(text: string, begin: number): string {
  HEAD.lastIndex = begin;
  return HEAD.exec(text)?.[1] ?? '';
}

/** Equal for stamps of one form: of `2026-03-02T16:00:00.25Z` it is `0-0-0a0:0:0a`. */
const shapeOf = (stamp: string): string =>
  stamp
    .replaceAll(/\.\d+/g, '')
    .replaceAll(/\d+/g, '0')
    .replaceAll(/[A-Za-z]+/g, 'a')
    .replaceAll(/ +/g, ' ');

/** How long lines were as jabberd2 wrote them: those of syslog and others may stand in the place of its own stamps, as in the line at `start`. */
function lengthsLike(text: string, start: number): (begin: number, end: number) => Length {
  if (isCtime(text, start)) return (begin, end) => ({ least: end - begin, most: end - begin });
  const own = shapeOf(stampAt(text, start));
  const missing = (begin: number): number => {
    const stamp = stampAt(text, begin);
    // What has another look stands in the text that is quoted.
    return shapeOf(stamp) === own ? CTIME_LENGTH - stamp.length : 0;
  };
  return (begin, end) => {
    const most = end - begin + missing(begin);
    const shown = text.slice(begin, end).match(SHOWN_LONGER) ?? [];
    return { least: shown.reduce((least, { length }) => least - Math.max(1, length - 1), most), most };
  };
}

/** So many messages further a text comes again at the latest: one that holds lines like the message's has several parts. */
const NEAR = 32;
/** Behind so few of the messages it cannot be told, where the text ends, whether what is there comes again. */
const FEW = 3;

/** Between the messages that follow each other from `from` on, and behind the last one. `start`: of the first one. */
function ofNoHost(text: string, start: number, from: number): Quotation {
  const places = placesOf(text, from);
  const last = places.at(-1)?.[2] ?? from;
  const isOpen = last + LONGEST > text.length;
  const between = places.map(([begin, end]) => text.slice(begin, end));
  const pieces = [...between, text.slice(last, last + LONGEST)];
  const begins = [...places.map(([begin]) => begin), last];
  const ranges = pieces.flatMap((piece, i) => {
    const again = againIn(piece, near(between, i), isOpen && i === between.length);
    const length = again === 0 && isOpen && i < FEW ? piece.length : again;
    return length > 0 ? [[begins[i]!, Math.min(text.length, begins[i]! + length)] as const] : [];
  });
  const end = Math.max(last, ranges.at(-1)?.[1] ?? 0);
  const [carried = start] = begins
    .map((begin) => text.lastIndexOf('\n', begin - 2) + 1)
    .filter((at) => at > last - 2 * LONGEST);
  return { kind: 'no host', text, ranges, end, open: isOpen ? carried : undefined };
}

const near = (all: readonly string[], i: number): string[] =>
  [...all.slice(Math.max(0, i - NEAR), i), ...all.slice(i + 1, i + 1 + NEAR)].filter((each) => each !== '');

/** The length of the longest of the others with which a piece begins; or, where the text ends in it, that begins with it. */
function againIn(piece: string, others: readonly string[], isCut: boolean): number {
  const found = others.filter((each) => piece.startsWith(each) || (isCut && piece !== '' && each.startsWith(piece)));
  return Math.max(0, ...found.map(({ length }) => length));
}

/** What stands between one such message and the next: where it begins, where it ends, and where the next message's line ends. */
function placesOf(text: string, from: number): [begin: number, end: number, behind: number][] {
  const places: [number, number, number][] = [];
  for (let begin = from; ;) {
    const next = text.indexOf(NO_HOST, begin);
    if (next < 0 || next - begin > LONGEST + NO_HOST.length) return places;
    const end = text.lastIndexOf('\n', next) + 1;
    const newline = text.indexOf('\n', next);
    if (newline < 0 || end < begin || !NO_HOST_LINE.test(text.slice(end, newline))) return places;
    places.push([begin, end, newline + 1]);
    begin = newline + 1;
  }
}

/** Whether a line that begins at `start` is none of its own. */
export function isIn({ ranges }: Quotation, start: number): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]![1] <= start) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low];
  return range !== undefined && start >= range[0];
}
