/**
 * The sessions of each log as the index has them: what a commit changed of them is one record, a pile, as a record for each would take a third of
 * what a line costs. Read in their order, the piles tell what the sessions are. When there are many, it is the turn of all
 * sessions: those that are left are put into the piles of the next commits, a part with each, and then the piles of before go.
 */
import { SessionPack, unpackSessions } from '../activity/session-pack.ts';
import type { Session } from '../activity/session-state.ts';
import type { StoredSessions } from '../activity/stored-sessions.ts';

/** So many sessions in piles, and so many piles, are few; above that it goes by how many there were behind the last turn. */
const FEW = 4096;
const MOST_TIMES = 2;
const LEAST_SHARE = 8;
/** So many numbers of sessions are gone through with one commit: a millisecond or two. */
const PART = 16_384;
/** Digits of a pile's number: a thousand commits a second for thirty years. */
const DIGITS = 10;

interface Turn {
  /** The number of the first pile that stays. */
  readonly first: number;
  /** The sessions that there were at its beginning, and how far they are packed. */
  readonly end: number;
  next: number;
}

/** Of one log. */
interface Piles {
  /** How many sessions are in each, by its number, in their order. */
  readonly sizes: Map<number, number>;
  next: number;
  /** In all of them. */
  sessions: number;
  /** The same, behind the last turn. */
  left: number;
  turn: Turn | undefined;
}

export class SessionPiles {
  readonly #logs = new Map<string, Piles>();
  readonly #put: (key: string, pile: Buffer | undefined) => void;

  /** `put`: writes a pile with the next commit, or deletes it. */
  constructor(put: (key: string, pile: Buffer | undefined) => void) {
    this.#put = put;
  }

  /** What the index holds: the sessions of each log, by id. To be called once, with the piles in their order. */
  restore(piles: ReadonlyMap<string, Buffer>): Map<string, Map<string, Session>> {
    const byLog = new Map<string, Map<string, Session>>();
    for (const [key, pile] of piles) {
      const end = key.length - DIGITS;
      const log = key.slice(0, end - 1);
      const sessions = byLog.get(log) ?? new Map<string, Session>();
      byLog.set(log, sessions);
      const count = unpackSessions(pile, (id, session) => {
        if (session) sessions.set(id, session);
        else sessions.delete(id);
      });
      this.#note(this.#of(log), Number.parseInt(key.slice(end), 16), count);
    }
    for (const [log, { size }] of byLog) this.#of(log).left = size;
    return byLog;
  }

  /** What changed of the sessions of a log, to be called for each commit of it. */
  add(log: string, stored: StoredSessions): void {
    const piles = this.#of(log);
    if (!piles.turn && isTurnDue(piles)) this.#begin(piles, stored);
    this.#pack(log, piles, (pack) => {
      stored.packChanges(pack);
      if (piles.turn) packPart(piles.turn, stored, pack);
    });
    this.#endTurn(log, piles);
  }

  /** What changed of some sessions of a log that nobody reads; undefined for one that is gone. */
  change(log: string, sessions: Iterable<readonly [id: string, session: Session | undefined]>): void {
    this.#pack(log, this.#of(log), (pack) => {
      for (const [id, session] of sessions) pack.add(id, session);
    });
  }

  /** These are all sessions of a log. */
  replace(log: string, sessions: Iterable<readonly [id: string, session: Session]>): void {
    const piles = this.#of(log);
    const first = piles.next;
    this.change(log, sessions);
    this.#dropBefore(first, log, piles);
  }

  /** The sessions of a log have other numbers from now on, or none. */
  breakOff(log: string): void {
    this.#of(log).turn = undefined;
  }

  /**
   * Nothing is left in the index of sessions that are gone: when this is over, or, as long as something of the log waits for its commit, some
   * commits later. In steps, between which events may be taken in.
   */
  *renew(log: string, stored: StoredSessions): Generator<void> {
    const piles = this.#of(log);
    if (piles.sizes.size === 0) return;
    this.#begin(piles, stored);
    for (let turn; stored.changes === 0 && (turn = piles.turn); yield) this.#goOn(log, piles, turn, stored);
  }

  /**
   * The same, and it is over when this is, and then nothing is written of those any more: also an id may name a user. Of a log of which something waits for
   * its commit, the sessions are ahead of the place in it for as long; read again from there, its lines tell the same.
   */
  *purge(log: string, stored: StoredSessions): Generator<void> {
    const piles = this.#of(log);
    if (piles.sizes.size === 0) return;
    stored.skipGone();
    yield* this.#writeAll(log, piles, stored);
  }

  /** What is in the piles of a log is not what its sessions are, all of which are in `stored`. */
  rewrite(log: string, stored: StoredSessions): void {
    for (const _ of this.#writeAll(log, this.#of(log), stored));
  }

  /** The index is a new one. */
  clear(): void {
    for (const piles of this.#logs.values())
      Object.assign(piles, { sessions: 0, left: 0, turn: undefined }).sizes.clear();
  }

  /** How many sessions of a log are in its piles, each as often as it is. */
  sessionsIn(log: string): number {
    return this.#of(log).sessions;
  }

  *#writeAll(log: string, piles: Piles, stored: StoredSessions): Generator<void> {
    piles.turn = undefined;
    this.#begin(piles, stored);
    for (let turn; (turn = piles.turn); yield) this.#goOn(log, piles, turn, stored);
  }

  #goOn(log: string, piles: Piles, turn: Turn, stored: StoredSessions): void {
    this.#pack(log, piles, (pack) => packPart(turn, stored, pack));
    this.#endTurn(log, piles);
  }

  #begin(piles: Piles, stored: StoredSessions): void {
    piles.turn ??= { first: piles.next, end: stored.end, next: 1 };
  }

  #endTurn(log: string, piles: Piles): void {
    const { turn } = piles;
    if (turn && turn.next >= turn.end) this.#dropBefore(turn.first, log, piles);
  }

  /** The piles of before `first` say nothing any more. */
  #dropBefore(first: number, log: string, piles: Piles): void {
    for (const [number, sessions] of piles.sizes) {
      if (number >= first) break;
      this.#put(keyOf(log, number), undefined);
      piles.sizes.delete(number);
      piles.sessions -= sessions;
    }
    piles.left = piles.sessions;
    piles.turn = undefined;
  }

  #pack(log: string, piles: Piles, work: (pack: SessionPack) => void): void {
    const pack = new SessionPack((pile, sessions) => {
      this.#put(keyOf(log, piles.next), pile);
      this.#note(piles, piles.next, sessions);
    });
    work(pack);
    pack.end();
  }

  #note(piles: Piles, number: number, sessions: number): void {
    piles.sizes.set(number, sessions);
    piles.sessions += sessions;
    piles.next = number + 1;
  }

  #of(log: string): Piles {
    const known = this.#logs.get(log);
    if (known) return known;
    const piles: Piles = { sizes: new Map(), next: 0, sessions: 0, left: 0, turn: undefined };
    this.#logs.set(log, piles);
    return piles;
  }
}

/** One part of the turn. */
function packPart(turn: Turn, stored: StoredSessions, pack: SessionPack): void {
  const from = turn.next;
  turn.next = Math.min(from + PART, turn.end);
  stored.packFrom(from, turn.next, pack);
}

const keyOf = (log: string, number: number): string => `${log}\0${number.toString(16).padStart(DIGITS, '0')}`;

const isTurnDue = ({ sizes, sessions, left }: Piles): boolean =>
  sessions >= FEW + left * MOST_TIMES || sizes.size >= FEW + left / LEAST_SHARE;
