/**
 * Sessions as they are stored, many at once: one behind the other, numbers with the lowest byte first.
 *
 *     state (1 byte), id; and of one that means something: login (4), when it got into its state (4), user, resource
 *
 * Each text is its length in bytes (2) and its UTF-8; of a resource that is not there the length is `NO_TEXT`. No string is made of what is in a table.
 */
import { NONE, STATES, type Session } from './session-state.ts';

const NO_TEXT = 0xffff;
/** The first size, bytes. It doubles. */
const SMALL = 4096;
/** So many bytes are much. */
const FULL = 1024 * 1024;

/** Where the bytes of names are. */
export interface PackedNames {
  readonly arena: Uint8Array;
  placeOf(name: number): readonly [from: number, to: number];
}

/** What is being packed. It grows, and is used again. */
let bytes = Buffer.allocUnsafeSlow(SMALL);

export class SessionPack {
  readonly #take: (packed: Buffer, sessions: number) => void;
  #end = 0;
  #count = 0;

  /** `take`: is given what is packed, whenever it is much, and the rest at `end`. One at a time is made. */
  constructor(take: (packed: Buffer, sessions: number) => void) {
    this.#take = take;
  }

  /** The next session. Of one that is gone only the id follows. */
  begin(state: number): void {
    if (this.#end >= FULL) this.end();
    this.#reserve(1);
    bytes[this.#end++] = state;
    this.#count++;
  }

  /** Unix seconds. */
  instant(at: number): void {
    this.#reserve(4);
    this.#end = bytes.writeUInt32LE(at >>> 0, this.#end);
  }

  name(names: PackedNames, name: number): void {
    const [from, to] = names.placeOf(name);
    const { arena } = names;
    this.#reserve(2 + to - from);
    let at = bytes.writeUInt16LE(to - from, this.#end);
    // Most are so short that a call takes longer.
    for (let i = from; i < to; i++, at++) bytes[at] = arena[i]!;
    this.#end = at;
  }

  text(text: string | undefined): void {
    const length = text === undefined ? 0 : Buffer.byteLength(text);
    this.#reserve(2 + length);
    this.#end = bytes.writeUInt16LE(text === undefined ? NO_TEXT : length, this.#end);
    if (text !== undefined) this.#end += bytes.write(text, this.#end);
  }

  /** One as it is told; undefined for one that is gone. */
  add(id: string, session: Session | undefined): void {
    this.begin(session ? STATES.indexOf(session.state) : NONE);
    this.text(id);
    if (!session) return;
    this.instant(session.since);
    this.instant(session.at);
    this.text(session.user);
    this.text(session.resource);
  }

  end(): void {
    if (this.#count > 0) this.#take(Buffer.from(bytes.subarray(0, this.#end)), this.#count);
    this.#end = this.#count = 0;
  }

  #reserve(more: number): void {
    if (this.#end + more <= bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#end + more, bytes.length * 2));
    bytes.copy(grown, 0, 0, this.#end);
    bytes = grown;
  }
}

/**
 * Calls `take` with each session, undefined for one that is gone; of an id that comes again the later one counts. Returns how many there are.
 * @throws {RangeError} when it is none
 */
export function unpackSessions(packed: Buffer, take: (id: string, session: Session | undefined) => void): number {
  let at = 0;
  const text = (): string | undefined => {
    const length = packed.readUInt16LE(at);
    at += 2;
    if (length === NO_TEXT) return undefined;
    if (at + length > packed.length) throw new RangeError('a text is longer than what it is in');
    at += length;
    return packed.toString('utf8', at - length, at);
  };
  let count = 0;
  for (; at < packed.length; count++) {
    const state = STATES[packed[at++]!];
    const id = text() ?? '';
    if (state === undefined) throw new RangeError('a session has an unknown state');
    if (state === '') {
      take(id, undefined);
      continue;
    }
    const [since, changed] = [packed.readUInt32LE(at), packed.readUInt32LE(at + 4)];
    at += 8;
    const user = text() ?? '';
    const resource = text();
    take(id, { user, since, state, at: changed, ...(resource !== undefined && { resource }) });
  }
  return count;
}
