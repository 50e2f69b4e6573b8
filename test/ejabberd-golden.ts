/** The golden logs of ejabberd in test/logs/ejabberd, the sessions in one, and what the clients that made it did. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Sessions } from '../src/activity/sessions.ts';
import { Users } from '../src/activity/user-table.ts';
import type { SessionEvent } from '../src/format/dialects/dialect.ts';
import { ejabberd } from '../src/format/dialects/ejabberd.ts';
import type { LineCounts } from '../src/format/line-decoder.ts';
import { eventsOf, OPTIONS } from './golden.ts';

export const pathOf = (path: string): string =>
  fileURLToPath(new URL(`../../test/logs/ejabberd/${path}`, import.meta.url));

/** A file below test/logs/ejabberd, uncompressed. */
export function fileOf(path: string): Buffer {
  const bytes = readFileSync(pathOf(path));
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

export const linesOf = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''));

export function ejabberdEvents(log: Buffer, timezone = 'UTC'): [SessionEvent[], LineCounts] {
  return eventsOf(log, { timezone, year: 2026 }, ejabberd);
}

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
export function truthIn(path: string): (Stay & { readonly how: string | undefined })[] {
  const stays: (Stay & { how: string | undefined })[] = [];
  const open = new Map<string, number[]>();
  for (const line of fileOf(path).toString().trimEnd().split('\n')) {
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
