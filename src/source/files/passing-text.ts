/**
 * A plain text that is gone through once: while a piece of it is looked at, the system reads the one behind it. A piece holds
 * until the next one is asked for; there are two places, used in turn.
 */
import { readAsync, readAt, SHORT } from './read-at.ts';

/** Bytes that are read ahead, at most. */
const AHEAD = 512 * 1024;

interface Ahead {
  readonly from: number;
  readonly place: Buffer;
  /** How many bytes came; 0 where reading failed, which is told when they are asked for. */
  readonly length: Promise<number>;
}

/** A `Text`. */
export class PassingText {
  readonly plain = true;
  readonly #fd: number;
  #free: Buffer = Buffer.alloc(0);
  #given: Buffer = Buffer.alloc(0);
  #ahead: Ahead | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  async read(at: number, length: number): Promise<Buffer> {
    if (length <= SHORT) return readAt(this.#fd, at, length);
    const bytes = (await this.#fromAhead(at, length)) ?? (await this.#directly(at, length));
    if (bytes.length === length) this.#readAhead(at + length, Math.min(length, AHEAD));
    return bytes;
  }

  async rest(): Promise<void> {
    await this.#ahead?.length;
  }

  /** Undefined where it has not been read ahead. What lies before that is read again, as it may not be the same any more. */
  async #fromAhead(at: number, length: number): Promise<Buffer | undefined> {
    const ahead = this.#ahead;
    if (!ahead) return undefined;
    this.#ahead = undefined;
    const came = await ahead.length;
    const before = ahead.from - at;
    [this.#free, this.#given] = [this.#given, ahead.place];
    if (before < 0 || before > SHORT || SHORT - before + length > ahead.place.length) return undefined;
    const bytes = ahead.place.subarray(SHORT - before, SHORT - before + length);
    const filled = (await readAt(this.#fd, at, before, bytes.subarray(0, before))).length;
    if (filled < before) return bytes.subarray(0, filled);
    const known = Math.min(length, before + came);
    const rest = await readAt(this.#fd, at + known, length - known, bytes.subarray(known));
    return bytes.subarray(0, known + rest.length);
  }

  #directly(at: number, length: number): Promise<Buffer> {
    if (this.#given.length < length) this.#given = placeFor(length);
    return readAt(this.#fd, at, length, this.#given);
  }

  #readAhead(from: number, length: number): void {
    if (this.#free.length < SHORT + length) this.#free = placeFor(SHORT + length);
    const place = this.#free;
    const reading = readAsync(this.#fd, place, SHORT, length, from);
    this.#ahead = {
      from,
      place,
      length: reading.then(
        ({ bytesRead }) => bytesRead,
        () => 0,
      ),
    };
  }
}

const placeFor = (length: number): Buffer => Buffer.allocUnsafeSlow(length);
