/**
 * The fast way over wrapped lines: records of JSON and of `journalctl -o export` as they usually are, made plain by what is compiled
 * to WebAssembly (compiled/records.ts). It stops at any other record, which is taken apart by its envelope, the definition.
 */
import type { BareLine, Dialect } from '../dialects/dialect.ts';
import { bare, BY_SEVERITY } from '../dialects/prosody-bare.ts';
import type { UsualRecords } from './envelope.ts';
import { KEPT } from './journal-export.ts';

/** Of the language's own library, but not in its declarations for Node. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (size: { readonly initial: number }) => {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  };
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

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
];
/** The names of the fields that are wanted, in the order that compiled/records.ts has them. */
const FIELDS_OF: Readonly<Record<UsualRecords, readonly string[]>> = {
  'journal, json': KEPT,
  'journal, export': KEPT,
  'docker, json': ['log', 'time'],
  'prosody, json': ['datetime', 'source', 'level', 'message', 'args', 'msg_formatted'],
  // The last one is of `meta`.
  'mongooseim, json': ['when', 'level', 'what', 'reason', 'jid', 'version', 'meta', 'mfa'],
};

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

  /** `code`: what compiled/records.ts was compiled to. */
  constructor(code: Uint8Array) {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory: this.#memory } });
    this.#program = instance.exports as Compiled;
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
   * are in `plain` until the next call.
   */
  take(from: number, to: number, line: Pick<BareLine, 'isOutput'>): number {
    const words = this.#words;
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
    this.#words[KIND / 4] = KINDS.indexOf(usual);
    this.#words[BARE / 4] = Number(form.bare !== undefined);
    this.#writeText(PROGRAM, Buffer.from(program, 'latin1'));
    this.#bytes.fill(0, NAMES, NAMES + FIELDS * NAME_SIZE);
    for (const [i, name] of FIELDS_OF[usual].entries())
      this.#writeText(NAMES + i * NAME_SIZE, Buffer.from(name, 'latin1'));
  }

  #writeText(at: number, text: Buffer): void {
    this.#bytes[at] = text.length;
    this.#bytes.set(text, at + 1);
  }
}
