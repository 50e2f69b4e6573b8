/** Records into a batch, and all of them out of LevelDB, each with its checksum. */
import type { Level } from 'level';
import {
  keyOfNumber,
  numberOfKey,
  put,
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

const BYTES = { valueEncoding: 'buffer' } as const;
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
  batch.put(stored, encodeBytes(hash, payload), BYTES);
  return hash;
}

/** As it is stored; undefined where there is none. @throws {IndexError} DAMAGED */
export function pageOf(path: string, db: Level, page: number): Buffer | undefined {
  const key = keyOfNumber(page);
  const value = db.getSync<string, Buffer>(keyIn('pages', key), BYTES);
  if (value === undefined) return undefined;
  const record = decodeBytes('pages', key, value);
  if (!record) throw mismatch(path, keyIn('pages', key));
  return record.payload;
}

/** Users by themselves first, then pages, each in the order of their keys (contents.ts). @throws {IndexError} DAMAGED */
export async function readRecords(source: Source, into: Into): Promise<void> {
  const [recent, pages] = [rangeOf('recent'), rangeOf('pages')];
  for (const [room, range] of [['recent', recent] as const, ['pages', pages] as const]) {
    const records = source.db.iterator<string, Buffer>({ ...range, ...BYTES, ...SCAN });
    const take = (stored: string, value: Buffer) =>
      takeUsers(room, stored.slice(range.gte.length), value, source.path, into);
    await forEach(records, take);
  }
  for (const range of [{ lt: pages.gte }, { gte: pages.lt, lt: recent.gte }, { gte: recent.lt }])
    await forEach(source.db.iterator({ ...range, ...SCAN }), (stored, value) => take(stored, value, source.path, into));
}

/** Of one room, the number and the bytes of each. @throws {IndexError} DAMAGED */
export async function* usersIn(
  { path, db }: Source,
  room: 'recent' | 'pages',
): AsyncGenerator<readonly [number, Buffer]> {
  const range = rangeOf(room);
  for await (const [stored, value] of db.iterator<string, Buffer>({ ...range, ...BYTES, ...SCAN })) {
    const key = stored.slice(range.gte.length);
    const record = decodeBytes(room, key, value);
    if (!record) throw mismatch(path, stored);
    yield [numberOfKey(key), record.payload];
  }
}

/** `"` comes next to the `!` that ends the name of a room. */
const rangeOf = (room: Keyspace) => ({ gte: keyIn(room, ''), lt: `!${room}"` });

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

function takeUsers(room: 'recent' | 'pages', key: string, value: Buffer, path: string, into: Into): void {
  const { found, checksums, users } = into;
  const record = decodeBytes(room, key, value);
  if (!record) throw mismatch(path, keyIn(room, key));
  add(found, record.hash);
  checksums[room].set(key, record.hash);
  if (room === 'recent') users?.recent(numberOfKey(key), record.payload);
  else users?.page(numberOfKey(key), record.payload);
}

function take(stored: string, value: string, path: string, { contents, found, checksums, users }: Into): void {
  const end = stored.indexOf('!', 1);
  const room = KEYSPACES.find((name) => name.length === end - 1 && stored.startsWith(name, 1));
  if (!room || room === 'pages' || room === 'recent') return expectMeta(stored, path);
  const key = stored.slice(end + 1);
  const record = decode(room, key, value);
  if (!record) throw mismatch(path, stored);
  add(found, record.hash);
  checksums[room].set(key, record.hash);
  if (room !== 'users') return put(contents, room, key, record.payload);
  contents.unmoved.push(key);
  users?.user(key, decodeUser(record.payload));
}

const mismatch = (path: string, stored: string): IndexError =>
  damaged(path, `the record ${JSON.stringify(stored)} does not match its checksum`);

function expectMeta(stored: string, path: string): void {
  if (!isMeta(stored)) throw damaged(path, `it holds an unknown record ${JSON.stringify(stored)}`);
}
