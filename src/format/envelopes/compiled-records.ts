/**
 * The fast way over wrapped lines: records of JSON and of `journalctl -o export` as they usually are, and lines with a head that is
 * known, made plain by what is compiled to WebAssembly (compiled/records.ts). It stops at any other record, which is taken apart by its envelope, the definition.
 */
import type { BareLine, Dialect } from '../dialects/dialect.ts';
import { bare, BY_SEVERITY } from '../dialects/prosody-bare.ts';
import { DEBUG_MESSAGES } from '../dialects/prosody-messages.ts';
import { WebAssembly } from '../web-assembly.ts';
import type { KnownHead, UsualRecords } from './envelope.ts';
import { KEPT } from './journal-export.ts';
import { isUsual, digitsIn } from './known-head.ts';

interface Compiled {
  unwrap(from: number, to: number): void;
}

/** What of a wrapping counts here. */
export interface RecordForm {
  readonly usual: UsualRecords;
  /** The server's, as of `Wrapping`. */
  readonly program: string;
  readonly bare: Dialect['bare'];
}

/** The addresses of compiled/addresses.ts. */
const STOPPED = 0;
const OUT = 4;
const OUT_END = 8;
const IS_OUTPUT = 12;
const KIND = 16;
const BARE = 20;
const PROGRAM = 64;
const LONGEST_PROGRAM = 128;
const HEADS = 256;
const HEAD_SIZE = 16;
const NAMES = 512;
const NAME_SIZE = 32;
const FIELDS = 8;
const FIRST_OF = 768;
const KNOWN = 24;
const KNOWN_HEADS = 8192;
const KNOWN_SIZE = 2048;
const MARKS = 48;
const LONGER = 56;
const HEAD_TEXTS = 64;
const HEAD_TEXT = 496;
const DEBUG = 24_576;
const DEBUG_SIZE = 64;
const INPUT = 65_536;
const PAGE = 65_536;
/** Longer blocks are taken apart by the definition. */
const LONGEST = 8 * 1024 * 1024;
/** Behind the block, and behind the plain lines, bytes. */
const MORE = 1024;

const KINDS: readonly UsualRecords[] = [
  'journal, json',
  'journal, export',
  'docker, json',
  'prosody, json',
  'mongooseim, json',
  'head and text',
];
/** The names of the fields that are wanted, in the order that compiled/records.ts has them. */
const FIELDS_OF: Readonly<Record<UsualRecords, readonly string[]>> = {
  'journal, json': KEPT,
  'journal, export': KEPT,
  'docker, json': ['log', 'time'],
  'prosody, json': ['datetime', 'source', 'level', 'message', 'args', 'msg_formatted'],
  // The last one is of `meta`.
  'mongooseim, json': ['when', 'level', 'what', 'reason', 'jid', 'version', 'meta', 'mfa'],
  'head and text': [],
};

const NONE: readonly KnownHead[] = [];

/** Whether records of this form are known here at all. */
export const areKnown = (form: Pick<RecordForm, 'program' | 'bare'>): boolean =>
  (form.bare === undefined || form.bare === bare) && form.program.length <= LONGEST_PROGRAM;

export class CompiledRecords {
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly #program: Compiled;
  #bytes = Buffer.from(this.#memory.buffer);
  #words = new Int32Array(this.#memory.buffer);
  /** Where plain lines are written. */
  #out = 0;
  #form: RecordForm | undefined;
  #heads: readonly KnownHead[] | undefined;

  /** `code`: what compiled/records.ts was compiled to. */
  constructor(code: Uint8Array) {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory: this.#memory } });
    this.#program = instance.exports as Compiled;
    for (const [number, begins] of DEBUG_MESSAGES.entries())
      this.#writeText(DEBUG + number * DEBUG_SIZE, Buffer.from(begins, 'latin1'));
    for (const [severity, head] of BY_SEVERITY.entries()) this.#writeText(HEADS + severity * HEAD_SIZE, head);
  }

  /** From here on records of this form are read in this block; false where they cannot be. The last byte of the block is a newline. */
  begin(form: RecordForm, block: Buffer): boolean {
    if (block.length > LONGEST) return false;
    this.#out = INPUT + block.length + MORE;
    this.#makeRoom(this.#out + block.length + 2 * MORE);
    if (form !== this.#form) this.#writeForm(form);
    this.#bytes.set(block, INPUT);
    return true;
  }

  /**
   * Makes the records of the block from `from` up to `to` plain, as long as they are usual. Returns where it stopped; the plain lines
   * are in `plain` until the next call. `heads`: of lines before, as of `Opener`.
   */
  take(from: number, to: number, line: Pick<BareLine, 'isOutput'>, heads: readonly KnownHead[] = NONE): number {
    const words = this.#words;
    if (heads !== this.#heads) this.#writeHeads(heads);
    words[OUT / 4] = this.#out;
    words[OUT_END / 4] = this.#bytes.length - MORE;
    words[IS_OUTPUT / 4] = Number(line.isOutput);
    this.#program.unwrap(INPUT + from, INPUT + to);
    line.isOutput = words[IS_OUTPUT / 4] === 1;
    return words[STOPPED / 4]! - INPUT;
  }

  get plain(): Buffer {
    return this.#bytes.subarray(this.#out, this.#words[OUT / 4]);
  }

  #makeRoom(bytes: number): void {
    const more = Math.ceil((bytes - this.#bytes.length) / PAGE);
    if (more <= 0) return;
    this.#memory.grow(more);
    this.#bytes = Buffer.from(this.#memory.buffer);
    this.#words = new Int32Array(this.#memory.buffer);
  }

  #writeForm(form: RecordForm): void {
    const { usual, program } = (this.#form = form);
    this.#heads = undefined;
    this.#words[KIND / 4] = KINDS.indexOf(usual);
    this.#words[BARE / 4] = Number(form.bare !== undefined);
    this.#writeText(PROGRAM, Buffer.from(program, 'latin1'));
    this.#bytes.fill(0, NAMES, NAMES + FIELDS * NAME_SIZE);
    this.#bytes.fill(FIELDS, FIRST_OF, FIRST_OF + NAME_SIZE);
    for (const [i, name] of [...FIELDS_OF[usual].entries()].toReversed()) {
      this.#writeText(NAMES + i * NAME_SIZE, Buffer.from(name, 'latin1'));
      this.#bytes[FIRST_OF + name.length] = i;
    }
  }

  #writeHeads(heads: readonly KnownHead[]): void {
    const { program } = this.#form!;
    const usual = heads.filter((head) => isUsual(head, program));
    this.#heads = heads;
    this.#words[KNOWN / 4] = usual.length;
    for (const [i, head] of usual.entries())
      this.#writeHead(KNOWN_HEADS + i * KNOWN_SIZE, head, head.program === program);
  }

  /** As of compiled/text-heads.ts. */
  #writeHead(at: number, { layout, stamped, stampFrom, rest, zone, severity }: KnownHead, isOwn: boolean): void {
    const { fraction, number, longer = [] } = layout;
    const digits = (fraction?.digits ?? []).reduce((bits, each) => bits | (1 << each), 0);
    const [base, ahead] = [number?.base ?? 0, number?.ahead ?? 0];
    const figures = [stamped.length, stampFrom, rest.length, zone.length, severity, Number(isOwn), digits, base, ahead];
    this.#words.set(figures, at / 4);
    this.#bytes.fill(0, at + MARKS, at + HEAD_TEXTS);
    this.#bytes.set(fraction?.marks ?? [], at + MARKS);
    this.#bytes.set(longer, at + LONGER);
    for (const [i, text] of [stamped, digitsIn(stamped, stampFrom, layout), rest, zone].entries())
      this.#bytes.set(text, at + HEAD_TEXTS + i * HEAD_TEXT);
  }

  #writeText(at: number, text: Buffer): void {
    this.#bytes[at] = text.length;
    this.#bytes.set(text, at + 1);
  }
}
