/**
 * What users do on several nodes, and who was active when, by a pass over all that happened: what a union has to equal. Pure.
 */

export interface NodeEvent {
  readonly at: number;
  readonly node: number;
  readonly jid: string;
  readonly kind: 'login' | 'logout' | 'removed' | 'disabled' | 'enabled';
}

export interface HostTruth {
  readonly online: number;
  readonly windows: readonly number[];
}

const DAY = 86_400;

/** One session at a time of a user on a node. */
interface Stay {
  login: number;
  seen: number;
  isOpen: boolean;
}

/** By host: all of `events` up to `at`, in the order of time. */
export function countBrute(
  events: readonly NodeEvent[],
  at: number,
  windows: readonly number[],
): Map<string, HostTruth> {
  const stays = new Map<string, Stay[]>();
  const last = new Map<string, Stay>();
  const gone = new Map<string, number>();
  const disabled = new Map<string, { readonly at: number; readonly is: boolean }>();
  for (const event of events) {
    if (event.at > at) continue;
    const { jid, kind, node } = event;
    const place = `${node} ${jid}`;
    if (kind === 'login') {
      const stay = { login: event.at, seen: event.at, isOpen: true };
      stays.set(jid, [...(stays.get(jid) ?? []), stay]);
      last.set(place, stay);
    } else if (kind === 'logout') {
      const stay = last.get(place);
      if (stay) Object.assign(stay, { seen: event.at, isOpen: false });
    } else if (kind === 'removed') {
      gone.set(jid, event.at);
      const stay = last.get(place);
      if (stay) stay.isOpen = false;
      if ((disabled.get(jid)?.at ?? Infinity) <= event.at) disabled.delete(jid);
    } else disabled.set(jid, { at: event.at, is: kind === 'disabled' });
  }
  const truth = new Map<string, { online: number; windows: number[] }>();
  for (const [jid, all] of stays) {
    const left = all.filter(({ login }) => login > (gone.get(jid) ?? -Infinity));
    if (left.length === 0 || disabled.get(jid)?.is) continue;
    const host = jid.slice(jid.indexOf('@') + 1);
    const counts = truth.get(host) ?? { online: 0, windows: windows.map(() => 0) };
    truth.set(host, counts);
    const isOpen = left.some((stay) => stay.isOpen);
    const seen = Math.max(...left.map((stay) => stay.seen));
    if (isOpen) counts.online++;
    for (const [i, days] of windows.entries()) if (isOpen || at - seen < days * DAY) counts.windows[i]!++;
  }
  return truth;
}

/** Numbers from 0 up to `below`, exclusive, always the same ones for a seed. */
export type Random = (below: number) => number;

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/**
 * Something for each node's log behind `from` and up to `to`. Whose account is removed is logged out a second later on other nodes, which have
 * read nothing of it, and comes back, if ever, as a later account of the name.
 */
export function moreEvents(
  before: readonly NodeEvent[],
  { from, to, nodes, users, random }: { from: number; to: number; nodes: number; users: number; random: Random },
): NodeEvent[] {
  const open = new Set<string>();
  const quiet = new Map<string, number>();
  const flagged = new Set<string>();
  for (const event of before) note(event);
  const events: NodeEvent[] = [];
  function note({ at, node, jid, kind }: NodeEvent): void {
    if (kind === 'login') open.add(`${node} ${jid}`);
    else if (kind === 'logout') open.delete(`${node} ${jid}`);
    else if (kind === 'removed') {
      open.delete(`${node} ${jid}`);
      flagged.delete(jid);
      quiet.set(jid, at + 5);
    } else if (kind === 'disabled') flagged.add(jid);
    else flagged.delete(jid);
  }
  const add = (event: NodeEvent): void => {
    events.push(event);
    note(event);
  };
  const steps = 10 + random(10);
  for (let step = 0; step < steps; step++) {
    const at = from + 1 + Math.floor(((to - from - 8) * step) / steps);
    const user = random(users);
    const jid = `user${user}@${user % 3 === 0 ? 'work' : 'chat'}.example`;
    if (at <= (quiet.get(jid) ?? -Infinity)) continue;
    const node = random(nodes);
    const isOpen = (on: number): boolean => open.has(`${on} ${jid}`);
    const what = random(20);
    if (what === 0) {
      add({ at, node, jid, kind: 'removed' });
      for (let other = 0; other < nodes; other++)
        if (isOpen(other)) add({ at: at + 1, node: other, jid, kind: 'logout' });
      if (random(2) === 0) add({ at: at + 6, node: random(nodes), jid, kind: 'login' });
    } else if (what === 1 && !flagged.has(jid)) {
      for (let other = 0; other < nodes; other++) if (isOpen(other)) add({ at, node: other, jid, kind: 'logout' });
      add({ at, node, jid, kind: 'disabled' });
    } else if (what <= 3 && flagged.has(jid)) add({ at, node, jid, kind: 'enabled' });
    else if (!flagged.has(jid)) add({ at, node, jid, kind: isOpen(node) ? 'logout' : 'login' });
  }
  return events.toSorted((a, b) => a.at - b.at);
}
