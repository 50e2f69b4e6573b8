/**
 * Memory and index kept in step: what the index holds is put back at start, and from then on sessions that changed since the
 * last commit are written in one batch with the position they belong to; users in that batch or, where they are many, in some
 * before it.
 */
import { setImmediate } from 'node:timers/promises';
import { AbsentUsers } from '../activity/absent-users.ts';
import { AccountChanges, type KeptChange } from '../activity/account-changes.ts';
import type { Session } from '../activity/sessions.ts';
import { UnsentUsers } from '../activity/unsent-users.ts';
import type { Users } from '../activity/user-table.ts';
import type { Contents, LastSeenIndex } from '../index/last-seen.ts';
import { decodePage } from '../index/user-page.ts';
import type { Block, Position } from '../source/source.ts';
import { ClusterState } from './cluster-state.ts';
import { loadFew } from './folding.ts';
import { IndexWriter, type Renew } from './index-writer.ts';
import { KnownLogs } from './known-logs.ts';
import { MAX_AHEAD } from './max-time.ts';
import { PastCounts } from './past-counts.ts';
import { Retention } from './retention.ts';
import { SentHosts } from './sent-hosts.ts';
import { StoredUsers } from './stored-users.ts';
import type { LogState } from './log-state.ts';
import { storedLogOf } from './stored-log.ts';

export interface OpenOptions {
  /** For whoever holds the index for long, in the place of failing when it is damaged. */
  readonly renew?: Renew;
  /** Of a node of a cluster: as the union knows a user. */
  readonly pseudonymOf?: ((jid: string) => Buffer) | undefined;
  /** Of a node of a cluster that runs for long: only who is online or still to be sent is in memory (activity/absent-users.ts). */
  readonly keepsFew?: boolean;
}

/** So many users who are known no longer are in memory before their pages are written. */
const MOST_LEAVING = 8192;

export class WriteBuffer {
  /** What is put there is written with the next commit. */
  readonly past = new PastCounts((key, packed) => this.#writer.unwritten.counts.set(key, packed));
  /** Likewise. */
  readonly sent = new SentHosts((host, isSent) => this.#writer.unwritten.hosts.set(host, isSent));
  /** Likewise; of a node of a cluster. */
  readonly cluster = new ClusterState((key, value) => this.#writer.unwritten.cluster.set(key, value));
  /** Likewise. */
  readonly logs: KnownLogs;
  readonly #writer: IndexWriter;
  readonly #users: Users;
  readonly #storedUsers: StoredUsers;
  readonly #retention: Retention;

  /** `believed`: the latest instant that is, unix seconds. */
  private constructor(index: LastSeenIndex, users: Users, believed: number, renew: Renew | undefined) {
    this.#users = users;
    this.#retention = new Retention(users);
    this.#storedUsers = new StoredUsers(users, believed);
    this.logs = new KnownLogs({ users, retention: this.#retention, unwritten: () => this.#writer.unwritten });
    const known = () => {
      this.logs.putAllSessions();
      return {
        ...{ logs: this.logs.states(), positions: this.logs.allPositions },
        ...{ hosts: this.sent.all, counts: this.past.all(), cluster: this.cluster.all },
      };
    };
    this.#writer = new IndexWriter({ index, users, storedUsers: this.#storedUsers, renew, known });
  }

  /**
   * Reads the whole index into `users`, at the time `now`, unix seconds. Rejects as `LastSeenIndex.load` does, and then
   * `users` is not to be used.
   */
  static async open(index: LastSeenIndex, users: Users, now: number, options: OpenOptions = {}): Promise<WriteBuffer> {
    const { renew, pseudonymOf, keepsFew = false } = options;
    const believed = now + MAX_AHEAD;
    const writeBuffer = new WriteBuffer(index, users, believed, renew);
    users.accounts = pseudonymOf && new AccountChanges(pseudonymOf);
    users.pages.unsent = pseudonymOf && new UnsentUsers(users.names);
    const contents = await (keepsFew ? writeBuffer.#loadFew(index) : index.load(writeBuffer.#storedUsers));
    users.endLoading();
    if (contents.unmoved.length > 0) await writeBuffer.#writer.move(contents.unmoved);
    users.removals.secret = index.secret;
    for (const [key, at] of contents.removals) users.removals.restore(key, at);
    for (const host of contents.hosts.keys()) writeBuffer.sent.all.add(host);
    for (const [key, packed] of contents.counts) writeBuffer.past.restore(key, packed);
    for (const followed of contents.positions.values()) writeBuffer.logs.restorePosition(followed);
    const sessions = writeBuffer.logs.restoreSessions(contents, now);
    // In an index of version 0.1.0 only the users tell it, and not of which log.
    const { hasResumption } = writeBuffer.#storedUsers;
    for (const [log, entry] of contents.logs) {
      const stored = storedLogOf(entry, hasResumption);
      const state = { log: stored, sessions: sessions.get(log) ?? [] };
      // A clock that was ahead has not made it later since.
      writeBuffer.logs.restore(log, state, notAfter(believed, stored.reader.clock.last));
    }
    writeBuffer.#restoreCluster(contents);
    return writeBuffer;
  }

  async #loadFew(index: LastSeenIndex): Promise<Contents> {
    const users = this.#users;
    const { names, pages } = users;
    await index.keepReadable();
    const absent = new AbsentUsers(users, {
      read: (page, take) => {
        const bytes = index.page(page);
        if (bytes) decodePage(bytes, (record, from, to) => take(record, bytes, from, to));
      },
    });
    users.absent = absent;
    users.counted.bring = (user) => absent.bring(user);
    return loadFew(index, this.#storedUsers, {
      count: () => pages.count,
      pageOf: (bytes, from, to) => pages.pageOfHash(names.hash(bytes, from, to)),
    });
  }

  /** Who changes without a union is not known to be unsent: what was in step is so no longer. */
  #restoreCluster({ cluster, accounts }: Pick<Contents, 'cluster' | 'accounts'>): void {
    const { accounts: changes } = this.#users;
    if (!changes) return [...cluster.keys()].forEach((key) => this.#writer.unwritten.cluster.set(key, undefined));
    for (const [number, change] of accounts) changes.restore(Number(number), change as KeptChange);
    this.cluster.restore(cluster);
    changes.restoreSent(this.cluster.get('accounts') ?? 0);
  }

  /**
   * Writes all that changed, with the position reached in `log`; rejects when the index cannot be written, and then the
   * next commit writes it. `logState` is undefined for lines whose sessions are not to be kept.
   */
  async commit(
    log: string,
    logState: LogState | undefined,
    positions: readonly Position[],
    forgotten: readonly string[],
  ): Promise<void> {
    this.#takeRemovals();
    this.logs.note(log, logState, positions, forgotten);
    await this.#writer.write();
  }

  /**
   * As `commit`, but where no user and no session has changed, it is written within a second; when it could not be, the next
   * call writes.
   */
  async commitSoon(
    { path, logState }: { readonly path: string; readonly logState: LogState },
    blocks: readonly Omit<Block, 'log' | 'bytes'>[],
  ): Promise<void> {
    for (const { verdicts } of blocks) if (verdicts) this.#writer.unwritten.positions.set(verdicts.id, verdicts);
    const isUrgent = blocks.some(({ verdicts, isBehindLoss }) => verdicts !== undefined || isBehindLoss === true);
    const positions = blocks.map(({ position }) => position);
    const forgotten = blocks.flatMap((block) => block.forgotten);
    this.#takeRemovals();
    this.logs.note(path, logState, positions, forgotten);
    return this.#writer.writeSoon(isUrgent);
  }

  /** As `commit`, but `sessions` take the place of all that were kept of the log. */
  async replace(
    log: string,
    logState: LogState,
    sessions: ReadonlyMap<string, Session>,
    positions: readonly Position[],
    forgotten: readonly string[],
  ): Promise<void> {
    this.logs.replaceSessions(log, sessions);
    await this.commit(log, logState, positions, forgotten);
  }

  /**
   * Drops whoever was last seen so long ago that the logs cover `days` since. `reading`: what is being read of a log, and is
   * not committed yet.
   */
  prune(days: number, reading?: LogState): void {
    let since = -Infinity;
    for (since of this.#retention.pruning(days, reading?.lived));
    this.logs.uncover(since);
  }

  /** The same, a little at a time, so that nobody else waits for long. */
  async pruneBeside(days: number, reading?: LogState): Promise<void> {
    let since = -Infinity;
    for (since of this.#retention.pruning(days, reading?.lived)) {
      // What cannot be written waits for the next commit.
      if ((this.#users.absent?.leaving ?? 0) > MOST_LEAVING) await this.commitUsers().catch(() => undefined);
      await setImmediate();
    }
    this.logs.uncover(since);
    await this.#renewSessions('renew');
  }

  /** Writes what changed of the users, and what could not be written before. */
  async commitUsers(): Promise<void> {
    this.#takeRemovals();
    await this.#writer.write();
  }

  /** What was deleted is in no file of the index any more. @throws {IndexError} */
  async purge(): Promise<void> {
    await this.#renewSessions('purge');
    await this.#writer.purge();
  }

  /** What cannot be written waits for the next commit. */
  async #renewSessions(way: 'renew' | 'purge'): Promise<void> {
    for (const _ of this.logs.renewSessions(way)) {
      const written = this.#writer.write();
      await (way === 'purge' ? written : written.catch(() => undefined));
    }
  }

  /** Whether the index is still where it was opened. */
  get isInPlace(): boolean {
    return this.#writer.isInPlace;
  }

  close(): Promise<void> {
    return this.#writer.close();
  }

  #takeRemovals(): void {
    for (const [number, change] of this.#users.accounts?.takeChanges() ?? [])
      this.#writer.unwritten.accounts.set(String(number), change);
    for (const [key, at] of this.#users.removals.takeChanges()) this.#writer.unwritten.removals.set(key, at);
  }
}

const notAfter = (believed: number, at = -Infinity): number => (at > believed ? -Infinity : at);
