/** Logs made from the sources of servers that cannot be run here: who came and went in them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { dialectNamed } from '../src/format/format.ts';
import { eventsOf } from './golden.ts';
import { run } from './program.ts';

const pathOf = (file: string): string => fileURLToPath(new URL(`../../test/logs/made/${file}`, import.meta.url));

/** What a log says: kinds of events and whom they are about. */
const LOGS: readonly (readonly [file: string, server: string, events: readonly string[]])[] = [
  [
    'metronome.log',
    'metronome',
    [
      'server-start',
      'connect',
      'start alice',
      'start bob',
      'connect',
      'end',
      'end',
      'end',
      'connect',
      'start carol',
      'removed carol',
      'server-stop',
    ],
  ],
];

describe('made logs', () => {
  for (const [file, server, expected] of LOGS) {
    const dialect = dialectNamed(server);
    test(`${file} [10.4]`, () => {
      assert.ok(dialect);
      const [events, counts] = eventsOf(readFileSync(pathOf(file)), { timezone: 'UTC', year: 2026 }, dialect);
      const told = events.map((event) =>
        'user' in event ? `${event.kind} ${event.user.split('@', 1)[0]}` : event.kind,
      );
      assert.deepEqual(told, expected);
      assert.deepEqual([counts.foreign, counts.rejected, counts.quoted], [0, 0, 0]);
    });
    test(`${file} is understood without being told what it is [10.6]`, async () => {
      const { code, out } = await run([
        'history',
        '--timezone',
        'UTC',
        '--year',
        '2026',
        '--format',
        'csv',
        pathOf(file),
      ]);
      assert.equal(code, 0);
      assert.match(out, /chat\.example,[1-9]/);
    });
  }
});
