/** The events of a log in whatever form, as the daemon reads it. */
import type { SessionEvent } from '../../../src/format/dialects/dialect.ts';
import type { EventBatch } from '../../../src/format/event-batch.ts';
import { LogState } from '../../../src/service/log-state.ts';
import { newUsers } from '../../../src/service/new-users.ts';
import type { StoredLog } from '../../../src/service/stored-log.ts';
import { OPTIONS } from '../../golden.ts';

const KINDS = ['foreign', 'rejected', 'quoted'] as const;
const HORIZON = Date.UTC(2026, 11, 1) / 1000;

/** In blocks of so many bytes, of which the first may be another one, behind each of which the state is stored and restored; what waits at the end is told by itself. */
export function eventsOf(log: Buffer, timezone = 'UTC', size = 50_000, first = size) {
  const ends: number[] = [];
  for (let from = 0; from < log.length; from = ends.at(-1)!)
    ends.push(log.indexOf(10, Math.min(from === 0 ? first : from + size, log.length) - 1) + 1);
  return eventsIn(log, { ends, timezone, restarts: true });
}

interface Reading {
  /** Where the blocks end, beside the last one. */
  readonly ends: readonly number[];
  readonly timezone?: string;
  /** Whether the state is stored and restored behind each of them. */
  readonly restarts?: boolean;
  readonly server?: string;
}

/** In blocks that end there; what waits at the end is told by itself. */
export function eventsIn(log: Buffer, { ends, timezone = 'UTC', restarts = false, server: named = 'auto' }: Reading) {
  const users = newUsers({ count: { exclude: [], includeDisabled: false, ...OPTIONS } });
  const options = { ...OPTIONS, server: named, timezone, horizon: () => HORIZON };
  const events: SessionEvent[] = [];
  const counts = { foreign: 0, rejected: 0, quoted: 0 };
  let stored: StoredLog | undefined;
  const goOn = (): LogState =>
    new LogState(users, { ...options, ...(stored && { stored: { log: stored, sessions: [] } }) });
  const take = (logState: LogState, batch: EventBatch): void => {
    for (let i = 0; i < batch.count; i++) {
      const event = logState.sessions.eventOf(batch, i);
      if (event.kind !== 'gap') events.push(event);
      logState.sessions.take(event);
    }
  };
  const count = (logState: LogState): void => {
    for (const kind of KINDS) counts[kind] += logState.counts[kind];
  };
  let logState = goOn();
  let from = 0;
  for (const end of [...ends, log.length].toSorted((a, b) => a - b)) {
    if (end === from) continue;
    if (restarts) {
      count(logState);
      logState = goOn();
    }
    take(logState, logState.decode(log.subarray(from, end), true));
    stored = JSON.parse(JSON.stringify(logState.stored)) as StoredLog;
    from = end;
  }
  take(logState, logState.decodeRest());
  count(logState);
  const { waiting, rival, wrapped, server, version } = logState;
  return { events, counts, stored, waiting, rival, wrapped, server, version };
}
