/** What the index holds, room by room, and the text of its records. */
import type { Position } from '../source/follow/position.ts';
import type { StoredVerdicts } from '../source/follow/verdicts.ts';
import { decodeUser, encodeUser, type UserRecord } from './record.ts';

/** Kept of the files of a log; by its id. */
export type Followed = Position | StoredVerdicts;

/** What one block of lines changed. A value of undefined deletes the key. */
export interface Changes {
  /** Bare JID to record. */
  readonly users: ReadonlyMap<string, UserRecord | undefined>;
  /** `log \0 session id` to a JSON value. */
  readonly sessions: ReadonlyMap<string, unknown>;
  readonly positions: readonly Followed[];
  /** Ids of positions to delete. */
  readonly forgotten: readonly string[];
  /** Live path of a log to the JSON state of its reader. */
  readonly logs: ReadonlyMap<string, unknown>;
  /** Hosts of which counts were sent last, to true. */
  readonly hosts?: ReadonlyMap<string, true | undefined>;
  /** Hashed JID to when the account was removed, unix seconds. */
  readonly removals?: ReadonlyMap<string, number | undefined>;
}

/** Everything that the index holds, with the keys of `Changes`. The maps are the caller's to keep and change. */
export interface Contents {
  readonly users: Map<string, UserRecord>;
  readonly sessions: Map<string, unknown>;
  readonly positions: Followed[];
  readonly logs: Map<string, unknown>;
  readonly hosts: Map<string, true>;
  readonly removals: Map<string, number>;
}

export const KEYSPACES = ['users', 'sessions', 'positions', 'logs', 'hosts', 'removals'] as const;
export type Keyspace = (typeof KEYSPACES)[number];
export interface Edit {
  readonly room: Keyspace;
  readonly key: string;
  /** Undefined deletes. */
  readonly payload: string | undefined;
}

export function noContents(): Contents {
  return {
    users: new Map(),
    sessions: new Map(),
    positions: [],
    logs: new Map(),
    hosts: new Map(),
    removals: new Map(),
  };
}

/** Of the records of one room: the checksum, by key. */
export interface Checksums {
  get(key: string): number | undefined;
  set(key: string, checksum: number): void;
  delete(key: string): void;
}

/** Takes in the users as they are read, in the place of `Contents.users`, and keeps the checksums of their records. */
export interface UserSink extends Checksums {
  restore(jid: string, record: UserRecord, checksum: number): void;
}

export function newChecksums(): Record<Keyspace, Checksums> {
  return {
    users: new Map(),
    sessions: new Map(),
    positions: new Map(),
    logs: new Map(),
    hosts: new Map(),
    removals: new Map(),
  };
}

export function put(contents: Contents, room: Keyspace, key: string, payload: string): void {
  if (room === 'users') {
    contents.users.set(key, decodeUser(payload));
  } else if (room === 'positions') {
    const followed: Followed = JSON.parse(payload);
    contents.positions.push(followed);
  } else {
    const values: Map<string, unknown> = contents[room];
    values.set(key, JSON.parse(payload));
  }
}

/** Deletions of positions come last: an id that is both stored and forgotten is forgotten. */
export function* edits(changes: Changes): Generator<Edit> {
  for (const [key, record] of changes.users)
    yield { room: 'users', key, payload: record === undefined ? undefined : encodeUser(record) };
  for (const room of ['sessions', 'logs', 'hosts', 'removals'] as const)
    for (const [key, value] of changes[room] ?? [])
      yield { room, key, payload: value === undefined ? undefined : JSON.stringify(value) };
  for (const position of changes.positions)
    yield { room: 'positions', key: position.id, payload: JSON.stringify(position) };
  for (const key of changes.forgotten) yield { room: 'positions', key, payload: undefined };
}
