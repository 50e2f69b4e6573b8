/**
 * How the index is opened. The daemon waits for one that is in use for a moment, and makes a damaged one again; a command says
 * what is wrong at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Users } from '../activity/user-table.ts';
import { pseudonymsOf } from '../cluster/pseudonyms.ts';
import { followedLogs, type Config } from '../config/config.ts';
import { IndexError, LastSeenIndex, moveAside } from '../index/last-seen.ts';
import { salvageCounts } from '../index/salvage.ts';
import type { Renew } from './index-writer.ts';
import { IndexedLog } from './indexed-log.ts';
import { newUsers } from './new-users.ts';
import type { OpenIndex } from './operations.ts';
import { PastCounts } from './past-counts.ts';
import type { StoredState } from './stored-log.ts';
import { WriteBuffer } from './write-buffer.ts';

/** Milliseconds to wait for an index that another process has open, and between two tries. */
const LOCK_MS = 10_000;
const LOCK_LOOK_MS = 100;
/** Milliseconds between two tries while the disk is full. */
const LONGEST_WAIT_MS = 30_000;

export interface CommandOptions {
  /** Unix seconds, of what is asked; a count may be one of later. */
  readonly now: number;
  /** Whether one is made where there is none. */
  readonly create: boolean;
}

/** Reads the index, hands it to a command's `work`, and closes it whatever happens. @throws {IndexError} */
export async function withIndex<T>(
  config: Config,
  { now, create }: CommandOptions,
  work: (open: OpenIndex) => Promise<T>,
): Promise<T> {
  const index = await LastSeenIndex.open(config.index.path, { create, isSmall: true });
  try {
    const users = newUsers(config);
    const writeBuffer = await WriteBuffer.open(index, users, now, { pseudonymOf: pseudonymsOf(config.cluster) });
    let indexed: ReadonlyMap<string, IndexedLog> | undefined;
    const logs = () => (indexed ??= indexedLogs(users, writeBuffer.logs.all, config, now)).values();
    return await work({ config, users, writeBuffer, logsAt: (at) => [...logs()].map((log) => log.at(at)) });
  } finally {
    await index.close();
  }
}

/** Logs that an earlier run read into the index, by path; their sessions are put back among the users. */
export function indexedLogs(
  users: Users,
  stored: Iterable<readonly [log: string, state: StoredState]>,
  config: Config,
  now: number,
): Map<string, IndexedLog> {
  const followed = new Set(followedLogs(config).map(({ path }) => path));
  const indexed = ([log, state]: readonly [string, StoredState]) =>
    [log, new IndexedLog(users, state, { ...config.count, isFollowed: followed.has(log), now })] as const;
  return new Map([...stored].map(indexed));
}

export interface OpenOptions {
  readonly config: Config;
  /** Unix seconds. */
  readonly now: () => number;
  readonly tell: (level: 'warning', sentence: string) => void;
  readonly signal: AbortSignal;
  /** Called when it has to wait, with the reason. */
  readonly delayed?: (why: string) => void;
  /**
   * Of a node of a cluster, whose memory does not know all: the index was damaged or is gone while it was open, and what is left
   * of it is to be opened anew.
   */
  readonly lost?: (why: IndexError) => void;
}

/**
 * Reads the index into `users`. Waits until the disk has room and whatever else the system refuses is possible; undefined when
 * the signal aborts meanwhile. @throws {IndexError}
 */
export async function openWriteBuffer(options: OpenOptions, users: Users): Promise<WriteBuffer | undefined> {
  const { signal, tell, delayed } = options;
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      return await openOrRebuild(options, users);
    } catch (error) {
      if (!(error instanceof IndexError) || error.code !== 'FAILED') throw error;
      if (tries === 0) tell('warning', error.message);
      delayed?.(error.message);
      await sleep(Math.min(1000 * 2 ** tries, LONGEST_WAIT_MS), undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

async function openOrRebuild(options: OpenOptions, users: Users): Promise<WriteBuffer> {
  const { path } = options.config.index;
  try {
    return await load(options, users);
  } catch (error) {
    if (!(error instanceof IndexError) || error.code !== 'DAMAGED') throw error;
    const aside = await moveAside(path);
    const counts = await salvageCounts(aside);
    const writeBuffer = await load(options, users);
    const kept = fillPast(writeBuffer, counts);
    options.tell(
      'warning',
      `${error.message}. It was moved to ${aside} and is made again from the logs that are there, with ${kept} counts of the past, which is all that could be read of them; history --store FILE... takes in those of old logs`,
    );
    return writeBuffer;
  }
}

/** How many there were. They are written with the next commit. */
function fillPast({ past }: WriteBuffer, counts: ReadonlyMap<string, string>): number {
  const salvaged = new PastCounts();
  for (const [key, packed] of counts) salvaged.restore(key, packed);
  return past.fill([...salvaged.between(-Infinity, Infinity)].flat());
}

async function load({ config, now, tell, signal, lost }: OpenOptions, users: Users): Promise<WriteBuffer> {
  const keepsFew = config.cluster !== undefined;
  const index = await openWhenFree(config.index.path, signal);
  try {
    return await WriteBuffer.open(index, users, now(), {
      ...{ renew: keepsFew ? losing(lost) : renewing(config, tell), keepsFew },
      pseudonymOf: pseudonymsOf(config.cluster),
    });
  } catch (error) {
    await index.close();
    throw error;
  }
}

/** While it is open, it may be moved or deleted, or another put in its place, which is kept aside. */
function renewing({ index: { path } }: Config, tell: OpenOptions['tell']): Renew {
  return async (why, secret) => {
    const aside = (await isInTheWay(path)) ? await moveAside(path) : undefined;
    const renewed = await LastSeenIndex.open(path, { create: true, secret });
    tell(
      'warning',
      `${why.message}. It is made again from memory${aside === undefined ? '' : `; what was there is in ${aside}`}`,
    );
    return renewed;
  };
}

function losing(lost: OpenOptions['lost']): Renew {
  return async (why) => {
    lost?.(why);
    throw why;
  };
}

async function isInTheWay(path: string): Promise<boolean> {
  try {
    await (await LastSeenIndex.open(path, { create: false })).close();
    return true;
  } catch (error) {
    if (error instanceof IndexError && error.code === 'MISSING') return false;
    if (error instanceof IndexError && error.code === 'DAMAGED') return true;
    throw error;
  }
}

/** Whoever has it may be ending, as a daemon does that is being restarted, or only have a look, as `count` does. */
async function openWhenFree(path: string, signal: AbortSignal): Promise<LastSeenIndex> {
  for (const until = performance.now() + LOCK_MS; ; await sleep(LOCK_LOOK_MS)) {
    try {
      return await LastSeenIndex.open(path, { create: true });
    } catch (error) {
      const isLocked = error instanceof IndexError && error.code === 'LOCKED';
      if (!isLocked || performance.now() > until || signal.aborted) throw error;
    }
  }
}
