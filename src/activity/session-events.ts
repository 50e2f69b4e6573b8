/** An event of a batch by itself: what it says, and whom it is about, for what is taken in later than the batch. */
import type { Happening } from '../format/dialects/dialect.ts';
import type { EventBatch } from '../format/event-batch.ts';
import {
  AT,
  CONNECT,
  EVENT_WORDS,
  HIGH,
  KIND,
  LOW,
  NAMED_BIND,
  NAMED_END,
  NAMED_START,
  OF_JID,
  OTHER,
  OVER,
  REST_END,
  SOURCE,
  SOURCE_END,
  START,
  USER,
} from '../format/scanner/event-words.ts';
import { OF_JID_BEGINS } from '../format/dialects/full-jid.ts';
import type { LogSessions } from './log-sessions.ts';
import { NONE } from './session-state.ts';

/** What an event is about: a session's id, a user's number, both, or neither, and then it is about all of the log. */
export interface Subject {
  readonly id: string | undefined;
  readonly user: number | undefined;
  /** Of a user who may have no number yet. */
  readonly jid?: string;
}

export const isOfAll = ({ id, user, jid }: Subject): boolean =>
  id === undefined && user === undefined && jid === undefined;

/** What events of one log are about, to see whether the order of another one and them matters to the rules. */
export class Subjects {
  readonly #ids = new Set<string>();
  readonly #users = new Set<number>();
  #isOfAll = false;

  constructor(first: Subject) {
    this.add(first);
  }

  add(subject: Subject): void {
    const { id, user } = subject;
    this.#isOfAll ||= isOfAll(subject);
    if (id !== undefined) this.#ids.add(id);
    if (user !== undefined && user >= 0) this.#users.add(user);
  }

  /** Any of them is of the same session, or of the same user; or one is of all. */
  concern(subject: Subject): boolean {
    const { id, user } = subject;
    if (this.#isOfAll || isOfAll(subject)) return true;
    return (id !== undefined && this.#ids.has(id)) || (user !== undefined && this.#users.has(user));
  }
}

/** The event as a dialect gives it. Its user is not expected any more. */
export function eventOf(log: LogSessions, batch: EventBatch, event: number): Happening {
  const { users } = log;
  const { words, times, others } = batch;
  const o = event * EVENT_WORDS;
  const kind = words[o + KIND]!;
  if (kind === OTHER) return others[words[o + LOW]!]!;
  const [at, session] = [times[o + AT]!, sourceOf(batch, o)];
  if (kind >= NAMED_START) return namedEventOf(log, batch, o, { session, at });
  if (kind === CONNECT) return { kind: 'connect', session, at };
  if (kind !== START) return { kind: 'end', session, ...(kind === OVER && { over: true }), at };
  const number = words[o + USER]!;
  const user = users.names.text(number);
  users.expected(number);
  return { kind: 'start', session, user, at };
}

function namedEventOf(
  { users }: LogSessions,
  batch: EventBatch,
  o: number,
  told: { readonly session: string; readonly at: number },
): Happening {
  const { words } = batch;
  const number = words[o + USER]!;
  const user = users.names.text(number);
  users.expected(number);
  const kind = words[o + KIND]!;
  const rest = restOf(batch, o);
  if (kind === NAMED_END) return { kind: 'end', ...told, user, behind: rest };
  return { kind: kind === NAMED_BIND ? 'bind' : 'start', ...told, user, resource: rest };
}

/** The resource of a named event at word `o`, and what stands behind it. */
export const restOf = ({ words, bytes }: EventBatch, o: number): string =>
  bytes.toString('latin1', words[o + LOW], words[o + REST_END]);

export function subjectOf(log: LogSessions, batch: EventBatch, event: number): Subject {
  const { words, others } = batch;
  const o = event * EVENT_WORDS;
  if (words[o + KIND] === OTHER) {
    const other = others[words[o + LOW]!]!;
    const id = 'session' in other ? other.session : undefined;
    return 'user' in other ? { id, user: log.users.find(other.user), jid: other.user } : { id, user: userOf(log, id) };
  }
  const isShort = words[o + HIGH]! >= 0;
  const id = isShort ? log.table.ids.text(words[o + LOW]!, words[o + HIGH]!) : sourceOf(batch, o);
  const user = words[o + USER]!;
  return { id, user: user >= 0 ? user : userOf(log, id) };
}

function userOf(log: LogSessions, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const { table } = log;
  const id = table.ids.take(text);
  const session = log.find(id.low, id.high);
  table.ids.letGo(id.low, id.high);
  return session === NONE ? undefined : table.userOf(session);
}

/** The session's id that stands in the line of an event at word `o`. */
export function sourceOf({ words, bytes }: EventBatch, o: number): string {
  const source = bytes.toString('latin1', words[o + SOURCE], words[o + SOURCE_END]);
  return words[o + HIGH] === OF_JID ? OF_JID_BEGINS + source : source;
}
