/**
 * What can be asked of an index, by a command that has opened it or over the socket of the daemon that holds it: each request
 * once, with its form in HTTP.
 */
import type { Config } from '../config/config.ts';
import type { LogStatus } from '../index/status-file.ts';
import type { Standing } from '../report/standing.ts';
import { MOST_RETENTION_DAYS as MOST_DAYS } from '../config/settings.ts';
import { bareJid, foldAddress } from '../format/jid.ts';
import {
  before,
  count,
  forget,
  last,
  status,
  type Before,
  type Count,
  storeCounts,
  type Last,
  type OpenIndex,
} from '../service/operations.ts';
import type { LastCount } from '../service/cluster-state.ts';
import { isDayKey } from '../service/past-counts.ts';
import { listUsers, longestSpan, type ListArguments, type UserList } from '../service/user-list.ts';

const DAY = 86_400;

/** What was asked for, or a sentence that says why there is none. */
export type Reply<T> = { readonly value: T } | { readonly problem: string };

export interface Request<A, T> {
  readonly method: 'GET' | 'POST';
  /** The first part of its path, as in `/last/alice@chat.example`. */
  readonly name: string;
  /** What is behind it. */
  readonly pathOf: (args: A) => string;
  /** The same read again, `rest` decoded: undefined where it is malformed. */
  readonly argsOf: (rest: string, query: URLSearchParams) => A | undefined;
  /** `now`: unix seconds. */
  readonly run: (open: OpenIndex, args: A, now: number) => Reply<T> | Promise<Reply<T>>;
}

export interface UserArguments {
  /** Bare and case-folded. */
  readonly user: string;
}

const ofUser = {
  pathOf: ({ user }: UserArguments): string => `/${encodeURIComponent(user)}`,
  argsOf: (rest: string): UserArguments | undefined => {
    const user = bareJid(Buffer.from(rest).toString('latin1'));
    return user === undefined ? undefined : { user };
  },
};

export interface CountArguments {
  /** Unix seconds; now when absent. */
  readonly at?: number;
}

/** Of a node of a cluster: what is counted is its own, and beside it stands what all of them counted last. */
export interface NodeCount extends Count {
  readonly cluster?: { readonly last?: LastCount };
}

export const COUNT: Request<CountArguments, NodeCount> = {
  method: 'GET',
  name: 'count',
  pathOf: ({ at }) => (at === undefined ? '' : `?at=${at}`),
  argsOf: (rest, query) => {
    const at = query.get('at');
    if (rest !== '' || (at !== null && !/^-?\d{1,12}$/.test(at))) return undefined;
    return at === null ? {} : { at: Number(at) };
  },
  run: (open, { at }, now) => {
    const last = open.writeBuffer.cluster.get('last');
    const cluster = open.config.cluster && { cluster: last ? { last } : {} };
    return { value: { ...count(open, at ?? Math.floor(now)), ...cluster } };
  },
};

export const LAST: Request<UserArguments, Last> = {
  method: 'GET',
  name: 'last',
  ...ofUser,
  run: (open, { user }, now) => {
    const value = last(open, user, now);
    return value ? { value } : { problem: unknownUser(user, open.config) };
  },
};

/** How many sessions were open; whether other nodes are told. */
export interface Forgotten {
  readonly sessions: number;
  readonly isTold?: true;
}

export const FORGET: Request<UserArguments, Forgotten> = {
  method: 'POST',
  name: 'forget',
  ...ofUser,
  run: async (open, { user }, now) => {
    const sessions = await forget(open, user, now);
    return sessions === undefined
      ? { problem: unknownUser(user, open.config) }
      : { value: { sessions, ...(open.config.cluster && { isTold: true as const }) } };
  },
};

/** What `/status` tells: where nobody holds the index, less of the logs and nothing of a daemon. */
export type Status = Pick<Standing, 'index' | 'at' | 'samples'> & { readonly before: Before } & Partial<
    Pick<Standing, 'version' | 'since' | 'isCaughtUp' | 'countedAt' | 'cluster'>
  > & {
    readonly logs: readonly (Pick<LogStatus, 'path' | 'writer' | 'unreadable'> &
      Partial<Pick<LogStatus, 'lagBytes' | 'waits'>> & {
        /** Of the last line, unix seconds. */
        readonly last?: number;
      })[];
  };

export const STATUS: Request<object, Status> = {
  method: 'GET',
  name: 'status',
  pathOf: () => '',
  argsOf: (rest) => (rest === '' ? {} : undefined),
  run: (open, _args, now) => {
    const at = Math.floor(now);
    const { samples } = count(open, at);
    const logs = status(open, at).map(({ path, writer, last: lastAt }) => ({
      ...{ path, writer },
      ...(lastAt !== undefined && { last: lastAt }),
    }));
    return {
      value: { index: open.config.index.path, at, logs, before: before(open, at), ...(samples && { samples }) },
    };
  },
};

function unknownUser(user: string, { index }: Config): string {
  return `${user} is not in the index ${index.path}: no login or logout was seen in the last ${index.retentionDays} days; to take in older or other logs run xmpp-active-users backfill FILE...`;
}

export const LIST: Request<ListArguments, UserList> = {
  method: 'GET',
  name: 'list',
  pathOf: ({ since, notSeenFor, host }) => {
    const query = new URLSearchParams();
    if (since !== undefined) query.set('since', String(since));
    if (notSeenFor !== undefined) query.set('not_seen_for', String(notSeenFor));
    if (host !== undefined) query.set('host', host);
    return `?${query.toString()}`;
  },
  argsOf: (rest, query) => {
    const spans = [query.get('since'), query.get('not_seen_for')];
    if (rest !== '' || spans.some((span) => span !== null && !/^\d{1,12}$/.test(span))) return undefined;
    const [since, notSeenFor] = spans.map((span) => (span === null ? undefined : Number(span)));
    const host = query.get('host');
    return {
      ...(since !== undefined && { since }),
      ...(notSeenFor !== undefined && { notSeenFor }),
      ...(host !== null && { host: foldAddress(host) }),
    };
  },
  run: async (open, wanted, now) => {
    const { retentionDays } = open.config.index;
    const days = Math.ceil(longestSpan(wanted) / DAY);
    return days > retentionDays
      ? { problem: tooLongAgo(days, retentionDays) }
      : { value: await listUsers(open, wanted, Math.floor(now)) };
  },
};

function tooLongAgo(days: number, retentionDays: number): string {
  const way =
    days > MOST_DAYS
      ? `index.retention_days keeps them for ${MOST_DAYS} days at most`
      : `set index.retention_days to ${days} (at most ${MOST_DAYS}), and it is known once so much time has passed, or older logs have been read with xmpp-active-users backfill`;
  return `users are kept for ${retentionDays} days after they were last seen, so nobody knows who was seen in all of the last ${days} days: ${way}. Accounts that never logged in are not known at all`;
}

/** Hours of the past, as `PastCounts` keeps them. */
export interface StoreArguments {
  readonly days: readonly (readonly [key: string, packed: string])[];
}

/** How many counts the index did not hold, or held with less of the logs. */
export interface Stored {
  readonly stored: number;
}

export const STORE: Request<StoreArguments, Stored> = {
  method: 'POST',
  name: 'store',
  pathOf: ({ days }) =>
    `?${new URLSearchParams(days.map(([key, packed]): [string, string] => [key, packed])).toString()}`,
  argsOf: (rest, query) => (rest === '' ? { days: [...query].filter(([key]) => isDayKey(key)) } : undefined),
  run: async (open, { days }, now) => ({ value: { stored: await storeCounts(open, days, now) } }),
};

export interface PastArguments {
  /** Unix seconds. */
  readonly from: number;
  readonly to: number;
}

export const PAST: Request<PastArguments, StoreArguments> = {
  method: 'GET',
  name: 'past',
  pathOf: ({ from, to }) => `?from=${from}&to=${to}`,
  argsOf: (rest, query) => {
    const [from, to] = [query.get('from') ?? '0', query.get('to') ?? '999999999999'];
    const isTime = [from, to].every((time) => /^-?\d{1,12}$/.test(time));
    return rest === '' && isTime ? { from: Number(from), to: Number(to) } : undefined;
  },
  run: ({ writeBuffer }, { from, to }) => ({ value: { days: [...writeBuffer.past.daysBetween(from, to)] } }),
};
