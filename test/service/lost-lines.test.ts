/** Lines that were lost with their file: the time of them is not covered, and nobody is known to be online behind them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coveredByAll } from '../../src/activity/coverage.ts';
import { coveredIn, LogState } from '../../src/service/log-state.ts';
import type { StoredLog } from '../../src/service/stored-log.ts';
import { loadConfig } from '../../src/config/config.ts';
import { newUsers } from '../../src/service/new-users.ts';

const BEGIN = Date.UTC(2026, 2, 2, 10) / 1000;
const HOUR = 3600;
const config = loadConfig({
  ...{ flags: {}, env: {}, defaultTimezone: 'UTC' },
  readFile: () => undefined,
  exists: () => false,
});
const IDS: Readonly<Record<string, string>> = { alice: 'c2s1a', bob: 'c2s2b', carol: 'c2s3c', dora: 'c2s4d' };
const login = (at: number, user: string): Buffer =>
  Buffer.from(
    `${new Date(at * 1000).toISOString().slice(0, 19)}+0000 ${IDS[user]}\tinfo\tAuthenticated as ${user}@chat.example\n`,
  );

function logState(users = newUsers(config), log?: StoredLog) {
  const stored = log && { stored: { log, sessions: [] } };
  return new LogState(users, {
    ...config.count,
    ...{ server: 'prosody', timezone: 'UTC', horizon: () => Infinity },
    ...stored,
  });
}

function take(state: LogState, bytes: Buffer): void {
  const batch = state.decode(bytes, false);
  for (let event = 0; event < batch.count; event++) state.sessions.takeFrom(batch, event);
}

for (const restart of [false, true])
  test(`the time of lost lines is not covered${restart ? ', also when the daemon ends before the next line' : ''} [9.9]`, () => {
    const users = newUsers(config);
    let state = logState(users);
    take(state, login(BEGIN, 'alice'));
    take(state, login(BEGIN + HOUR, 'bob'));
    state.loseLines();
    if (restart) state = logState(users, JSON.parse(JSON.stringify(state.stored)));
    take(state, login(BEGIN + 3 * HOUR, 'carol'));
    take(state, login(BEGIN + 4 * HOUR, 'dora'));
    const spans = coveredIn(state);
    assert.deepEqual(spans, [
      [BEGIN, BEGIN + HOUR],
      [BEGIN + 3 * HOUR, BEGIN + 4 * HOUR],
    ]);
    const end = BEGIN + 4 * HOUR;
    assert.equal(coveredByAll([{ spans, state: 'current' }], end - 24 * HOUR, end), 2 * HOUR);
    assert.deepEqual(coveredIn(state.stored ?? { coverage: [] }), spans);
    if (!restart) assert.deepEqual([...state.sessions.online()].length, 2, 'carol and dora');
  });
