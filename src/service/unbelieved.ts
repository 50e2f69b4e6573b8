/**
 * Lines that lay in the future when they were read. They changed nothing, as last seen is a maximum and one wrong stamp would
 * be for ever; but the clock or the zone may have been wrong, and not the lines. So their places are kept with the log, and the
 * log is read again from there when they can be believed.
 */
import type { Session } from '../activity/session-state.ts';
import type { Users } from '../activity/user-table.ts';
import type { LineCounts, LineDecoderState } from '../format/line-decoder.ts';
import type { Position } from '../source/source.ts';
import type { StoredState } from './stored-log.ts';

/** Where a block of lines began. */
export interface Place {
  /** Of the file that they are in. */
  readonly id: string;
  /** How far that was read before; undefined at its beginning. */
  readonly position: Position | undefined;
  /** The files that were read before, by id. */
  readonly known: readonly string[];
}

/** Plain JSON. */
export interface Unbelieved extends Place {
  /** When the earliest of the lines will be believed, but for `MAX_AHEAD`; unix seconds. */
  readonly at: number;
  /** The zone that was taken for theirs. */
  readonly timezone: string;
  /** The reader before these lines; undefined when it had read none. */
  readonly reader?: LineDecoderState;
  /** Whether the log had debug lines before these. */
  readonly detail?: boolean;
  /** What became of the lines before, as far as they were read since the start of the program. */
  readonly counts: LineCounts;
}

/** So long after the first line that was not believed, seconds, it matters to no count any more. */
const WORTH_KEEPING = 31 * 86_400;
/** Places kept of a log. */
const MOST = 8;

/**
 * The places to be kept of a log, in the order of its lines, when lines at one more were not believed. Those of each place
 * will be believed earlier than those of the place before: one line from far ahead must not have all behind it read again
 * each time. What will be believed later is read again with what is before it.
 */
export function withPlace(before: readonly Unbelieved[], now: Unbelieved): readonly Unbelieved[] {
  const to = now.reader?.clock.last ?? -Infinity;
  const kept = before.filter(({ reader }) => !(to - (reader?.clock.last ?? -Infinity) > WORTH_KEEPING));
  const last = kept.at(-1);
  if (!last || (now.at < last.at && kept.length < MOST)) return [...kept, now];
  return [...kept.slice(0, -1), { ...last, at: Math.min(last.at, now.at) }];
}

/** The place from which lines are to be read again. `horizon`: the latest instant believed, unix seconds. */
export function believedBy(
  horizon: number,
  timezone: string,
  places: readonly Unbelieved[] = [],
): Unbelieved | undefined {
  return places.find((place) => place.at <= horizon || place.timezone !== timezone);
}

/** A log put back to one of its places. */
export interface Rewound {
  readonly state: StoredState | undefined;
  /** Undefined for those that were none then. */
  readonly sessions: readonly (readonly [string, Session | undefined])[];
  /** Those of which something was heard since, as they were. */
  readonly since: readonly (readonly [string, Session])[];
}

/** Its sessions are put back to what they were at the place, as far as that is known. `hibernation`: seconds. */
export function rewound(
  state: StoredState,
  { at, reader, detail }: Unbelieved,
  users: Users,
  hibernation: number,
): Rewound {
  const { unbelieved = [], ...rest } = state.log;
  const earlier = unbelieved.filter((each) => each.at > at);
  const begin = reader?.clock.last ?? -Infinity;
  const sessions = state.sessions.map(([key, session]) => {
    const waits = users.resumes(users.find(session.user)) ? hibernation + 1 : 0;
    return [key, sessionAt(begin, session, waits)] as const;
  });
  const detailed = { ...rest, detail: detail ?? rest.detail };
  const log = reader && { ...detailed, reader, ...(earlier.length > 0 && { unbelieved: earlier }) };
  const known = sessions.flatMap(([key, session]) => (session ? [[key, session] as const] : []));
  return {
    state: log && { log, sessions: known },
    sessions,
    since: state.sessions.filter(([, session]) => session.at > begin),
  };
}

/**
 * What a session was at `begin`, unix seconds, as far as what it is now tells; undefined where it does not, or there was none.
 * `waits`: so long its user may have been online behind the last line of it, seconds. No line tells of the end of that, so
 * whoever may have been waiting is not put back: they would wait for ever.
 */
function sessionAt(begin: number, session: Session, waits: number): Session | undefined {
  const { state, since, at } = session;
  if (at <= begin) return session;
  if (since > begin) return undefined;
  if (state === 'removed') return { ...session, state: 'bound', at: since };
  const hasEndedSince = state === 'away' || (state === 'ended' && at - waits > begin);
  return hasEndedSince || state === 'open' ? { ...session, state: 'open', at: since } : undefined;
}
