/** The sessions in a log whose lines name them, beside what the clients that made it did. */
import { Sessions } from '../src/activity/sessions.ts';
import { Users } from '../src/activity/user-table.ts';
import type { SessionEvent } from '../src/format/dialects/dialect.ts';
import { OPTIONS } from './golden.ts';

/** One session; instants in unix seconds, `to` undefined while it is open. */
export interface Stay {
  readonly jid: string;
  readonly from: number;
  readonly to: number | undefined;
}

/** An MQTT session has another resource in the log than in the truth, which names none. */
const jidOf = (user: string, resource = ''): string => (resource.startsWith('\u0001') ? user : `${user}/${resource}`);

/** The sessions of a log: a session that is resumed goes on, and ends with the last process that stands for it. */
export function staysIn(events: readonly SessionEvent[]): Stay[] {
  const users = new Users({ exclude: [], includeDisabled: false });
  const sessions = new Sessions(users, OPTIONS);
  const stays: Stay[] = [];
  let online = new Map<string, number>();
  for (const event of events) {
    sessions.take(event);
    const at = event.kind === 'server-start' ? (event.before ?? event.at) : event.at;
    const now = new Map(online);
    const open = new Set(
      [...sessions.all()]
        .filter(([, { state }]) => state === 'bound')
        .map(([, { user, resource }]) => jidOf(user, resource)),
    );
    for (const [jid, from] of online) {
      const isReplaced = event.kind === 'start' && jidOf(event.user, event.resource) === jid;
      if (open.has(jid) && !isReplaced) continue;
      stays.push({ jid, from, to: at });
      now.delete(jid);
    }
    for (const jid of open) now.set(jid, now.get(jid) ?? at);
    online = now;
  }
  return [...stays, ...[...online].map(([jid, from]) => ({ jid, from, to: undefined }))];
}

interface Done {
  readonly ts: string;
  readonly ev: string;
  readonly jid?: string;
  readonly user?: string;
  readonly how?: string;
}

/** What the clients did: the sessions that they began and ended, and how they ended them. */
export function truthIn(jsonl: string): (Stay & { readonly how: string | undefined })[] {
  const stays: (Stay & { how: string | undefined })[] = [];
  const open = new Map<string, number[]>();
  for (const line of jsonl.trimEnd().split('\n')) {
    const { ts, ev, jid = '', user = '', how }: Done = JSON.parse(line);
    const [, what] = /^(?:session|mqtt)_(start|end)$/.exec(ev) ?? [];
    const name = foldedJid(jid || user);
    const at = Date.parse(ts) / 1000;
    if (what === 'start') open.set(name, [...(open.get(name) ?? []), at]);
    const from = what === 'end' ? open.get(name)?.shift() : undefined;
    if (from !== undefined) stays.push({ jid: name, from, to: at, how });
  }
  return [
    ...stays,
    ...[...open].flatMap(([jid, starts]) => starts.map((from) => ({ jid, from, to: undefined, how: undefined }))),
  ];
}

function foldedJid(jid: string): string {
  const slash = jid.indexOf('/');
  return slash < 0 ? jid.toLowerCase() : jid.slice(0, slash).toLowerCase() + jid.slice(slash);
}

/** A client notes its end when it sees it: after a time-out it takes seconds, and a stop is over later still. */
const NOTED_WITHIN = 12;

/** Which of these are not among the others: of the same JID, begun and ended at the same times. */
export function missing(stays: readonly Stay[], others: readonly Stay[]): Stay[] {
  const left = [...others];
  return stays.filter((stay) => {
    const at = left.findIndex((other) => isSame(stay, other));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

const isSame = (a: Stay, b: Stay): boolean =>
  a.jid === b.jid &&
  Math.abs(a.from - b.from) <= 2 &&
  (a.to === undefined ? b.to === undefined : b.to !== undefined && Math.abs(a.to - b.to) <= NOTED_WITHIN);
