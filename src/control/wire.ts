/**
 * Messages in both directions over one connection: JSON, and bytes behind it where there are any. Eight bytes in front say how
 * long both are. None is read before it is asked for, so nobody can be sent more than they have room for.
 */
import type { Readable, Writable } from 'node:stream';

/** Bytes: the positions of a log or the files of a large archive, and the longest line with what is read together with it. */
const LONGEST_TEXT = 16 * 1024 * 1024;
const LONGEST_BYTES = 17 * 1024 * 1024;
const HEAD = 8;
const EMPTY = Buffer.alloc(0);
const OVER = { done: true, value: undefined } as const;
/** Milliseconds between two signs of life of who is busy otherwise. */
const ALIVE_MS = 10_000;

export interface Received {
  readonly message: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
}

export class Wire {
  readonly #input: AsyncIterator<Buffer>;
  readonly #output: Writable;
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(input: Readable, output: Writable) {
    this.#input = input[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    this.#output = output;
    output.on('error', () => {});
  }

  /** Resolves when it is on its way, so that the bytes may be used again. @throws the error of the system */
  send(message: object, bytes: Buffer = EMPTY): Promise<void> {
    const text = Buffer.from(JSON.stringify(message));
    const head = Buffer.alloc(HEAD);
    head.writeUInt32BE(text.length, 0);
    head.writeUInt32BE(bytes.length, 4);
    return new Promise((resolve, reject) => {
      this.#output.write(Buffer.concat([head, text]));
      this.#output.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** The next message; undefined at the end, also where the connection was lost. @throws {SyntaxError} what is none */
  async receive(): Promise<Received | undefined> {
    for (;;) {
      const head = await this.#take(HEAD);
      const [text, bytes] = [head?.readUInt32BE(0) ?? 0, head?.readUInt32BE(4) ?? 0];
      if (text > LONGEST_TEXT || bytes > LONGEST_BYTES) throw new SyntaxError('a message is too long');
      const message = await this.#take(text);
      const rest = await this.#take(bytes);
      if (!head || !message || !rest) return undefined;
      if (text > 0) return { message: objectIn(message), bytes: rest };
    }
  }

  /** Says from time to time that somebody is there, until the function that is returned is called. */
  stayAlive(): () => void {
    const timer = setInterval(() => this.#output.write(Buffer.alloc(HEAD)), ALIVE_MS);
    return () => clearInterval(timer);
  }

  /** Passes over all that comes until the end: who still sends would not come to read what was said to them. */
  async passOver(): Promise<void> {
    for (;;) if ((await this.#input.next().catch(() => OVER)).done === true) return;
  }

  async #take(length: number): Promise<Buffer | undefined> {
    while (this.#length < length) {
      const next = await this.#input.next().catch(() => OVER);
      if (next.done === true) return undefined;
      this.#chunks.push(next.value);
      this.#length += next.value.length;
    }
    const all = Buffer.concat(this.#chunks);
    const rest = all.subarray(length);
    this.#chunks = rest.length > 0 ? [Buffer.from(rest)] : [];
    this.#length = rest.length;
    return all.subarray(0, length);
  }
}

function objectIn(text: Buffer): Received['message'] {
  const value: unknown = JSON.parse(text.toString('utf8'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new SyntaxError('no JSON object');
  return value as Received['message'];
}
