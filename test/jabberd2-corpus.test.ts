/** What is counted in logs that a real jabberd2 wrote, beside what the clients did that made them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { SessionEvent } from '../src/format/dialects/dialect.ts';
import { jabberd2 } from '../src/format/dialects/jabberd2.ts';
import type { LineCounts } from '../src/format/line-decoder.ts';
import { eventsOf } from './golden.ts';
import { run } from './program.ts';
import { missing, staysIn, truthIn, type Stay } from './stays.ts';

const pathOf = (file: string): string =>
  fileURLToPath(new URL(`../../test/logs/jabberd2/2.7.0/${file}`, import.meta.url));
const read = (file: string): [SessionEvent[], LineCounts] =>
  eventsOf(readFileSync(pathOf(file)), { timezone: 'UTC', year: 2026 }, jabberd2);

const TRUTH = truthIn(readFileSync(pathOf('j1.truth.jsonl'), 'utf8'));
const UNTIL = Math.max(...TRUTH.map(({ to = 0 }) => to));
/** The driver lost sight of its clients with a resource of 1023 bytes. */
const isNoted = ({ jid, from }: Stay): boolean => from < UNTIL && !jid.includes('LLLL');
const at = (time: string): number => Date.parse(`2026-11-23T${time}Z`) / 1000;

for (const file of ['sm.log', 'c2s.log']) {
  const [events, counts] = read(file);
  const stays = staysIn(events);

  test(`${file}: its sessions are those of the clients [10.4]`, () => {
    assert.equal(TRUTH.length, 25);
    assert.deepEqual([missing(TRUTH, stays), missing(stays.filter(isNoted), TRUTH)], [[], []]);
    assert.deepEqual([counts.foreign, counts.rejected], [0, 0]);
  });

  test(`${file}: a resource whose line is cut has a beginning and an end [10.4]`, () => {
    const long = stays.filter(({ jid }) => jid.includes('LLLL'));
    assert.deepEqual(
      long.map(({ to }) => to !== undefined),
      [true, true],
    );
  });

  test(`${file}: who is forged is nobody [10.8]`, () => {
    assert.ok(events.every((event) => !('user' in event && event.user.startsWith('victim@'))));
    assert.equal(counts.quoted, file === 'sm.log' ? 0 : 16);
  });

  test(`${file}: an account that is removed is forgotten [10.4]`, () => {
    const removed = events.flatMap((event) => (event.kind === 'removed' ? [event.user] : []));
    assert.deepEqual(removed, ['tmpu@jab.test']);
  });

  test(`${file}: history knows the server by its lines [10.6]`, async () => {
    const { code, out } = await run(['history', '--timezone', 'UTC', '--format', 'csv', pathOf(file)]);
    assert.equal(code, 0);
    assert.match(out, /,jab\.test,8,8,8$/m);
  });
}

/** The three sessions that were open when a part of the server was killed with -9, and when they ended. */
const ofTheKilled = (file: string, from: string): (number | undefined)[] =>
  staysIn(read(file)[0]).flatMap((stay) => (stay.from === at(from) && /\/h\d$/.test(stay.jid) ? [stay.to] : []));

test('who was online in the session manager that was killed logged out with its last line [10.4]', () => {
  assert.deepEqual(ofTheKilled('sm.log', '19:50:06'), Array(3).fill(at('19:50:06')));
  assert.deepEqual(ofTheKilled('c2s.log', '19:50:06'), Array(3).fill(at('19:50:06')));
});

test('so did who was online in the part for the connections, when that was killed [10.4]', () => {
  assert.deepEqual(ofTheKilled('sm.log', '19:50:19'), Array(3).fill(at('19:50:19')));
  assert.deepEqual(ofTheKilled('c2s.log', '19:50:19'), Array(3).fill(at('19:50:19')));
});

const TRANSPORTS = [
  'syslog.fileformat',
  'syslog.traditional',
  'syslog.rfc5424',
  'journal.short.gz',
  'journal.short-iso.gz',
  'journal.json.gz',
];

for (const file of TRANSPORTS)
  test(`${file}: the same server through syslog and journald [10.4]`, async () => {
    const path = pathOf(`../transports/${file}`);
    const { code, out } = await run(['history', '--timezone', 'UTC', '--year', '2026', '--format', 'csv', path]);
    assert.equal(code, 0);
    assert.match(out, /,jab\.test,2,2,2$/m);
    assert.doesNotMatch(out, /victim/);
  });
