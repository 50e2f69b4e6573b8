/** Records into a batch, and all of them out of LevelDB, each with its checksum. */
import type { Level } from 'level';
import {
  keyOfNumber,
  numberOfKey,
  put,
  BYTES,
  KEYSPACES,
  type Checksums,
  type Contents,
  type Keyspace,
  type UserSink,
} from './contents.ts';
import { add, type Digest } from './digest.ts';
import { damaged, type IndexError } from './index-error.ts';
import { isMeta, keyIn, type Batch } from './meta.ts';
import { checksum, checksumOfBytes, decode, decodeBytes, decodeUser, encode, encodeBytes } from './record.ts';

/** Where records go that are read. */
export interface Into {
  readonly contents: Contents;
  /** Made of what is found. */
  readonly found: Digest;
  readonly checksums: Record<Keyspace, Checksums>;
  readonly users: UserSink | undefined;
}

interface Source {
  readonly path: string;
  readonly db: Level;
}

const AS_BYTES = { valueEncoding: 'buffer' } as const;
const ENTRIES_AT_ONCE = 1000;
const SCAN = { highWaterMarkBytes: 1024 * 1024, fillCache: false } as const;

/** Returns its checksum. */
export function putRecord(batch: Batch, room: Keyspace, key: string, payload: string | Buffer): number {
  const stored = keyIn(room, key);
  if (typeof payload === 'string') {
    const hash = checksum(room, key, payload);
    batch.put(stored, encode(hash, payload));
    return hash;
  }
  const hash = checksumOfBytes(room, key, payload);
  batch.put(stored, encodeBytes(hash, payload), AS_BYTES);
  return hash;
}

/** As it is stored; undefined where there is none. @throws {IndexError} DAMAGED */
export function pageOf(path: string, db: Level, page: number): Buffer | undefined {
  const key = keyOfNumber(page);
  const value = db.getSync<string, Buffer>(keyIn('pages', key), AS_BYTES);
  if (value === undefined) return undefined;
  const record = decodeBytes('pages', key, value);
  if (!record) throw mismatch(path, keyIn('pages', key));
  return record.payload;
}

/**
 * Users by themselves first, then pages, each in the order of their keys (contents.ts), and then all else.
 * @throws {IndexError} DAMAGED
 */
export async function readRecords(source: Source, into: Into): Promise<void> {
  for (const room of ['recent', 'pages', 'piles'] as const) {
    const range = rangeOf(room);
    const records = source.db.iterator<string, Buffer>({ ...range, ...AS_BYTES, ...SCAN });
    const take = (stored: string, value: Buffer) =>
      takeBytes(room, stored.slice(range.gte.length), value, source.path, into);
    await forEach(records, take);
  }
  for (const range of BETWEEN)
    await forEach(source.db.iterator({ ...range, ...SCAN }), (stored, value) => take(stored, value, source.path, into));
}

/** Of one room, the number and the bytes of each. @throws {IndexError} DAMAGED */
export async function* usersIn(
  { path, db }: Source,
  room: 'recent' | 'pages',
): AsyncGenerator<readonly [number, Buffer]> {
  const range = rangeOf(room);
  for await (const [stored, value] of db.iterator<string, Buffer>({ ...range, ...AS_BYTES, ...SCAN })) {
    const key = stored.slice(range.gte.length);
    const record = decodeBytes(room, key, value);
    if (!record) throw mismatch(path, stored);
    yield [numberOfKey(key), record.payload];
  }
}

/** `"` comes next to the `!` that ends the name of a room. */
const rangeOf = (room: Keyspace) => ({ gte: keyIn(room, ''), lt: `!${room}"` });

/** Of the rooms with bytes, which are in the order of their keys, what is before, between and behind them. */
const BETWEEN = [...BYTES, undefined].map((room, i) => ({
  ...(i > 0 && { gte: rangeOf(BYTES[i - 1]!).lt }),
  ...(room && { lt: rangeOf(room).gte }),
}));

interface Entries<V> {
  nextv(size: number): Promise<[string, V][]>;
  close(): Promise<void>;
}

async function forEach<V>(iterator: Entries<V>, each: (stored: string, value: V) => void): Promise<void> {
  try {
    for (;;) {
      const entries = await iterator.nextv(ENTRIES_AT_ONCE);
      if (entries.length === 0) return;
      for (const [stored, value] of entries) each(stored, value);
    }
  } finally {
    await iterator.close();
  }
}

function takeBytes(room: (typeof BYTES)[number], key: string, value: Buffer, path: string, into: Into): void {
  const { contents, found, checksums, users } = into;
  const record = decodeBytes(room, key, value);
  if (!record) throw mismatch(path, keyIn(room, key));
  add(found, record.hash);
  checksums[room].set(key, record.hash);
  if (room === 'piles') put(contents, room, key, record.payload);
  else if (room === 'recent') users?.recent(numberOfKey(key), record.payload);
  else users?.page(numberOfKey(key), record.payload);
}

function take(stored: string, value: string, path: string, { contents, found, checksums, users }: Into): void {
  const end = stored.indexOf('!', 1);
  const room = KEYSPACES.find((name) => name.length === end - 1 && stored.startsWith(name, 1));
  if (!room || isOfBytes(room)) return expectMeta(stored, path);
  const key = stored.slice(end + 1);
  const record = decode(room, key, value);
  if (!record) throw mismatch(path, stored);
  add(found, record.hash);
  checksums[room].set(key, record.hash);
  if (room !== 'users') return put(contents, room, key, record.payload);
  contents.unmoved.push(key);
  users?.user(key, decodeUser(record.payload));
}

const isOfBytes = (room: Keyspace): room is (typeof BYTES)[number] => (BYTES as readonly Keyspace[]).includes(room);

const mismatch = (path: string, stored: string): IndexError =>
  damaged(path, `the record ${JSON.stringify(stored)} does not match its checksum`);

function expectMeta(stored: string, path: string): void {
  if (!isMeta(stored)) throw damaged(path, `it holds an unknown record ${JSON.stringify(stored)}`);
}
