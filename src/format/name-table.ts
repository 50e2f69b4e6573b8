/**
 * Names as numbers: each name once, its bytes in one arena, found by a hash whose seed nobody outside knows. Eight words a
 * name lie side by side, of which five are the owner's, so that a name and what is known of it share a cache line.
 *
 * Nothing here is ever copied as a whole, so no call takes long: the buckets are split one by one as names come (buckets.ts),
 * and the arena is a list of slabs, of which one that is nearly empty is emptied into the newest.
 */
import { Chains } from './buckets.ts';
import { LARGE, largest, moved, SMALL } from './reserved.ts';

/** Words of one name; those from `OWN` on are the owner's, and zero when the name is new. */
export const NAME_WORDS = 8;
export const OWN = 3;
const HASH = 0;
/** The next name of the bucket, or the next free number; number + 1, 0 for none. */
const NEXT = 1;
/** Where the name is in the arena. */
const PLACE = 2;

const SLAB = 65_536;
/** Room for a name in the arena, on average. */
const NAME_BYTES = 64;
const LEAST_SLABS = 16;
/** Before each name in the arena: its number, or `GONE`, and its length in bytes. */
const HEAD = 8;
const GONE = -1;
/** XMPP's longest bare JID has 2047 bytes, a resource 1023 (RFC 7622). */
export const LONGEST_NAME = 2047;

/** Where names are kept: zeroed words for so many names. */
export interface NameSpace {
  readonly words: Int32Array<ArrayBuffer>;
  readonly buckets: Int32Array<ArrayBuffer>;
  readonly arena: Int32Array<ArrayBuffer>;
}

/** Where the bytes of a text are for a moment. */
let scratch = Buffer.allocUnsafe(4 * LONGEST_NAME);

/** Writes a text there; returns its length in bytes. */
function write(text: string): number {
  const { length } = text;
  if (length * 3 > scratch.length) scratch = Buffer.allocUnsafe(length * 3);
  let i = 0;
  // Most are of ASCII and so short that a call takes longer.
  for (let code; i < length && (code = text.charCodeAt(i)) < 128; i++) scratch[i] = code;
  return i === length ? length : scratch.write(text);
}

export const arenaLength = (capacity: number): number => Math.max(capacity * NAME_BYTES, LEAST_SLABS * SLAB) / 4;

const ownSpace = (capacity: number): NameSpace => ({
  words: new Int32Array(capacity * NAME_WORDS),
  buckets: new Int32Array(capacity),
  arena: new Int32Array(arenaLength(capacity)),
});

export interface NameTableOptions {
  /** The most names at a time, a power of two. */
  readonly capacity?: number;
  /** Unsigned 32 bits, from a source that nobody can guess: whoever knows it can make names that share a bucket. */
  readonly seed: number;
  /** Throws a RangeError where there is not so much. */
  readonly allocate?: (capacity: number) => NameSpace;
}

export class NameTable {
  readonly #allocate: (capacity: number) => NameSpace;
  readonly #most: number;
  #seed: number;
  #capacity = 0;
  #words = new Int32Array(0);
  #times = new Uint32Array(0);
  readonly #chains = new Chains({
    nextAt: (link) => (link - 1) * NAME_WORDS + NEXT,
    hashOf: (link) => this.#words[(link - 1) * NAME_WORDS + HASH]!,
  });
  #arenaWords = new Int32Array(0);
  #arena = Buffer.alloc(0);
  /** Bytes of names in each slab. */
  #live = new Int32Array(0);
  readonly #emptySlabs: number[] = [];
  #slab = 0;
  #slabs = 1;
  #filled = 0;
  #size = 0;
  #used = 0;
  #free = 0;

  constructor({ capacity = LARGE, seed, allocate = ownSpace }: NameTableOptions) {
    this.#allocate = allocate;
    this.#most = capacity;
    this.#seed = seed | 0;
    this.#reserve(Math.min(capacity, SMALL));
  }

  /** `NAME_WORDS` words a name. Another array when names have been added. */
  get words(): Int32Array {
    return this.#words;
  }

  /** The same words, for instants: unix seconds until 2106. */
  get times(): Uint32Array {
    return this.#times;
  }

  /** How many names there are. */
  get size(): number {
    return this.#size;
  }

  /** All numbers in use are below this. */
  get end(): number {
    return this.#used;
  }

  /**
   * The number of a name, which is added when it is new. `hash`: its hash, where that is known. Throws a RangeError when the name
   * is too long, or the table is full.
   */
  intern(bytes: Uint8Array, from: number, to: number, hash = this.hash(bytes, from, to)): number {
    const known = this.look(bytes, from, to, hash);
    return known >= 0 ? known : this.#add(hash, bytes, from, to);
  }

  internText(text: string): number {
    const length = write(text);
    return this.intern(scratch, 0, length);
  }

  /** The number of a name, -1 when it is not there. */
  find(text: string): number {
    const length = write(text);
    return this.look(scratch, 0, length);
  }

  /** Another seed, and room for so many names at once; as long as there are none. */
  begin(seed: number, size: number): void {
    if (this.#size > 0) throw new TypeError('a table with names keeps its seed');
    this.#seed = seed | 0;
    if (size > this.#capacity) this.#grow('more names than there is room for');
    this.#chains.expect(size);
  }

  hashOf(name: number): number {
    return this.#words[name * NAME_WORDS + HASH]!;
  }

  /** The names whose hashes have the bits `bits` in `mask`, which are the lowest. */
  withHash(bits: number, mask: number): number[] {
    const names: number[] = [];
    const { heads, growth } = this.#chains;
    const step = Math.min(mask + 1, growth.half);
    for (let bucket = bits & (step - 1); bucket < growth.count; bucket += step)
      for (let name = heads[bucket]! - 1; name >= 0; name = this.#words[name * NAME_WORDS + NEXT]! - 1)
        if ((this.hashOf(name) & mask) === bits) names.push(name);
    return names;
  }

  /** Where the bytes of a name are in `arena`. Moved when names are added. */
  placeOf(name: number): readonly [from: number, to: number] {
    const place = this.#words[name * NAME_WORDS + PLACE]!;
    return [place, place + this.#arenaWords[(place >> 2) - 1]!];
  }

  /** The first name of each bucket. Another array when names have been added. */
  get buckets(): Int32Array {
    return this.#chains.heads;
  }

  /** The bytes of all names. Another one when names have been added. */
  get arena(): Buffer {
    return this.#arena;
  }

  text(name: number): string {
    return this.#arena.toString('utf8', ...this.placeOf(name));
  }

  /** What is needed to find a name by its hash: the seed, how many buckets there are, and the power of two below. */
  get hashing(): readonly [seed: number, half: number, buckets: number] {
    const { half, count } = this.#chains.growth;
    return [this.#seed, half, count];
  }

  /** What something else has to know, beside `hashing`, to add names by itself, seven words: the first four are what it changes. */
  get state(): readonly number[] {
    const slab = this.#arena.byteOffset + this.#slab * SLAB;
    return [this.#free, this.#used, this.#size, this.#filled, this.#capacity, this.#chains.heads.length, slab];
  }

  /** It has done so, and there are so many buckets now. */
  added(state: Int32Array, buckets: number): void {
    const before = this.#filled;
    [this.#free = 0, this.#used = 0, this.#size = 0, this.#filled = 0] = state;
    this.#live[this.#slab]! += this.#filled - before;
    this.#chains.grew(buckets);
  }

  /** The name is gone, and its number free for another one. */
  release(name: number): void {
    const at = name * NAME_WORDS;
    this.#chains.remove(name + 1, this.#words[at + HASH]!);
    this.#vacate(this.#words[at + PLACE]!);
    this.#words.fill(0, at, at + NAME_WORDS);
    this.#words[at + NEXT] = this.#free;
    this.#free = name + 1;
    this.#size--;
  }

  #reserve(capacity: number): void {
    const { words, buckets, arena } = this.#allocate(capacity);
    words.set(this.#words);
    buckets.set(this.#chains.heads);
    arena.set(this.#arenaWords);
    this.#words = words;
    this.#times = new Uint32Array(words.buffer, words.byteOffset, words.length);
    this.#chains.words = words;
    this.#chains.heads = buckets;
    this.#arenaWords = arena;
    this.#arena = Buffer.from(arena.buffer, arena.byteOffset, arena.byteLength);
    this.#live = moved(this.#live, Math.ceil(this.#arena.length / SLAB));
    this.#capacity = capacity;
  }

  /** To be called when something is full. */
  #grow(what: string): void {
    if (this.#capacity === this.#most) throw new RangeError(`${what} (names: ${this.#size})`);
    largest(this.#most, this.#capacity * 2, (capacity) => this.#reserve(capacity));
  }

  /** What the words of a name have as its hash. */
  hash(bytes: Uint8Array, from: number, to: number): number {
    let hash = this.#seed;
    for (let i = from; i < to; i++) {
      hash = Math.imul(hash ^ bytes[i]!, 0x85eb_ca6b);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ this.#seed, 0xc2b2_ae35);
    return hash ^ (hash >>> 16);
  }

  /** As `find`; `hash` as of `intern`. */
  look(bytes: Uint8Array, from: number, to: number, hash = this.hash(bytes, from, to)): number {
    const words = this.#words;
    for (let name = this.#chains.first(hash) - 1; name >= 0;) {
      const at = name * NAME_WORDS;
      if (words[at + HASH] === hash && this.#isAt(words[at + PLACE]!, bytes, from, to)) return name;
      name = words[at + NEXT]! - 1;
    }
    return -1;
  }

  #isAt(place: number, bytes: Uint8Array, from: number, to: number): boolean {
    if (this.#arenaWords[(place >> 2) - 1] !== to - from) return false;
    for (let i = from, j = place; i < to; i++, j++) if (bytes[i] !== this.#arena[j]) return false;
    return true;
  }

  #add(hash: number, bytes: Uint8Array, from: number, to: number): number {
    if (to - from > LONGEST_NAME) throw new RangeError(`a name of ${to - from} bytes is none of XMPP`);
    const name = this.#takeNumber();
    const at = name * NAME_WORDS;
    const place = this.#store(name, bytes, from, to);
    this.#words[at + HASH] = hash;
    this.#words[at + PLACE] = place;
    this.#chains.add(name + 1, hash, ++this.#size);
    return name;
  }

  #takeNumber(): number {
    if (this.#free === 0) {
      if (this.#used === this.#capacity) this.#grow('more names than there is room for');
      return this.#used++;
    }
    const name = this.#free - 1;
    this.#free = this.#words[name * NAME_WORDS + NEXT]!;
    return name;
  }

  #store(name: number, bytes: Uint8Array, from: number, to: number): number {
    const length = to - from;
    const needed = HEAD + ((length + 3) & ~3);
    if (this.#filled + needed > SLAB) this.#beginSlab();
    const place = this.#slab * SLAB + this.#filled + HEAD;
    this.#arenaWords[(place >> 2) - 2] = name;
    this.#arenaWords[(place >> 2) - 1] = length;
    // Most are so short that a call takes longer.
    for (let i = from, at = place; i < to; i++, at++) this.#arena[at] = bytes[i]!;
    this.#filled += needed;
    this.#live[this.#slab]! += needed;
    return place;
  }

  #beginSlab(): void {
    const before = this.#slab;
    const filled = this.#filled;
    this.#slab = this.#emptySlabs.pop() ?? this.#slabs++;
    if (this.#slab >= this.#live.length) this.#grow('names longer than there is room for');
    // The end of the list of names in a slab that is not filled to its last byte.
    if (filled + HEAD <= SLAB) this.#arenaWords.set([GONE, SLAB], (before * SLAB + filled) >> 2);
    this.#filled = 0;
    this.#emptyIfSparse(before);
  }

  #vacate(place: number): void {
    const slab = Math.floor(place / SLAB);
    this.#arenaWords[(place >> 2) - 2] = GONE;
    this.#live[slab]! -= HEAD + ((this.#arenaWords[(place >> 2) - 1]! + 3) & ~3);
    this.#emptyIfSparse(slab);
  }

  #emptyIfSparse(slab: number): void {
    if (slab === this.#slab || this.#live[slab]! > SLAB / 4) return;
    this.#evacuate(slab);
    this.#emptySlabs.push(slab);
  }

  #evacuate(slab: number): void {
    const end = (slab + 1) * SLAB;
    for (let at = slab * SLAB; at + HEAD <= end;) {
      const name = this.#arenaWords[at >> 2]!;
      const length = this.#arenaWords[(at >> 2) + 1]!;
      const place = at + HEAD;
      if (name >= 0) {
        // Storing may grow the table, and the words are then in another array.
        const stored = this.#store(name, this.#arena, place, place + length);
        this.#words[name * NAME_WORDS + PLACE] = stored;
      }
      at = place + ((length + 3) & ~3);
    }
    this.#live[slab] = 0;
  }
}
