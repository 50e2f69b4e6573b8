/** What the index holds, room by room, and the form of its records. */
import type { Position } from '../source/source.ts';
import type { StoredVerdicts } from '../source/follow/verdicts.ts';
import type { LastSeen } from '../activity/user-table.ts';
import type { Folded } from './digest.ts';

/** Kept of the files of a log; by its id. */
export type Followed = Position | StoredVerdicts;

/** Key spaces with values in JSON, but for `piles`. */
export const VALUES = [
  'sessions',
  'piles',
  'positions',
  'logs',
  'hosts',
  'removals',
  'counts',
  'cluster',
  'accounts',
] as const;
/** Those with bytes. */
export const BYTES = ['pages', 'piles', 'recent'] as const;

/** By key. */
export interface Values {
  /** `log \0 session id` to what is kept of a session, in an index from before schema 6. */
  readonly sessions: Map<string, unknown>;
  /** Sessions of a log, packed, by the keys that service/session-piles.ts gives them, in the order of these. */
  readonly piles: Map<string, Buffer>;
  /** By their id. */
  readonly positions: Map<string, Followed>;
  /** Live path of a log to what is kept of it. */
  readonly logs: Map<string, unknown>;
  /** Hosts of which counts were sent last. */
  readonly hosts: Map<string, true>;
  /** Hashed JID to when the account was removed, unix seconds. */
  readonly removals: Map<string, number>;
  /** Day and host to what was counted there, as packed-day.ts has it. */
  readonly counts: Map<string, string>;
  /** Of a node of a cluster, as service/cluster-state.ts has it: what it knows of the union. */
  readonly cluster: Map<string, unknown>;
  /** Of a node of a cluster: number to what happened to an account, as activity/account-changes.ts has it. */
  readonly accounts: Map<string, unknown>;
}

/** What one block of lines changed. A value of undefined deletes the key. */
export interface Changes extends Partial<Readonly<Record<keyof Values, ReadonlyMap<string, unknown>>>> {
  /** Users by themselves, as in a page; undefined for those who are in pages by now. By number: the later one counts. */
  readonly recent?: readonly (readonly [number: number, bytes: Buffer | undefined])[];
  /** Pages of users, as user-page.ts has them; undefined for one in which there is nobody any more. */
  readonly pages?: readonly (readonly [page: number, bytes: Buffer | undefined])[];
  /** How many pages there are by now; with `recent` and `pages`. */
  readonly pageCount?: number;
  /** As of `Digest`; forgotten with the next batch that does not tell it. */
  readonly folded?: Folded;
  /** Users of an index of version 1 who are in pages by now. */
  readonly moved?: readonly string[];
}

/** Everything that the index holds but for users. The maps are the caller's to keep and change. */
export interface Contents extends Values {
  /** Users of an index of version 1, as long as they are not in pages. */
  readonly unmoved: string[];
}

/** `users` is that of version 1. */
export const KEYSPACES = ['recent', 'pages', 'users', ...VALUES] as const;
export type Keyspace = (typeof KEYSPACES)[number];
/** A payload of undefined deletes. */
export type Edit = (room: Keyspace, key: string, payload: string | Buffer | undefined) => void;

/** All of them empty. */
export function noValues(): Values {
  return Object.fromEntries(VALUES.map((room) => [room, new Map()])) as unknown as Values;
}

/** Of the records of one room: the checksum, by key. */
export interface Checksums {
  get(key: string): number | undefined;
  set(key: string, checksum: number): void;
  delete(key: string): void;
}

/** Takes in the users as they are read. */
export interface UserSink {
  /** So many pages there are; told before the first. `seed`: unsigned 32 bits of this index alone. */
  begin(pages: number, seed: number): void;
  /** Users that changed later than their pages, the latest first, before all pages. */
  recent(number: number, bytes: Buffer): void;
  page(page: number, bytes: Buffer): void;
  /** One of an index of version 1, behind all pages. */
  user(jid: string, record: LastSeen): void;
}

export function newChecksums(): Record<Keyspace, Checksums> {
  const known = KEYSPACES.map((room) => [room, room === 'pages' ? new PageChecksums() : new Map()]);
  return Object.fromEntries(known) as Record<Keyspace, Checksums>;
}

/**
 * Behind all numbers of pages: the last page comes first, as it takes precedence over the one that it was split from. Likewise
 * of users by themselves.
 */
const END_OF_NUMBERS = 0xffff_ffff;

export const keyOfNumber = (number: number): string => (END_OF_NUMBERS - number).toString(16);
export const numberOfKey = (key: string): number => END_OF_NUMBERS - Number.parseInt(key, 16);

/** By page; there are many. A checksum is never 0. */
class PageChecksums implements Checksums {
  #checksums = new Int32Array(64);

  get(key: string): number | undefined {
    return this.#checksums[numberOfKey(key)] || undefined;
  }

  set(key: string, checksum: number): void {
    const page = numberOfKey(key);
    if (page >= this.#checksums.length) {
      const grown = new Int32Array(Math.max(page + 1, this.#checksums.length * 2));
      grown.set(this.#checksums);
      this.#checksums = grown;
    }
    this.#checksums[page] = checksum;
  }

  delete(key: string): void {
    if (this.get(key) !== undefined) this.set(key, 0);
  }
}

export function put(contents: Contents, room: keyof Values, key: string, payload: string | Buffer): void {
  const values: Map<string, unknown> = contents[room];
  values.set(key, typeof payload === 'string' ? JSON.parse(payload) : payload);
}

/** Each record once. */
export function eachEdit(changes: Changes, edit: Edit): void {
  for (const room of ['recent', 'pages'] as const)
    for (const [number, payload] of new Map(changes[room])) edit(room, keyOfNumber(number), payload);
  for (const key of new Set(changes.moved)) edit('users', key, undefined);
  for (const room of VALUES)
    for (const [key, value] of changes[room] ?? [])
      edit(room, key, value === undefined || Buffer.isBuffer(value) ? value : JSON.stringify(value));
}
