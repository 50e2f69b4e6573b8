/** The events of a log in whatever form, as the daemon reads it. */
import type { SessionEvent } from '../../../src/format/dialects/dialect.ts';
import { LogState } from '../../../src/service/log-state.ts';
import { newUsers } from '../../../src/service/new-users.ts';
import type { StoredLog } from '../../../src/service/stored-log.ts';
import { OPTIONS } from '../../golden.ts';

const HORIZON = Date.UTC(2026, 11, 1) / 1000;

/** In blocks of so many bytes, behind each of which the state is stored and restored. */
export function eventsOf(log: Buffer, timezone = 'UTC', size = 50_000) {
  const users = newUsers({ count: { exclude: [], includeDisabled: false, ...OPTIONS } });
  const options = { ...OPTIONS, server: 'auto', timezone, horizon: () => HORIZON };
  const events: SessionEvent[] = [];
  const counts = { foreign: 0, rejected: 0 };
  let stored: StoredLog | undefined;
  for (let from = 0; from < log.length;) {
    const end = log.indexOf(10, Math.min(from + size, log.length) - 1) + 1;
    const logState = new LogState(users, { ...options, ...(stored && { stored: { log: stored, sessions: [] } }) });
    const batch = logState.decode(log.subarray(from, end), true);
    for (let i = 0; i < batch.count; i++) {
      const event = logState.sessions.eventOf(batch, i);
      if (event.kind !== 'gap') events.push(event);
      logState.sessions.take(event);
    }
    counts.foreign += logState.counts.foreign;
    counts.rejected += logState.counts.rejected;
    stored = JSON.parse(JSON.stringify(logState.stored)) as StoredLog;
    from = end;
  }
  return { events, counts, stored };
}
