/**
 * The index: who was last seen when, which sessions are open, and how far the logs have been read.
 *
 * One LevelDB, one writer. What a block of lines changed is written together with the new position in the log as one
 * synchronous batch, so that after any crash the index and the position agree. All of it is read once, at start; from
 * then on memory is what is counted from, and the index is only written to.
 *
 * A number from a damaged index would look like any other: all that is read is verified (record.ts, digest.ts, directory.ts), and `load` gives all or nothing.
 */
import { randomUUID } from 'node:crypto';
import type { Level } from 'level';
import {
  eachEdit,
  newChecksums,
  noValues,
  type Changes,
  type Contents,
  type Keyspace,
  type UserSink,
} from './contents.ts';
import { add, emptyDigest, remove, sameRecords, type Digest, type Folded } from './digest.ts';
import {
  isStillThere,
  placeOf,
  prepareDirectory,
  removeOldLog,
  writeWatermark,
  type Mark,
  type Place,
} from './directory.ts';
import { damaged, explainLevelError, IndexError } from './index-error.ts';
import { compact, openLevel } from './level.ts';
import {
  beginMeta,
  FIRST_KEY,
  keyIn,
  LAST_KEY,
  metaPayload,
  putMeta,
  storedDigest,
  storedSecret,
  type Batch,
} from './meta.ts';
import { giveToOwner, keepPrivate } from './owner.ts';
import { beginReading, endReading } from './probe-in-child.ts';
import { closeReadingCopy, openReadingCopy, removeReadingCopy } from './reading-copy.ts';
import { pageOf, putRecord, readRecords, usersIn } from './records.ts';

export type { Changes, Contents, UserSink } from './contents.ts';
export { moveAside } from './directory.ts';
export { IndexError, type IndexErrorCode } from './index-error.ts';

/**
 * 1 is of version 0.1.0, which had a record for each user; 2 had no past counts, 3 no users by themselves, 4 no nodes of a cluster, and 5
 * a record for each session.
 */
const SCHEMA = 6;
/** A batch as it is handed to LevelDB: what will be true if it is written. */
interface Attempt {
  readonly digest: Digest;
  /** Of its records, which are many: the room, the key, and the checksum, undefined where it is deleted. */
  readonly rooms: readonly Keyspace[];
  readonly keys: readonly string[];
  readonly hashes: readonly (number | undefined)[];
  readonly batch: Batch;
}

export class LastSeenIndex {
  readonly path: string;
  #db: Level;
  #digest: Digest | undefined;
  /** The checksum of every stored record, so that the digest follows changes without reading them back. */
  readonly #hashes = newChecksums();
  #queue: Promise<unknown> = Promise.resolve();
  #failed: Attempt | undefined;
  #closed = false;
  #keepsReadable = false;
  /** What is read while LevelDB opens the index anew. */
  #copy: Level | undefined;
  #secret = '';
  /** Of what is stored. */
  #schema = SCHEMA;
  /** Opened by root, and not root's. */
  #isForeign = false;
  readonly #isSmall: boolean;
  /** Where it was opened. */
  readonly #place: Place;

  private constructor(path: string, db: Level, isSmall: boolean) {
    this.path = path;
    this.#db = db;
    this.#isSmall = isSmall;
    this.#place = placeOf(path);
  }

  /**
   * Opens the index in the directory `path`, making one there unless `create` is false. `secret`: that of a new one, which takes
   * the place of another. `isSmall`: as of `openLevel`, for whom nobody waits.
   * @throws {IndexError} with any of its codes.
   */
  static async open(
    path: string,
    o: { create?: boolean; secret?: string; isSmall?: boolean } = {},
  ): Promise<LastSeenIndex> {
    const exists = await prepareDirectory(path, o.create ?? true);
    keepPrivate(path);
    if (exists && !(await beginReading(path))) throw damaged(path, 'LevelDB crashes on reading it');
    try {
      return await LastSeenIndex.#opened(path, o.secret, o.isSmall ?? false);
    } catch (error) {
      endReading(path);
      throw error;
    }
  }

  static async #opened(path: string, secret: string | undefined, isSmall: boolean): Promise<LastSeenIndex> {
    const index = new LastSeenIndex(path, await openLevel(path, isSmall), isSmall);
    try {
      await index.#checkSchema();
      index.#secret = await storedSecret(path, index.#db, secret);
      index.#isForeign = giveToOwner(path);
      return index;
    } catch (error) {
      await index.#db.close();
      throw explainLevelError(path, error);
    }
  }

  /**
   * Reads and verifies everything. To be called once, before the first `write`. `users`: where the users go, if anywhere.
   * @throws {IndexError} DAMAGED when anything is missing, changed or too much; nothing is returned then.
   */
  async load(users?: UserSink): Promise<Contents> {
    if (this.#digest) throw new TypeError('the index is loaded already');
    const contents: Contents = { unmoved: [], ...noValues() };
    const found = emptyDigest();
    try {
      const stored = await storedDigest(this.path, this.#db);
      users?.begin(stored.pages ?? 0, Number.parseInt(this.#secret.slice(0, 8), 16));
      await readRecords({ path: this.path, db: this.#db }, { contents, found, users, checksums: this.#hashes });
      if (!sameRecords(found, stored))
        throw damaged(this.path, `${found.count} of ${stored.count} records are as written`);
      this.#digest = stored;
      // Who was killed behind a batch has not, and the next may be killed there, too.
      this.#mark(stored);
      return contents;
    } catch (error) {
      throw explainLevelError(this.path, error);
    } finally {
      endReading(this.path);
    }
  }

  /** From now on `page` may be called at any time until it is closed. */
  async keepReadable(): Promise<void> {
    this.#keepsReadable = true;
    await removeReadingCopy(this.path);
  }

  /**
   * The records of users, those by themselves or the pages, in the order in which they count. Before `load` only what each holds
   * is verified. @throws {IndexError}
   */
  async *eachOf(room: 'recent' | 'pages'): AsyncGenerator<readonly [number: number, bytes: Buffer]> {
    try {
      yield* usersIn({ path: this.path, db: this.#db }, room);
    } catch (error) {
      endReading(this.path);
      throw explainLevelError(this.path, error);
    }
  }

  /** As `write` was told with the last batch. */
  get folded(): Folded | undefined {
    return this.#digest?.folded;
  }

  /** A page of users as it was written last, or is being written; undefined where there is none. @throws {IndexError} */
  page(page: number): Buffer | undefined {
    try {
      return pageOf(this.path, this.#copy ?? this.#db, page);
    } catch (error) {
      throw explainLevelError(this.path, error);
    }
  }

  /**
   * Writes all of `changes` or nothing, as one batch that is on the disk when this resolves. Waits for earlier calls.
   * After a rejection nothing of it counts as written: call again with the same changes, or more.
   * @throws {IndexError} FAILED when the disk is full and the like; later calls may work. DAMAGED, NOT_WRITABLE.
   */
  async write(changes: Changes): Promise<void> {
    const turn = this.#queue.then(() => this.#commit(changes));
    this.#queue = turn.catch(() => {});
    return turn;
  }

  /**
   * Rewrites the files of the index without what was deleted, which otherwise stays in them for as long as LevelDB likes. What was overwritten in LevelDB's
   * memory is in the file that is made of that, too, and such a file is merged with nothing when it lies below all others: so another one follows, which
   * spans all keys and is merged with every file. LevelDB also names keys in its own journals: the manifest is renewed and the old log moved when it opens.
   * @throws {IndexError}
   */
  async purge(): Promise<void> {
    await this.#queue;
    try {
      await this.#db.put(LAST_KEY, '', { sync: true });
      await compact(this.#db);
      await this.#db.batch().del(FIRST_KEY).put(LAST_KEY, '').write({ sync: true });
      await compact(this.#db);
      await this.#reopen();
      await removeOldLog(this.path);
      this.#keepOwner();
    } catch (error) {
      throw explainLevelError(this.path, error);
    }
  }

  /**
   * Whether the directory is still the one that was opened, and nobody else gets at it: LevelDB writes on into files that nobody
   * finds again, and without its lock another process would write beside it.
   */
  get isInPlace(): boolean {
    return isStillThere(this.path, this.#place);
  }

  /** Of this index alone, and random: the key of whatever it holds hashed. */
  get secret(): string {
    return this.#secret;
  }

  /** Waits for the writes under way, and gives the index free for other processes. */
  async close(): Promise<void> {
    await this.#queue;
    this.#closed = true;
    await this.#db.close();
    await this.#closeCopy();
    this.#keepOwner();
  }

  #keepOwner(): void {
    if (this.#isForeign) giveToOwner(this.path);
  }

  async #commit(changes: Changes): Promise<void> {
    if (!this.isInPlace) throw damaged(this.path, 'it was moved or deleted while it was open');
    if (this.#closed) throw new TypeError('the index is closed');
    try {
      if (this.#failed) await this.#recover(this.#failed);
    } catch (error) {
      throw explainLevelError(this.path, error);
    }
    await this.#writeBatch(this.#attempt(changes));
  }

  async #writeBatch(attempt: Attempt): Promise<void> {
    try {
      this.#failed = attempt;
      await attempt.batch.write({ sync: true });
    } catch (error) {
      throw explainLevelError(this.path, error);
    }
    this.#accept(attempt);
    this.#keepOwner();
  }

  #attempt(changes: Changes): Attempt {
    if (!this.#digest) throw new TypeError('the index must be loaded before it is written');
    const generation = this.#digest.generation + 1;
    const { pageCount: pages, folded } = changes;
    const digest = { id: randomUUID(), ...this.#digest, generation, folded, ...(pages !== undefined && { pages }) };
    const batch = this.#db.batch();
    const [rooms, keys, hashes] = [[] as Keyspace[], [] as string[], [] as (number | undefined)[]];
    eachEdit(changes, (room, key, payload) => {
      const before = this.#hashes[room].get(key);
      // Most sessions begin and end between two batches: of those there is nothing to delete.
      if (payload === undefined && before === undefined) return;
      const after = payload === undefined ? undefined : putRecord(batch, room, key, payload);
      if (before !== undefined) remove(digest, before);
      if (after !== undefined) add(digest, after);
      rooms.push(room);
      keys.push(key);
      hashes.push(after);
      if (after === undefined) batch.del(keyIn(room, key));
    });
    if (this.#schema !== SCHEMA) putMeta(batch, 'schema', SCHEMA);
    putMeta(batch, 'digest', digest);
    return { digest, rooms, keys, hashes, batch };
  }

  #accept(attempt: Attempt): void {
    const { rooms, keys, hashes } = attempt;
    for (let i = 0; i < keys.length; i++) {
      const hash = hashes[i];
      if (hash === undefined) this.#hashes[rooms[i]!].delete(keys[i]!);
      else this.#hashes[rooms[i]!].set(keys[i]!, hash);
    }
    this.#digest = attempt.digest;
    this.#schema = SCHEMA;
    this.#failed = undefined;
    this.#mark(attempt.digest);
  }

  /** The batch is safe without it; a watermark that lags behind guards a little less, and says nothing wrong. */
  #mark(mark: Mark): void {
    try {
      writeWatermark(this.path, mark);
    } catch {
      return;
    }
  }

  /**
   * LevelDB goes on after a write that failed half way, but behind a hole in its log: when it next opens, all that follows
   * the hole is lost. Opening it anew ends the log before the hole. The failed batch may have been written after all.
   */
  async #recover(failed: Attempt): Promise<void> {
    await this.#reopen();
    const stored = await storedDigest(this.path, this.#db);
    if (stored.generation === failed.digest.generation && sameRecords(stored, failed.digest)) this.#accept(failed);
    else if (stored.generation === this.#digest?.generation) this.#failed = undefined;
    else throw damaged(this.path, 'batches are missing after a failed write');
  }

  /** What cannot be read of a closed index is read of a copy. */
  async #reopen(): Promise<void> {
    if (this.#keepsReadable) this.#copy ??= await openReadingCopy(this.path, this.#digest?.generation ?? 0);
    await this.#db.close();
    this.#db = await openLevel(this.path, this.#isSmall);
    await this.#closeCopy();
  }

  async #closeCopy(): Promise<void> {
    const copy = this.#copy;
    this.#copy = undefined;
    if (copy) await closeReadingCopy(this.path, copy);
  }

  async #checkSchema(): Promise<void> {
    const value = await this.#db.get(keyIn('meta', 'schema'));
    if (value === undefined) return beginMeta(this.#db, SCHEMA);
    const schema = metaPayload(this.path, 'schema', value);
    this.#schema = Number(schema);
    if (this.#schema >= 1 && this.#schema <= SCHEMA) return;
    const sentence = `The index in ${this.path} was written by a newer version of xmpp-active-users (schema ${schema}, this one knows ${SCHEMA}): install that version again, or set index.path (--index) to another directory`;
    throw new IndexError('NEWER_SCHEMA', sentence);
  }
}
