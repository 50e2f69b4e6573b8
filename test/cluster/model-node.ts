/** A node of the model: reads its log, has an outbox that can be thrown back to what it had stored last, and takes part in the union. */
import { Barrier } from '../../src/cluster/barrier.ts';
import { Pseudonyms } from '../../src/cluster/pseudonyms.ts';
import type { Scripts } from '../../src/cluster/scripts/scripts.ts';
import type { AccountChange, ClusterSettings, NodeUser, Outbox, Piece } from '../../src/cluster/seam.ts';
import { Union } from '../../src/cluster/union.ts';
import type { NodeEvent } from './model.ts';

interface State {
  /** How many events of the log have been read. */
  position: number;
  users: Map<string, NodeUser>;
  changes: AccountChange[];
  /** How many of the changes have been sent. */
  sentChanges: number;
  dirty: Set<string>;
  kept: unknown;
}

const nothing = (): State => ({
  ...{ position: 0, users: new Map(), changes: [], sentChanges: 0, dirty: new Set() },
  kept: undefined,
});

export class ModelOutbox implements Outbox {
  readonly #pseudonyms: Pseudonyms;
  #state = nothing();
  #stored = nothing();
  /** The next change to be sent, and the first that is not known to have come. */
  #next = 0;
  #arrived = 0;
  /** Users who are sent again, though all of them had been sent: nothing that is stored. */
  readonly #again = new Set<string>();
  /** At most so many at once, so that there is something to break off. */
  most = 7;
  onSent: () => void = () => {};
  resyncs = 0;

  constructor(key: Buffer) {
    this.#pseudonyms = new Pseudonyms(key);
  }

  get position(): number {
    return this.#state.position;
  }

  read(event: NodeEvent): void {
    const { users, changes, dirty } = this.#state;
    const { jid, at, kind } = event;
    this.#state.position++;
    if (kind === 'login') users.set(jid, { jid, login: at, seen: at, isOpen: true });
    else if (kind === 'logout') {
      const user = users.get(jid);
      if (user) users.set(jid, { ...user, seen: at, isOpen: false });
    } else {
      const host = jid.slice(jid.indexOf('@') + 1);
      changes.push({ kind, host, member: this.#pseudonyms.of(jid), at });
      if (kind === 'removed') users.delete(jid);
    }
    if (users.has(jid)) dirty.add(jid);
    else {
      dirty.delete(jid);
      this.#again.delete(jid);
    }
  }

  /** As the daemon's index does, in one batch. */
  store(): void {
    const { users, changes, dirty } = this.#state;
    const sent = this.#state.sentChanges;
    this.#stored = {
      ...this.#state,
      users: new Map(users),
      changes: [...changes],
      sentChanges: sent,
      dirty: new Set(dirty),
    };
    // What is under way is not known to have come.
    for (const jid of this.#under) if (users.has(jid)) this.#stored.dirty.add(jid);
  }

  /** As after kill -9. */
  restore(): void {
    const { users, changes, dirty } = this.#stored;
    this.#begin({ ...this.#stored, users: new Map(users), changes: [...changes], dirty: new Set(dirty) });
  }

  /** As a new index. */
  wipe(): void {
    this.#stored = nothing();
    this.#begin(nothing());
  }

  #begin(state: State): void {
    this.#state = state;
    this.#next = this.#arrived = state.sentChanges;
    this.#again.clear();
    this.#under.clear();
  }

  readonly #under = new Set<string>();

  take(most: number): Piece {
    const { changes: all, dirty, users: known } = this.#state;
    const room = Math.min(most, this.most);
    const changes = all.slice(this.#next, this.#next + room);
    this.#next += changes.length;
    const users: NodeUser[] = [];
    for (const jid of [...dirty, ...this.#again]) {
      if (users.length + changes.length >= room) break;
      // One that is under way is not sent beside itself.
      if (this.#under.has(jid)) continue;
      const user = known.get(jid);
      dirty.delete(jid);
      this.#again.delete(jid);
      if (!user) continue;
      this.#under.add(jid);
      users.push(user);
    }
    return { changes, users };
  }

  sent({ changes, users }: Piece): void {
    this.#arrived += changes.length;
    this.#state.sentChanges = Math.max(this.#state.sentChanges, this.#arrived);
    for (const { jid } of users) this.#under.delete(jid);
    this.onSent();
  }

  giveBack({ changes, users }: Piece): void {
    this.#next -= changes.length;
    for (const { jid } of users) {
      this.#under.delete(jid);
      if (this.#state.users.has(jid)) this.#state.dirty.add(jid);
    }
  }

  again(): void {
    this.resyncs++;
    this.#next = this.#arrived = 0;
    for (const jid of this.#state.users.keys()) this.#again.add(jid);
  }

  /** Whether nothing is under way: all that was taken is known to have come. */
  get isQuiet(): boolean {
    return this.#under.size === 0 && this.#next === this.#arrived;
  }

  get waiting(): number {
    return this.#state.dirty.size + this.#again.size + this.#state.changes.length - this.#next;
  }

  get kept(): unknown {
    return this.#state.kept;
  }

  keep(value: unknown): void {
    this.#state.kept = value;
  }
}

export interface ModelNodeOptions {
  readonly settings: ClusterSettings;
  readonly scripts: Scripts | undefined;
  readonly now: () => number;
}

export class ModelNode {
  readonly outbox: ModelOutbox;
  readonly name: string;
  readonly told: string[] = [];
  readonly #options: ModelNodeOptions;
  #life = new AbortController();
  union: Union;
  barrier: Barrier;

  constructor(options: ModelNodeOptions) {
    this.#options = options;
    this.name = options.settings.node;
    this.outbox = new ModelOutbox(options.settings.key);
    [this.union, this.barrier] = this.#begin();
  }

  get signal(): AbortSignal {
    return this.#life.signal;
  }

  /** Ends at once, with what is under way, and begins with what was stored. */
  async kill(begin: (outbox: ModelOutbox) => void = (outbox) => outbox.restore()): Promise<void> {
    await this.end();
    begin(this.outbox);
    this.#life = new AbortController();
    [this.union, this.barrier] = this.#begin();
  }

  async end(): Promise<void> {
    this.#life.abort(new Error('killed'));
    await this.union.ended;
  }

  #begin(): [Union, Barrier] {
    const { settings, scripts, now } = this.#options;
    const { outbox, told, signal } = this;
    const tell = (_: string, sentence: string): void => void told.push(sentence);
    const about = 'windows = [1, 7, 30]';
    const union = new Union({ settings, outbox, now, tell, signal, about, ...(scripts && { scripts }) });
    return [union, new Barrier({ settings, union, tell })];
  }
}
