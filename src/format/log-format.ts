/**
 * The form of one log from block to block: its lines are made plain, and where it changes, as by another template of syslog or a
 * server that was upgraded, it is recognised again. A remote party must not change it: where its text may begin a line, as in files
 * of older servers, only a new file or more lines than any message has can do so.
 */
import type { Dialect } from './dialects/dialect.ts';
import { Unwrapper, type UnwrapState, type Wrapping } from './envelopes/unwrap.ts';
import { ENVELOPES } from './envelopes.ts';
import { dialectNamed } from './format.ts';
import { prosody } from './dialects/prosody.ts';
import { recogniseDated, recogniseFormat, type LineFormat } from './recogniser.ts';
import { STAMP_FORMS } from './time/stamp-form.ts';

const NEWLINE = 10;
/** Of a block by which a log is recognised first, bytes. */
const BEGINNING = 256 * 1024;
/** Lines at the end of a block by which it is seen whether the form is still the same. */
const TAIL = 200;
/** No message of a server is longer, bytes: ejabberd cuts them at 102,400 characters. */
const LONGEST_MESSAGE = 4 * 102_400;

/** How lines are wrapped, as plain JSON. */
export interface WrappingState {
  readonly envelope: string;
  readonly program: string;
  readonly inner?: string;
  readonly keepsInner: boolean;
  readonly unwrap: UnwrapState;
}

/** Lines of one form, made plain. */
export interface Run {
  readonly format: LineFormat;
  readonly bytes: Buffer;
}

export interface LogFormatOptions {
  /** A dialect's name, or `auto`. */
  readonly server: string;
  /** As of the log before. */
  readonly dialect?: Dialect | undefined;
  readonly wrapping?: WrappingState | undefined;
}

export class LogFormat {
  readonly #server: string;
  #format: LineFormat | undefined;
  #unwrapper: Unwrapper | undefined;
  /** Bytes behind the last line that was understood. */
  #strange = 0;
  #isNewFile: boolean;

  constructor({ server, dialect, wrapping }: LogFormatOptions) {
    this.#server = server;
    this.#isNewFile = !dialect;
    if (dialect) this.#be({ dialect, wrapping: wrapping && wrappingOf(wrapping) }, wrapping?.unwrap);
  }

  /** Undefined before the first line that is understood. */
  get format(): LineFormat | undefined {
    return this.#format;
  }

  get wrapping(): WrappingState | undefined {
    const { wrapping } = this.#format ?? {};
    if (!wrapping || !this.#unwrapper) return undefined;
    const { envelope, program, inner, keepsInner } = wrapping;
    const unwrap = this.#unwrapper.state;
    return { envelope: envelope.name, program, ...(inner && { inner: inner.name }), keepsInner, unwrap };
  }

  /** What comes next is of another file. */
  beginFile(): void {
    this.#isNewFile = true;
  }

  /**
   * The lines of a block as plain ones, one for each. `version`: of the server, where the log has named it.
   * `bytes` ends with a newline.
   */
  runs(bytes: Buffer, version: string | undefined): readonly Run[] {
    const before = this.#format;
    const format = before ?? this.#begin(bytes);
    const runs: Run[] = [];
    const next = format && this.#changed(bytes, format, version);
    const from = next && format ? behindLast(bytes, format) : bytes.length;
    if (!format) runs.push({ format: this.#fallback(), bytes });
    else if (from > 0) runs.push(this.#run(bytes.subarray(0, from)));
    if (next) {
      this.#be(next);
      runs.push(this.#run(bytes.subarray(from)));
    }
    this.#isNewFile = false;
    return runs;
  }

  #begin(bytes: Buffer): LineFormat | undefined {
    const found =
      recogniseFormat(linesOf(bytes.subarray(0, BEGINNING)), this.#server) ??
      (bytes.length > BEGINNING ? recogniseFormat(tailOf(bytes, TAIL), this.#server) : undefined);
    if (found) this.#be(found);
    return found;
  }

  /** Nothing is known yet: the lines of the server may be yet to come. */
  #fallback(): LineFormat {
    return { dialect: dialectNamed(this.#server) ?? prosody };
  }

  #be(format: LineFormat, state?: UnwrapState): void {
    this.#format = format;
    this.#strange = 0;
    this.#unwrapper = format.wrapping && new Unwrapper(format.wrapping, format.dialect, state);
  }

  #run(bytes: Buffer): Run {
    const format = this.#format ?? this.#fallback();
    return { format, bytes: this.#unwrapper?.unwrap(bytes) ?? bytes };
  }

  /** The form that the last lines of a block have, where it is another one. */
  #changed(bytes: Buffer, format: LineFormat, version: string | undefined): LineFormat | undefined {
    // Nearly always.
    if (ownIn(tailOf(bytes, 1), format)[0] === true) {
      this.#strange = 0;
      return undefined;
    }
    const lines = tailOf(bytes, TAIL);
    const last = ownIn(lines, format).lastIndexOf(true);
    this.#strange = last < 0 ? this.#strange + bytes.length : 0;
    const strange = lines.slice(last + 1);
    const found = recogniseDated(strange, this.#server);
    if (!found || !isOther(found, format)) return undefined;
    // Another program, as that of a new container: only one that starts takes the place of the server.
    if (format.wrapping && format.wrapping.envelope === found.wrapping?.envelope)
      return format.dialect === found.dialect && starts(strange, found) ? found : undefined;
    return this.#mayBreak(bytes, format, version) ? undefined : found;
  }

  /** Whether what is not understood at the end of a block may be the text of a remote party. */
  #mayBreak(bytes: Buffer, format: LineFormat, version: string | undefined): boolean {
    if (format.wrapping || this.#strange > LONGEST_MESSAGE) return false;
    if (version !== undefined && format.dialect.marksContinuations?.(version)) return false;
    return !this.#isNewFile || behindLast(bytes, format) > 0;
  }
}

function isOther(a: LineFormat, b: LineFormat): boolean {
  return (
    a.dialect !== b.dialect ||
    a.wrapping?.envelope !== b.wrapping?.envelope ||
    a.wrapping?.program !== b.wrapping?.program
  );
}

/** Makes the lines of a form plain, each block for itself; undefined where they are. The last byte of a block is a newline. */
export function plainOf(format: LineFormat | undefined): ((bytes: Buffer) => Buffer) | undefined {
  const { wrapping, dialect } = format ?? {};
  return wrapping && dialect && ((bytes) => new Unwrapper(wrapping, dialect).unwrap(bytes));
}

/** Lines (one character per byte) as their server would write them into a file; as they are where no form is recognised. */
export function plainLines(lines: readonly string[], format = recogniseFormat(lines)): readonly string[] {
  const plain = plainOf(format);
  if (!plain || lines.length === 0) return lines;
  return linesOf(plain(Buffer.from(`${lines.join('\n')}\n`, 'latin1'))).slice(0, -1);
}

const linesOf = (bytes: Buffer): string[] => bytes.toString('latin1').split('\n');

/** The last `most` lines of a block. */
function tailOf(bytes: Buffer, most: number): readonly string[] {
  let from = bytes.length;
  for (let i = 0; i < most && from > 1; i++) from = bytes.lastIndexOf(NEWLINE, from - 2) + 1;
  return linesOf(bytes.subarray(from, bytes.length - 1));
}

/** Which of some lines their server wrote. */
function ownIn(lines: readonly string[], format: LineFormat): boolean[] {
  const parser = format.dialect.begin();
  return plainLines(lines, format).map((line) => {
    const kind = parser.parse(line, 0, line.length);
    return kind !== 'foreign' && kind !== 'continuation';
  });
}

function starts(lines: readonly string[], format: LineFormat): boolean {
  const parser = format.dialect.begin();
  return plainLines(lines, format).some((line) => {
    const found = parser.parse(line, 0, line.length);
    return typeof found === 'object' && found.kind === 'server-start';
  });
}

/** Where the lines behind the last one of the server's own begin in a block. */
function behindLast(bytes: Buffer, format: LineFormat): number {
  const own = ownIn(linesOf(bytes.subarray(0, bytes.length - 1)), format).lastIndexOf(true);
  let from = 0;
  for (let i = 0; i <= own; i++) from = bytes.indexOf(NEWLINE, from) + 1;
  return from;
}

function wrappingOf({ envelope, program, inner, keepsInner }: WrappingState): Wrapping | undefined {
  const known = ENVELOPES.find(({ name }) => name === envelope);
  const form = STAMP_FORMS.find(({ name }) => name === inner);
  return known && { envelope: known, program, inner: form, keepsInner };
}
