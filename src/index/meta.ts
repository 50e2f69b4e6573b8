/** Keys as LevelDB has them, and the records that tell of the index itself. */
import { randomBytes } from 'node:crypto';
import type { Level } from 'level';
import type { Keyspace } from './contents.ts';
import { emptyDigest, type Digest } from './digest.ts';
import { readWatermark } from './directory.ts';
import { damaged } from './index-error.ts';
import { checksum, encode, decode } from './record.ts';

/** A chained one: each operation goes straight to LevelDB, and costs a quarter of one in an array. */
export type Batch = ReturnType<Level['batch']>;

const META = ['schema', 'digest', 'secret'] as const;
export type Meta = (typeof META)[number];

/** The key as `level` writes it for a sublevel, made here because one scan and one batch go through all of them. */
export function keyIn(room: Keyspace | 'meta', key: string): string {
  return `!${room}!${key}`;
}

export function putMeta(batch: Batch, key: Meta, value: unknown): void {
  const payload = JSON.stringify(value);
  batch.put(keyIn('meta', key), encode(checksum('meta', key, payload), payload));
}

export function metaPayload(path: string, key: Meta, value: string): string {
  const record = decode('meta', key, value);
  if (!record) throw damaged(path, `its ${key} does not match its checksum`);
  return record.payload;
}

export async function digestIn(path: string, db: Level): Promise<Digest> {
  const value = await db.get(keyIn('meta', 'digest'));
  if (value === undefined) throw damaged(path, 'its digest is missing');
  return JSON.parse(metaPayload(path, 'digest', value)) as Digest;
}

/** Of a new index. */
export async function beginMeta(db: Level, schema: number): Promise<void> {
  const batch = db.batch();
  putMeta(batch, 'schema', schema);
  putMeta(batch, 'digest', emptyDigest());
  await batch.write({ sync: true });
}

/** An index of version 0.1.0 has none. */
export async function storedSecret(path: string, db: Level, own = randomBytes(16).toString('hex')): Promise<string> {
  const value = await db.get(keyIn('meta', 'secret'));
  if (value !== undefined) return JSON.parse(metaPayload(path, 'secret', value)) as string;
  const batch = db.batch();
  putMeta(batch, 'secret', own);
  await batch.write({ sync: true });
  return own;
}

/** The latest, with all batches that were written. @throws {IndexError} DAMAGED */
export async function storedDigest(path: string, db: Level): Promise<Digest> {
  const digest = await digestIn(path, db);
  const written = readWatermark(path, digest);
  if (written === undefined) throw damaged(path, 'its file xmpp-active-users is not the one that was written');
  if (digest.generation < written) throw damaged(path, `its last ${written - digest.generation} batches are missing`);
  return digest;
}

/** Behind all others: LevelDB remembers the last key that a compaction took in, and that should not be the deleted one. */
export const LAST_KEY = '!~';

/** Before all others. */
export const FIRST_KEY = '!';

export function isMeta(stored: string): boolean {
  return stored === LAST_KEY || META.some((key) => keyIn('meta', key) === stored);
}
