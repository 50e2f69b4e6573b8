/**
 * A host on several nodes: what users do there, each node's log of it as Prosody writes it, and by brute force how many were
 * active when. Nobody has two sessions on one node at a time, so that no rule has to guess; on several nodes they may.
 */
import type { Random } from '../fuzz/random.ts';

const HOUR = 3600;
const DAY = 86_400;
const WINDOWS = [DAY, 7 * DAY, 30 * DAY];

export interface NodesWorldOptions {
  readonly random: Random;
  readonly nodes: number;
  readonly users: number;
  /** Unix seconds. */
  readonly begin: number;
  readonly hours: number;
  readonly host: string;
}

/** One line of the log of a node. */
export interface NodeLine {
  readonly node: number;
  /** Unix seconds. */
  readonly at: number;
  readonly text: string;
}

interface Visit {
  readonly user: number;
  readonly node: number;
  readonly login: number;
  /** Unix seconds; Infinity while it is open. */
  end: number;
  /** Whether the end was seen; else the server was gone. */
  isSeen: boolean;
}

interface Account {
  readonly user: number;
  /** Removed then, and with it whatever began up to then; unix seconds. */
  readonly removed: number;
}

interface Disabling {
  readonly user: number;
  readonly at: number;
  readonly isDisabled: boolean;
}

export class NodesWorld {
  /** In the order of time; those of a node are its log. */
  readonly lines: NodeLine[] = [];
  readonly host: string;
  readonly #random: Random;
  readonly #visits: Visit[] = [];
  readonly #removals: Account[] = [];
  readonly #disablings: Disabling[] = [];
  /** By node and user. */
  readonly #open = new Map<string, { readonly visit: Visit; readonly id: string }>();

  constructor({ random, nodes, users, begin, hours, host }: NodesWorldOptions) {
    this.#random = random;
    this.host = host;
    for (let node = 0; node < nodes; node++) this.#start(node, begin);
    let at = begin + 1;
    for (const end = begin + hours * HOUR; at < end; at += random.wait(HOUR / 12)) this.#happen(at, nodes, users);
    // So that each log tells that the time has come.
    for (let node = 0; node < nodes; node++) this.#say(node, at + HOUR, 'mod_x\tinfo\tnothing');
  }

  /** The counts of the host at an instant, unix seconds: 1, 7 and 30 days. */
  countsAt(at: number): readonly number[] {
    const seen = new Map<number, number>();
    for (const visit of this.#visits) {
      if (visit.login > at || this.#isGone(visit, at)) continue;
      const last = visit.end > at ? Infinity : visit.isSeen ? visit.end : visit.login;
      seen.set(visit.user, Math.max(last, seen.get(visit.user) ?? -Infinity));
    }
    const enabled = [...seen].filter(([user]) => !this.#isDisabled(user, at));
    return WINDOWS.map((window) => enabled.filter(([, last]) => at - last < window).length);
  }

  #isGone({ user, login }: Visit, at: number): boolean {
    return this.#removals.some((account) => account.user === user && account.removed <= at && login <= account.removed);
  }

  #isDisabled(user: number, at: number): boolean {
    return this.#disablings.findLast((each) => each.user === user && each.at <= at)?.isDisabled ?? false;
  }

  #happen(at: number, nodes: number, users: number): void {
    const random = this.#random;
    const node = random.int(0, nodes - 1);
    const what = random.next();
    // Some come each hour, most now and then.
    const user = random.chance(0.4) ? random.int(0, Math.ceil(users / 10) - 1) : random.int(0, users - 1);
    if (what < 0.01) this.#restart(node, at);
    else if (what < 0.03) this.#remove(node, user, at);
    else if (what < 0.05) this.#disable(node, user, at);
    else if (this.#open.has(`${node} ${user}`)) this.#end(node, user, at);
    else if (!this.#isDisabled(user, at)) this.#login(node, user, at);
  }

  #login(node: number, user: number, at: number): void {
    const visit = { user, node, login: at, end: Infinity, isSeen: false };
    // The same ids on all nodes: they are addresses.
    const id = `c2s55d${(this.#visits.filter((each) => each.node === node).length + 16).toString(16)}`;
    this.#visits.push(visit);
    this.#open.set(`${node} ${user}`, { visit, id });
    this.#say(node, at, `${id}\tinfo\tClient connected`);
    this.#say(node, at, `${id}\tinfo\tAuthenticated as ${this.#jid(user)}`);
  }

  #end(node: number, user: number, at: number): void {
    const open = this.#open.get(`${node} ${user}`);
    if (!open) return;
    open.visit.end = at;
    open.visit.isSeen = true;
    this.#open.delete(`${node} ${user}`);
    this.#say(node, at, `${open.id}\tinfo\tClient disconnected: closed`);
  }

  /** Whoever is online there is gone without a logout. */
  #restart(node: number, at: number): void {
    for (const [key, { visit }] of this.#open) {
      if (visit.node !== node) continue;
      visit.end = at;
      this.#open.delete(key);
    }
    this.#start(node, at);
  }

  #start(node: number, at: number): void {
    this.#say(node, at, 'startup\tinfo\tHello and welcome to Prosody version 13.0.2');
  }

  /** One node says so; the sessions end on all of them, on the others some seconds later. */
  #remove(node: number, user: number, at: number): void {
    this.#removals.push({ user, removed: at });
    this.#say(node, at, `usermanager\tinfo\tUser account deleted: ${this.#jid(user)}`);
    // A later account of the name is not disabled.
    if (this.#isDisabled(user, at)) this.#disablings.push({ user, at, isDisabled: false });
    for (const { visit } of [...this.#open.values()].filter((open) => open.visit.user === user))
      this.#end(visit.node, user, visit.node === node ? at : at + this.#random.int(0, 3));
  }

  #disable(node: number, user: number, at: number): void {
    if (!this.#visits.some((visit) => visit.user === user && !this.#isGone(visit, at))) return;
    const isDisabled = !this.#isDisabled(user, at);
    this.#disablings.push({ user, at, isDisabled });
    this.#say(node, at, `usermanager\tinfo\tUser account ${isDisabled ? 'disabled' : 'enabled'}: ${this.#jid(user)}`);
    if (!isDisabled) return;
    for (const { visit } of [...this.#open.values()].filter((open) => open.visit.user === user))
      this.#end(visit.node, user, at);
  }

  #jid(user: number): string {
    return `user${user}@${this.host}`;
  }

  #say(node: number, at: number, text: string): void {
    this.lines.push({ node, at, text });
  }
}

/** As it stands in the file, with its line break. */
export const written = ({ at, text }: NodeLine): string =>
  `${new Date(at * 1000).toISOString().slice(0, 19).replace('T', ' ')} ${text}\n`;
