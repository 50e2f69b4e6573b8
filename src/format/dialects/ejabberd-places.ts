/** What has to be known of a text of ejabberd's lines to tell where a message in it ends: found once, for all its messages. */
import { LOST_END } from './dialect.ts';
import { beginsWithDate, endOf, partsOf } from './ejabberd-layout.ts';

/** Which lines are meant. */
export interface Kinds {
  /** Of a line that tells of a session: whether it ends as none of its kind does. */
  readonly isOdd: (line: string) => boolean;
  /** What a message may begin with that quotes somebody, or what is in it, and whether one does that begins at `message` and ends at `end`. */
  readonly begins: readonly string[];
  readonly inside: readonly string[];
  readonly quotes: (text: string, message: number, end: number) => boolean;
  /** What other messages begin with that end as such a message does. */
  readonly alike: readonly string[];
  /** Words that are in any end of such a message, and whether a line ends as one does. */
  readonly tails: readonly string[];
  readonly isTail: (line: string) => boolean;
}

/** What says something by itself, and never ends as a message does that quotes somebody. */
const TELLING = [
  ' c2s session for ',
  'Resumed session for ',
  'Opened MQTT session for ',
  ' the node ',
  ' sessions of ',
];
/** Ends a line that may be cut. */
const DOTS = /\.\.\.(?:\x1b\[0m)?\r?\n/;

export class Places {
  readonly text: string;
  /** Where the lines begin that no message of ejabberd's own begins with, or that end as none of theirs does, or whose end is lost; in their order. */
  readonly orphans: readonly number[];
  /** Where the lines begin whose message may quote somebody; in their order. */
  readonly quoting: readonly number[];
  readonly #mayBeCut: boolean;
  /** Where the lines begin, and last the end of the text; and how many characters stand before each. */
  #starts: readonly number[] = [];
  #counts: readonly number[] = [];

  constructor(text: string, kinds: Kinds) {
    this.text = text;
    this.orphans = [...undated(text), ...odd(text, kinds), ...stray(text, kinds), ...lost(text, kinds)].toSorted(
      (a, b) => a - b,
    );
    this.quoting = [...quoting(text, kinds)].toSorted((a, b) => a - b);
    this.#mayBeCut = DOTS.test(text);
  }

  /** How many characters there are between the beginnings of two lines. */
  charactersBetween(start: number, end: number): number {
    return this.#countBefore(end) - this.#countBefore(start);
  }

  /** The newline of a line that ends with dots, exactly so many characters behind the beginning of another; undefined where none is. */
  cutBehind(start: number, characters: number): number | undefined {
    if (!this.#mayBeCut || this.text.length - start < characters) return undefined;
    const behind = this.#countBefore(start) + characters;
    const line = firstFrom(this.#counts, behind);
    const newline = (this.#starts[line] ?? 0) - 1;
    const isOne = this.#counts[line] === behind && this.text.startsWith('...', endOf(this.text, newline) - 3);
    return isOne ? newline : undefined;
  }

  /** Whether the last line of the text begins at `from` or behind, and is no beginning of a message. */
  endsUndated(from: number): boolean {
    const start = lineBefore(this.text, this.text.length);
    return start >= from && start < this.text.length - 1 && !beginsWithDate(this.text, start);
  }

  /** The last line that begins at `from` or behind with a date, which is enough of it; empty when there is none. */
  lastDated(from: number): string {
    const { text } = this;
    for (let end = text.length, start; end > from && (start = lineBefore(text, end)) >= from; end = start)
      if (beginsWithDate(text, start)) return text.slice(start, end);
    return '';
  }

  #countBefore(start: number): number {
    this.#count();
    return this.#counts[firstFrom(this.#starts, start)] ?? this.#counts.at(-1)!;
  }

  #count(): void {
    if (this.#starts.length > 0) return;
    const [starts, counts] = [[0], [0]];
    let count = 0;
    for (let start = 0, newline; (newline = this.text.indexOf('\n', start)) >= 0; start = newline + 1) {
      count += charactersIn(this.text, start, newline + 1);
      starts.push(newline + 1);
      counts.push(count);
    }
    [this.#starts, this.#counts] = [starts, counts];
  }
}

/** Where the line begins that ends before `end`. */
const lineBefore = (text: string, end: number): number => (end < 2 ? 0 : text.lastIndexOf('\n', end - 2) + 1);

function* undated(text: string): Iterable<number> {
  for (let start = 0, newline; (newline = text.indexOf('\n', start)) >= 0; start = newline + 1)
    if (newline > start && !beginsWithDate(text, start)) yield start;
}

/** Lines that tell of a session, and at their end of another message. */
function* odd(text: string, { isOdd }: Kinds): Iterable<number> {
  for (const [start, , newline] of linesWith(text, TELLING))
    if (isOdd(text.slice(start, endOf(text, newline)))) yield start;
}

/** Lines with a stamp that end as a message does that quotes somebody, and begin as none does that ends so. */
function* stray(text: string, { begins, alike, tails, isTail, quotes }: Kinds): Iterable<number> {
  for (const [start, , newline] of linesWith(text, tails)) {
    if (!beginsWithDate(text, start) || !isTail(text.slice(start, endOf(text, newline)))) continue;
    const message = partsOf(text, start, newline)?.message;
    const isOfIts =
      message !== undefined &&
      ([...begins, ...alike].some((each) => text.startsWith(each, message)) || quotes(text, message, newline));
    if (!isOfIts) yield start;
  }
}

/** But of a message that quotes somebody itself, as that explains it. */
function* lost(text: string, { quotes }: Kinds): Iterable<number> {
  for (const [start, at, newline] of linesWith(text, [`${LOST_END}\n`])) {
    const message = partsOf(text, start, newline)?.message;
    if (message !== undefined && !quotes(text, message, at)) yield start;
  }
}

function* quoting(text: string, { begins, inside, quotes }: Kinds): Iterable<number> {
  for (const [start, at, newline] of linesWith(text, begins)) {
    const parts = partsOf(text, start, newline);
    if (parts?.message === at && quotes(text, at, parts.end)) yield start;
  }
  let last = -1;
  for (const [start, , newline] of linesWith(text, inside)) {
    const parts = start === last ? undefined : partsOf(text, start, newline);
    last = start;
    if (parts && quotes(text, parts.message, parts.end)) yield start;
  }
}

/** Where these words are: the beginning of their line, they themselves, and the newline. */
function* linesWith(
  text: string,
  words: readonly string[],
): Iterable<readonly [start: number, at: number, newline: number]> {
  for (const word of words)
    for (let at = 0; (at = text.indexOf(word, at)) >= 0; at += word.length) {
      const newline = text.indexOf('\n', at);
      yield [text.lastIndexOf('\n', at) + 1, at, newline < 0 ? text.length : newline];
    }
}

/** The index of the first of these numbers, in their order, that is not less than `from`. */
export function firstFrom(places: readonly number[], from: number): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A character is one byte that does not go on with another. */
export function charactersIn(latin1: string, from = 0, to = latin1.length): number {
  let characters = 0;
  for (let i = from; i < to; i++) if ((latin1.charCodeAt(i) & 0xc0) !== 0x80) characters++;
  return characters;
}
