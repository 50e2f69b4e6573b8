/** Records into a batch, and all of them out of LevelDB, each with its checksum. */
import type { Level } from 'level';
import { pageOfKey, put, KEYSPACES, type Checksums, type Contents, type Keyspace, type UserSink } from './contents.ts';
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

/** Pages first, in the order of their keys (contents.ts). @throws {IndexError} DAMAGED */
export async function readRecords(source: Source, into: Into): Promise<void> {
  const [first, behind] = [keyIn('pages', ''), '!pages"'];
  const pages = source.db.iterator<string, Buffer>({ gte: first, lt: behind, ...BYTES, ...SCAN });
  await forEach(pages, (stored, value) => takePage(stored.slice(first.length), value, source.path, into));
  for (const range of [{ lt: first }, { gte: behind }])
    await forEach(source.db.iterator({ ...range, ...SCAN }), (stored, value) => take(stored, value, source.path, into));
}

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

function takePage(key: string, value: Buffer, path: string, { found, checksums, users }: Into): void {
  const record = decodeBytes('pages', key, value);
  if (!record) throw mismatch(path, keyIn('pages', key));
  add(found, record.hash);
  checksums.pages.set(key, record.hash);
  users?.page(pageOfKey(key), record.payload);
}

function take(stored: string, value: string, path: string, { contents, found, checksums, users }: Into): void {
  const end = stored.indexOf('!', 1);
  const room = KEYSPACES.find((name) => name.length === end - 1 && stored.startsWith(name, 1));
  if (!room || room === 'pages') return expectMeta(stored, path);
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
