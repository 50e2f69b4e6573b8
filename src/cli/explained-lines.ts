/** What `explain` prints: a line of the log beside its event in columns, and at the end what the words mean. */
import type { Finding, SessionEvent } from '../format/dialects/dialect.ts';
import type { LineCounts } from '../format/line-decoder.ts';
import { escaped } from '../report/table.ts';
import { showSecond } from './times.ts';

type Kind = Exclude<Finding['kind'], 'detail' | 'loss'>;

/** In the order of the summary. */
const MEANINGS: Readonly<Record<Kind, string>> = {
  connect: 'a new connection; it names no user yet',
  start: 'a login: the user is seen, and has an open session',
  end: 'a connection ends, and its session with it unless it is resumed',
  bind: 'a full JID comes online (debug lines only), or is resumed',
  unbind: 'a full JID goes offline (debug lines only)',
  removed: 'an account is removed: the user is forgotten',
  disabled: 'an account is disabled: the user does not count',
  enabled: 'an account is enabled again',
  'server-start': 'the server starts: no session of before is open',
  'server-stop': 'the server stops in good order',
};

const LONGEST_KIND = Math.max(...Object.keys(MEANINGS).map((kind) => kind.length));
/** A longer user or session (BOSH has those) moves its own line only. */
const LONGEST = { user: 24, session: 15 };

/** That debug lines begin, or that lines were lost, is no event of a session. */
export type ShownEvent = Exclude<SessionEvent, { kind: 'detail' | 'loss' }>;

export const isShown = (event: SessionEvent): event is ShownEvent => event.kind !== 'detail' && event.kind !== 'loss';

export function jsonOf(event: ShownEvent | undefined, line: number): string {
  if (!event) return JSON.stringify({ line, kind: null });
  const { kind, at, ...rest } = event;
  const { user, session, ...more } = { user: undefined, session: undefined, ...rest };
  return JSON.stringify({ line, kind, user, session, ...more, at });
}

/** Lines in columns, as wide as the widest cell so far. */
export class EventColumns {
  readonly #timezone: string;
  #user = 0;
  #session = 0;

  constructor(timezone: string) {
    this.#timezone = timezone;
  }

  /** To be called with the events of a block before its lines are shown, so that these have the same columns. */
  fit(events: Iterable<ShownEvent>): void {
    for (const event of events) {
      this.#user = Math.max(this.#user, Math.min(LONGEST.user, userOf(event).length));
      this.#session = Math.max(this.#session, Math.min(LONGEST.session, sessionOf(event).length));
    }
  }

  /** The event or `-`, a tab, and the line as it is, but for control characters that could steer the terminal. */
  show(event: ShownEvent | undefined, text: string): string {
    const line = text.split('\t').map(escaped).join('\t');
    return `${(event ? this.#cells(event) : '-').padEnd(this.#width)}\t${line}`;
  }

  get #width(): number {
    return 'yyyy-mm-dd hh:mm:ss'.length + LONGEST_KIND + this.#user + this.#session + 3 * 2;
  }

  #cells(event: ShownEvent): string {
    return [
      showSecond(event.at, this.#timezone),
      event.kind.padEnd(LONGEST_KIND),
      userOf(event).padEnd(this.#user),
      sessionOf(event),
    ].join('  ');
  }
}

function userOf(event: ShownEvent): string {
  if (!('user' in event)) return '';
  return escaped('resource' in event ? `${event.user}/${event.resource}` : event.user);
}

function sessionOf(event: ShownEvent): string {
  return 'session' in event ? escaped(event.session) : '';
}

/** What was found, and what the words of the columns mean: one sentence a line. */
export function conclusion(kinds: ReadonlyMap<Kind, number>, counts: LineCounts, timezone: string): string[] {
  const found = (Object.keys(MEANINGS) as Kind[]).flatMap((kind) => {
    const times = kinds.get(kind);
    return times === undefined ? [] : [{ kind, times }];
  });
  const events = found.map(({ kind, times }) => `${times} ${kind}`);
  const without = counts.lines - found.reduce((sum, { times }) => sum + times, 0);
  return [
    `${counts.lines} lines: ${[...events, `${without} without an event (-)`].join(', ')}`,
    ...(found.length === 0 ? [] : [`columns: time (${timezone}), event, user, session, and behind a tab the line`]),
    ...found.map(({ kind }) => `${kind.padEnd(LONGEST_KIND)}  ${MEANINGS[kind]}`),
  ];
}
