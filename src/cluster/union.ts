/**
 * A node's way to the union: says hello, sends what waits in the outbox, and sends all again when the union has lost something. What is known
 * for certain is only what was answered; whatever breaks the connection, the outbox gets back what was under way, and it is sent again as it is by then.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { redisAddress } from './address.ts';
import { closeSessions } from './close-sessions.ts';
import { Connection } from './connection.ts';
import { refuseEviction } from './eviction.ts';
import { Flushes } from './flushes.ts';
import { Keys } from './keys.ts';
import { keptOf, type Kept } from './kept.ts';
import { Pseudonyms } from './pseudonyms.ts';
import { epochAt, isLater, Rivals } from './rivals.ts';
import { Fenced, Removed, Shipping } from './shipping.ts';
import type { UnionOptions, UnionState } from './union-options.ts';
import { complaints, viewOf, type Mark, type View } from './view.ts';

/** A batch of so many keeps Redis busy for two or three milliseconds. */
const PIECE = 300;
const IN_FLIGHT = 4;
/** So soon a node notices that the union was emptied under it. */
const BEAT_MILLISECONDS = 3000;
/** Without a sign of life for so long, a node is not there. */
export const AWAKE_SECONDS = 60;
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 5000;
/** So much later than its own clock, in seconds, a node believes nothing: somebody's clock was wrong. */
const BELIEVED_SECONDS = 3600;

export class Union {
  readonly keys: Keys;
  readonly #options: UnionOptions;
  readonly #pseudonyms: Pseudonyms;
  readonly #told = new Set<string>();
  #connection: Connection | undefined;
  #epoch = '';
  #kept: Kept;
  #shipping: Shipping | undefined;
  #isSendingAll = false;
  #passed = 0;
  #pause = FIRST_PAUSE;
  #joinedAt = -Infinity;
  #hasJoined = false;
  readonly #flushes = new Flushes();
  #wake: () => void = () => {};
  #since: number;
  #problem: string | undefined;
  #view: View | undefined;
  readonly #rivals = new Rivals();
  /** Until it has ended. */
  readonly ended: Promise<void>;

  constructor(options: UnionOptions) {
    const { settings, outbox, now, signal } = options;
    this.#options = options;
    this.#pseudonyms = new Pseudonyms(settings.key, settings.counting);
    this.keys = new Keys(this.#pseudonyms.id, settings.slots);
    this.#kept = keptOf(outbox.kept, this.keys.union, settings);
    this.#since = now();
    signal.addEventListener('abort', () => {
      this.#connection?.close();
      this.wake();
    });
    this.ended = this.#run();
  }

  /** Something waits in the outbox. */
  wake(): void {
    this.#wake();
  }

  /** Resolves when the union has all that waits; rejects when it need not any more. */
  async flush(signal: AbortSignal): Promise<void> {
    const flushed = this.#flushes.add(signal);
    this.wake();
    await flushed;
  }

  /** What is sent from now on may be later than `at`. */
  passed(at: number): void {
    if (at > this.#passed || this.#passed > this.latest) this.#passed = at;
  }

  /** The latest instant that is believed, unix seconds. */
  get latest(): number {
    return Math.floor(this.#options.now()) + BELIEVED_SECONDS;
  }

  /** What was counted at an instant, as its text: it stays so should Redis forget it, and whoever has counted be gone. */
  noteResult(at: number, text: string): void {
    if (at > this.#kept.result.at) this.#keep({ result: { at, text } });
  }

  /** Whether this node remembers what was counted at an instant. */
  knows(at: number): boolean {
    return this.#kept.result.at === at;
  }

  /** The count of an instant was sent. */
  noteCounted(at: number): void {
    if (at > this.#kept.counted) this.#keep({ counted: at });
  }

  get state(): UnionState {
    return {
      isConnected: this.#connection !== undefined,
      since: this.#since,
      waiting: this.#options.outbox.waiting,
      isSendingAll: this.#isSendingAll,
      problem: this.#problem,
      isAway: this.#told.has('away') && this.#connection === undefined,
      view: this.#view,
    };
  }

  /** What has been sent by now. */
  get seqs(): readonly number[] {
    return this.#shipping?.seqs ?? [];
  }

  /** Of the connection on which it was sent. */
  get epoch(): string {
    return this.#shipping?.epoch ?? '';
  }

  /** When this process was last in step with the union, milliseconds of its life. */
  get joinedAt(): number {
    return this.#joinedAt;
  }

  /** Once hello has been said. */
  get connection(): Connection {
    if (!this.#connection) throw new Error(this.#problem ?? 'there is no connection to Redis yet');
    return this.#connection;
  }

  /** Says how this node stands, and gives how the others do. `at`: the instant whose result is asked for. */
  async look(at = 0, mark?: Mark): Promise<View> {
    return await this.#look(this.connection, at, mark === undefined ? '' : JSON.stringify(mark), false);
  }

  /** Ends the connection where the union has not what it was sent. */
  async verify(): Promise<void> {
    const { connection } = this;
    await refuseEviction(connection, this.keys);
    const loss = await this.#lossOf(connection);
    if (!loss) return;
    connection.close(loss);
    throw loss;
  }

  /** Undefined where the union has what it was sent. */
  async #lossOf(connection: Connection): Promise<Error | undefined> {
    const { node } = this.#options.settings;
    const acked = [...this.#kept.acked];
    const found = await Promise.all(this.keys.all.map((key) => connection.fields(key, `${node}:e`, `${node}:s`)));
    if (found.every(([epoch, seq], slot) => epoch === this.#epoch && Number(seq) >= (acked[slot] ?? 0)))
      return undefined;
    if (found.some(([epoch]) => isLater(epoch, this.#epoch))) return new Fenced(node);
    return new Error('Redis has lost what this node has sent');
  }

  async #run(): Promise<void> {
    const { signal, settings } = this.#options;
    const address = redisAddress(settings.url);
    if (!address) throw new Error(`cluster.url is none of the forms that it may have`);
    // Where all nodes have lost Redis, they are all back before one of them has waited for the others in vain.
    const longest = Math.min(LONGEST_PAUSE, settings.waitSeconds * 250);
    while (!signal.aborted) {
      let connection: Connection | undefined;
      try {
        connection = await Connection.open(address, this.#options.scripts);
        if (this.#rivals.areThere) await this.#rivals.stayAway(connection, this.keys, settings.node, signal);
        const shipping = await this.#join(connection);
        await this.#serve(connection, shipping);
      } catch (error) {
        if (!signal.aborted) this.#lost(error);
      } finally {
        connection?.close();
        this.#connection = undefined;
        this.#shipping?.giveBack();
      }
      await pause(this.#pause * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
      this.#pause = Math.min(this.#pause * 2, longest);
    }
  }

  async #join(connection: Connection): Promise<Shipping> {
    const { outbox, settings } = this.#options;
    const { node } = settings;
    await refuseEviction(connection, this.keys);
    const { removed, now } = await this.#look(connection, 0, '', true);
    if (removed.includes(node)) throw new Removed(node);
    this.#hasJoined = true;
    this.#epoch = epochAt(now);
    const { life, acked, members } = this.#kept;
    const said = [node, this.#epoch, life, this.#passed, this.latest, ...members];
    const answers = await Promise.all(this.keys.all.map((key) => connection.run('hello', key, ...said)));
    const { seqs: sent } = this;
    // What the index does not know to have been sent, it may not hold either, as one that was put back from a backup does not.
    const isLost = answers.some((answer, slot) => {
      const [least, most] = [acked[slot] ?? 0, Math.max(acked[slot] ?? 0, sent[slot] ?? 0)];
      return answer === '' || Number(answer) < least || Number(answer) > most;
    });
    const seqs = answers.map((answer, slot) => Math.max(Number(answer), acked[slot] ?? 0));
    if (isLost || !this.#kept.isInStep) await this.#beginAgain(connection, seqs);
    const { keys } = this;
    const shipping = new Shipping({
      ...{ connection, outbox, keys, seqs, node },
      ...{ pseudonyms: this.#pseudonyms, epoch: this.#epoch },
    });
    this.#shipping = shipping;
    this.#connection = connection;
    this.#joinedAt = performance.now();
    this.#since = this.#options.now();
    return shipping;
  }

  /** More than hello was answered: what ended the connection before does not end it each time. */
  #isServed(): void {
    if (this.#told.delete('away')) this.#options.tell('info', 'Redis is reached again');
    this.#problem = undefined;
    if (!this.#rivals.areThere) this.#pause = FIRST_PAUSE;
  }

  /** All users are to be sent again; until they are, the union takes none of it for whole. */
  async #beginAgain(connection: Connection, seqs: readonly number[]): Promise<void> {
    const { outbox, settings } = this.#options;
    this.#isSendingAll = true;
    outbox.again();
    for (const [slot, key] of this.keys.all.entries()) {
      const own = [this.#epoch, seqs[slot] ?? 0, this.#kept.life] as const;
      if ((await closeSessions(connection, key, settings.node, own)) === undefined)
        throw await this.#lossOf(connection);
    }
    this.#keep({ acked: seqs, isInStep: true });
  }

  async #serve(connection: Connection, shipping: Shipping): Promise<void> {
    const { outbox, signal } = this.#options;
    let beat = -Infinity;
    while (!signal.aborted) {
      const piece = outbox.take(PIECE);
      if (piece.changes.length > 0 || piece.users.length > 0) {
        shipping.send(piece, this.#passed, this.latest);
        if (shipping.underWay >= IN_FLIGHT) await this.#arrive(shipping);
      } else if (shipping.underWay > 0) await this.#arrive(shipping);
      else if (this.#isSendingAll) await this.#allIsSent(connection);
      else {
        this.#flushes.done();
        const left = beat + BEAT_MILLISECONDS - performance.now();
        if (left > 0) await this.#idle(connection, left);
        else {
          beat = performance.now();
          await this.verify();
          await this.look();
          this.#isServed();
        }
      }
    }
  }

  async #idle(connection: Connection, milliseconds: number): Promise<void> {
    const over = new AbortController();
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    try {
      await Promise.race([
        woken,
        connection.ended,
        pause(milliseconds, undefined, { signal: over.signal }).catch(() => {}),
      ]);
    } finally {
      over.abort();
    }
  }

  /** The oldest of what is under way has come. */
  async #arrive(shipping: Shipping): Promise<void> {
    const { piece, seqs } = await shipping.arrival();
    const acked = [...this.#kept.acked];
    for (const [slot, seq] of seqs) acked[slot] = seq;
    this.#keep({ acked });
    this.#options.outbox.sent(piece);
    this.#isServed();
  }

  async #allIsSent(connection: Connection): Promise<void> {
    const { node } = this.#options.settings;
    for (const key of this.keys.all)
      if ((await connection.run('whole', key, node, this.#epoch)) !== 1) throw await this.#lossOf(connection);
    this.#isSendingAll = false;
  }

  #lost(error: unknown): void {
    const { tell, now } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    if (this.#connection || this.#problem === undefined) this.#since = now();
    if (error instanceof Fenced) {
      this.#rivals.noteFenced();
      if (this.#rivals.areThere && !this.#told.has(reason)) {
        this.#told.add(reason);
        tell('warn', reason);
      }
    }
    // Who is gone for a moment, and is reached again at once, is not worth a line.
    else if (this.#problem !== undefined && !this.#told.has('away')) {
      this.#told.add('away');
      const until = error instanceof Removed ? '' : ', and nothing is counted until it is reached again';
      tell('warn', `${reason}: logs are read on${until}`);
    }
    this.#problem = reason;
  }

  async #look(connection: Connection, at: number, mark: string, isNew: boolean): Promise<View> {
    const { settings, now, about } = this.#options;
    const { latest } = this;
    if (Math.max(this.#kept.counted, this.#kept.result.at) > latest)
      this.#keep({ counted: 0, result: { at: 0, text: '' } });
    const { counted, result, members } = this.#kept;
    const view = viewOf(
      await connection.run(
        'look',
        this.keys.control,
        ...[settings.node, now() * 1000, about, mark, counted, at],
        ...[isNew && !this.#hasJoined ? 1 : 0, result.at, isNew ? result.text : '', ...members],
      ),
      latest,
    );
    const names = view.nodes.map(({ name }) => name);
    // Who says that an instant was counted has to say what, too.
    if (view.news !== '') this.noteResult(view.counted, view.news);
    if (view.counted > counted || names.join() !== members.join())
      this.#keep({ counted: Math.max(counted, view.counted), members: names });
    this.#view = view;
    for (const { what, sentence } of complaints(view, settings.node, AWAKE_SECONDS)) {
      if (!this.#told.has(what)) this.#options.tell('warn', sentence);
      this.#told.add(what);
    }
    return view;
  }

  #keep(change: Partial<Kept>): void {
    this.#kept = { ...this.#kept, ...change };
    if (this.#kept.isInStep) this.#options.outbox.keep(this.#kept);
  }
}
