/**
 * A host on several nodes: what users do there, each node's log of it as Prosody writes it, and by brute force how many were
 * active when. Nobody has two sessions on one node at a time, so that no rule has to guess; on several nodes they may.
 */
import type { Random } from '../fuzz/random.ts';

const HOUR = 3600;
const DAY = 86_400;
/** Days. */
const WINDOWS = [1, 7, 30];

export interface NodesWorldOptions {
  readonly random: Random;
  readonly nodes: number;
  readonly users: number;
  /** Unix seconds. */
  readonly begin: number;
  readonly hours: number;
  /** Users are of one after the other. */
  readonly hosts: readonly string[];
  /** Seconds between two things that happen, on average, at an instant. */
  readonly pace?: (at: number) => number;
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

/** What one node told of an account. */
interface Told {
  readonly node: number;
  readonly at: number;
}

interface Disabling extends Told {
  readonly isDisabled: boolean;
}

class Account {
  readonly visits: Visit[] = [];
  /** With each goes whatever began up to then. */
  readonly removals: Told[] = [];
  readonly disablings: Disabling[] = [];

  isDisabled(at: number): boolean {
    return this.disablings.findLast((each) => each.at <= at)?.isDisabled ?? false;
  }

  /**
   * Whether the account may be taken to be disabled, or to be so no longer, where of what others than these have told something is known, and
   * not all.
   */
  mayBe(isDisabled: boolean, at: number, knows: Knows): boolean {
    const known = this.disablings.findLast((each) => each.at <= at && knows(each.node));
    const since = this.disablings.filter((each) => each.at <= at && each.at >= (known?.at ?? -Infinity));
    return (known?.isDisabled ?? false) === isDisabled || since.some((each) => each.isDisabled === isDisabled);
  }

  /** When the user was seen last up to an instant: Infinity while online, undefined where nothing is known. `tells`: who told of visits; `ends`: who
   * told of removals, and of sessions that were gone without a logout. */
  seen(at: number, { tells = all, ends = all }: { tells?: Knows; ends?: Knows } = {}): number | undefined {
    let last: number | undefined;
    const removed = Math.max(
      ...this.removals.filter((each) => each.at <= at && ends(each.node)).map((each) => each.at),
    );
    for (const { node, login, end, isSeen } of this.visits) {
      if (login > at || login <= removed || !tells(node)) continue;
      last = Math.max(end > at || !(isSeen || ends(node)) ? Infinity : isSeen ? end : login, last ?? -Infinity);
    }
    return last;
  }
}

/** Whether what a node has told is known. */
type Knows = (node: number) => boolean;
const all: Knows = () => true;

export class NodesWorld {
  /** In the order in which it happened; those of a node, by their time, are its log. */
  readonly lines: NodeLine[] = [];
  readonly hosts: readonly string[];
  readonly #random: Random;
  readonly #accounts: readonly Account[];
  /** By node: so many sessions began there. */
  readonly #begun: number[];
  /** By node and user. */
  readonly #open = new Map<string, { readonly visit: Visit; readonly id: string }>();

  constructor({ random, nodes, users, begin, hours, hosts, pace = () => HOUR / 12 }: NodesWorldOptions) {
    this.#random = random;
    this.hosts = hosts;
    this.#accounts = Array.from({ length: users }, () => new Account());
    this.#begun = Array.from({ length: nodes }, () => 0);
    for (let node = 0; node < nodes; node++) this.#start(node, begin);
    let at = begin + 1;
    for (const end = begin + hours * HOUR; at < end; at += random.wait(pace(at))) this.#happen(at, nodes, users);
    // So that each log tells that the time has come.
    for (let node = 0; node < nodes; node++) this.#say(node, at + HOUR, 'mod_x\tinfo\tnothing');
  }

  /** The counts of a host at an instant, unix seconds: 1, 7 and 30 days. */
  countsAt(at: number, host = this.hosts[0]!, windows: readonly number[] = WINDOWS): number[] {
    const seen = this.#of(host).flatMap((account) => (account.isDisabled(at) ? [] : [account.seen(at) ?? -Infinity]));
    return activeIn(windows, at, seen);
  }

  /** Between which the counts of a host are that were made without some nodes, of which something or all may be known. */
  boundsAt(
    at: number,
    host: string,
    windows: readonly number[],
    isMissing: Knows,
  ): readonly [low: number[], high: number[]] {
    const isHere: Knows = (node) => !isMissing(node);
    const accounts = this.#of(host);
    const low = accounts.flatMap((account) =>
      account.mayBe(true, at, isHere) ? [] : [account.seen(at, { tells: isHere }) ?? -Infinity],
    );
    const high = accounts.flatMap((account) =>
      account.mayBe(false, at, isHere) ? [account.seen(at, { ends: isHere }) ?? -Infinity] : [],
    );
    return [activeIn(windows, at, low), activeIn(windows, at, high)];
  }

  #of(host: string): readonly Account[] {
    const number = this.hosts.indexOf(host);
    return this.#accounts.filter((_, user) => user % this.hosts.length === number);
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
    else if (!this.#accounts[user]!.isDisabled(at)) this.#login(node, user, at);
  }

  #login(node: number, user: number, at: number): void {
    const visit = { user, node, login: at, end: Infinity, isSeen: false };
    // The same ids on all nodes: they are addresses.
    const id = `c2s55d${(this.#begun[node]!++ + 16).toString(16)}`;
    this.#accounts[user]!.visits.push(visit);
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
    const account = this.#accounts[user]!;
    // A later account of the name is not disabled.
    if (account.isDisabled(at)) account.disablings.push({ node, at, isDisabled: false });
    account.removals.push({ node, at });
    this.#say(node, at, `usermanager\tinfo\tUser account deleted: ${this.#jid(user)}`);
    for (const { visit } of this.#openOf(user))
      this.#end(visit.node, user, visit.node === node ? at : at + this.#random.int(0, 3));
  }

  #disable(node: number, user: number, at: number): void {
    const account = this.#accounts[user]!;
    if (account.seen(at) === undefined) return;
    const isDisabled = !account.isDisabled(at);
    account.disablings.push({ node, at, isDisabled });
    this.#say(node, at, `usermanager\tinfo\tUser account ${isDisabled ? 'disabled' : 'enabled'}: ${this.#jid(user)}`);
    if (isDisabled) for (const { visit } of this.#openOf(user)) this.#end(visit.node, user, at);
  }

  #openOf(user: number): readonly { readonly visit: Visit }[] {
    return [...this.#open.values()].filter((open) => open.visit.user === user);
  }

  #jid(user: number): string {
    return `user${user}@${this.hosts[user % this.hosts.length]}`;
  }

  #say(node: number, at: number, text: string): void {
    this.lines.push({ node, at, text });
  }
}

/** Of those who were seen last at these instants. */
const activeIn = (windows: readonly number[], at: number, seen: readonly number[]): number[] =>
  windows.map((days) => seen.filter((last) => at - last < days * DAY).length);

/** As it stands in the file, with its line break. */
export const written = ({ at, text }: NodeLine): string =>
  `${new Date(at * 1000).toISOString().slice(0, 19).replace('T', ' ')} ${text}\n`;
