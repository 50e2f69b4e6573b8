/** Logs made from the sources of servers that cannot be run here: who came and went in them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { dialectNamed } from '../src/format/format.ts';
import { Sessions } from '../src/activity/sessions.ts';
import { Users } from '../src/activity/user-table.ts';
import type { SessionEvent } from '../src/format/dialects/dialect.ts';
import { eventsOf, OPTIONS } from './golden.ts';
import { golden, run } from './program.ts';

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
  [
    'mongooseim-6.0-info.log',
    'mongooseim',
    ['server-start', 'start alice', 'start bob', 'start bob', 'start bob', 'end alice', 'end bob', 'server-stop'],
  ],
  ['mongooseim-6.8-info.log', 'mongooseim', ['server-start', 'start alice']],
  ['mongooseim-6.8-debug.log', 'mongooseim', ['server-start', 'start alice', 'start bob', 'end alice']],
  [
    'openfire-5.1-debug.log',
    'openfire',
    ['server-start', 'start alice', 'start alice', 'start bob', 'end alice', 'end bob'],
  ],
  ['openfire-4.6-debug.log', 'openfire', ['start alice', 'end alice']],
  ['tigase-8.log', 'tigase', ['server-start', 'start alice', 'start bob', 'end alice', 'end bob']],
  ['tigase-8-coloured.log', 'tigase', ['server-start', 'start alice', 'start bob', 'end alice', 'end bob']],
];

/** Who is online at the end of a log; of 6.8 at level info, until time ends it. */
const ONLINE: Readonly<Record<string, readonly string[]>> = {
  'mongooseim-6.8-info.log': ['open alice@chat.example'],
  'mongooseim-6.8-debug.log': ['bound bob@chat.example'],
};

function online(events: readonly SessionEvent[]): string[] {
  const sessions = new Sessions(new Users({ exclude: [], includeDisabled: false }), OPTIONS);
  for (const event of events) sessions.take(event);
  const all = [...sessions.all()].map(([, { state, user }]) => `${state} ${user}`);
  return all.filter((each) => /^(?:open|bound) /.test(each)).toSorted();
}

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
      assert.deepEqual(
        [counts.foreign, counts.rejected, counts.quoted],
        [0, 0, file === 'mongooseim-6.0-info.log' ? 1 : 0],
      );
      assert.deepEqual(online(events), ONLINE[file] ?? []);
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

test('the container of a Snikket, in which others than Prosody write [10.4]', async () => {
  const { out, err } = await run(['explain', '--json', pathOf('snikket-docker-json.log')]);
  const events = out
    .trimEnd()
    .split('\n')
    .map((line): { line: number; kind: string | null; user?: string } => JSON.parse(line))
    .filter(({ kind }) => kind !== null);
  assert.deepEqual(
    events.map(({ line, kind, user = '' }) => `${line} ${kind} ${user}`.trimEnd()),
    [
      '5 server-start',
      '10 connect',
      '12 start alice@chat.example',
      '14 connect',
      '16 start bob@chat.example',
      '19 end',
      '20 end',
      '21 end',
    ],
  );
  assert.doesNotMatch(err, /not understood/);
});

test('mongooseim.json says what mongooseim.log says [10.4]', async () => {
  const kinds = await Promise.all(
    ['log', 'json'].map(async (form) => {
      const { out } = await run(['explain', '--json', pathOf(`mongooseim-6.0-info.${form}`)]);
      const lines = out
        .trimEnd()
        .split('\n')
        .map((line): { kind: string | null; user?: string } => JSON.parse(line));
      return lines.flatMap(({ kind, user = '' }) => (kind === null ? [] : [`${kind} ${user}`]));
    }),
  );
  assert.equal(kinds[0]?.length, 8);
  assert.deepEqual(kinds[1], kinds[0]);
});

test('the entries of two lines of ejabberd 2.1 [10.3]', async () => {
  const { out } = await run(['explain', '--json', pathOf('ejabberd-2.1.log')]);
  const events = out
    .trimEnd()
    .split('\n')
    .map((line): { line: number; kind: string | null; user?: string; at: number } => JSON.parse(line))
    .filter(({ kind }) => kind !== null);
  const told = events.map(({ line, kind, user = '' }) => `${line} ${kind} ${user}`.trimEnd());
  assert.deepEqual(told, [
    '3 server-start',
    '12 start alice@chat.example',
    '24 end alice@chat.example',
    '27 server-stop',
  ]);
  assert.equal(events[1]?.at, Date.UTC(2026, 2, 2, 10, 0, 10) / 1000);
});

test("Prosody's mod_log_json says what its file says, put together or not [10.4]", async () => {
  const told = async (file: string): Promise<string[]> => {
    const { out } = await run(['explain', '--json', golden(`layouts/${file}.log`)]);
    const events = out
      .trimEnd()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line));
    return events
      .filter(({ kind }) => kind !== null && kind !== 'server-start')
      .map((event) => JSON.stringify({ ...event, line: 0 }));
  };
  const expected = await told('file-default');
  assert.ok(expected.length > 10);
  for (const form of ['json', 'json-formatted', 'json-formatted-as-message'])
    assert.deepEqual(await told(`mod_log_${form}`), expected, form);
});

describe('a log of a server at a level that tells of no session', () => {
  test('is told with the setting that helps, and the line for it [10.4]', async () => {
    const { out, err } = await run(['check', '--log', pathOf('openfire-5.1-info.log'), '--index', '/dev/null/index']);
    assert.match(out + err, /<Logger name="org\.jivesoftware\.openfire\.spi\.RoutingTableImpl" level="debug"\/>/);
  });
});
