/** The journal as a source: what is there and what comes, once each, whatever becomes of it and of the program that reads it. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { NoticeKind } from '../../src/source/follow/notices.ts';
import { JournalFollower } from '../../src/source/journal.ts';
import { journalName, journalOf, matchFor } from '../../src/source/journal-name.ts';
import type { JournalPosition } from '../../src/source/source.ts';
import { DEADLINE_MS } from '../deadline.ts';
import { fakeJournal, FIRST } from './fake-journalctl.ts';

interface Reading {
  readonly messages: string[];
  /** Of the messages before which others may be lost. */
  readonly behindLoss: string[];
  readonly told: [NoticeKind, string][];
  readonly follower: JournalFollower;
  /** Waits until the last of so many messages is stored. */
  until(count: number): Promise<void>;
  /** Waits until it has told something. */
  toldOf(kind: NoticeKind): Promise<string>;
  stop(): Promise<JournalPosition | undefined>;
}

function read(
  t: TestContext,
  from: Partial<{ position: JournalPosition; since: number; follow: boolean }> = {},
): Reading {
  const [messages, behindLoss, told]: [string[], string[], [NoticeKind, string][]] = [[], [], []];
  let changed = (): void => {};
  const follower = new JournalFollower({
    ...{ path: 'journal:prosody.service', entries: 'prosody.service', pauseMs: 20 },
    ...{ position: from.position, since: from.since, follow: from.follow ?? true },
    notice: ({ kind, text }) => {
      told.push([kind, text]);
      changed();
    },
  });
  const over = new AbortController();
  let { position } = from;
  const reading = (async () => {
    for await (const block of follower.blocks(over.signal)) {
      const all = block.bytes.toString().split('\n').slice(0, -1);
      const found = all.map((line) => (JSON.parse(line) as { MESSAGE: string }).MESSAGE);
      if (block.isBehindLoss) behindLoss.push(found[0] ?? '');
      messages.push(...found);
      ({ position } = block);
      changed();
    }
  })();
  const until = async (is: () => boolean): Promise<void> => {
    const overdue = performance.now() + DEADLINE_MS;
    while (!is()) {
      const wait = new Promise<void>((resolve) => (changed = resolve));
      await Promise.race([wait, reading, delay(DEADLINE_MS, undefined, { ref: false })]);
      if (performance.now() > overdue) throw new Error(`there are only ${messages.join(', ')}; ${told.join(', ')}`);
    }
  };
  const stop = async (): Promise<JournalPosition | undefined> => {
    over.abort();
    await reading;
    return position;
  };
  t.after(stop);
  return {
    ...{ messages, behindLoss, told, follower, stop },
    until: (count) => until(() => messages.length >= count),
    toldOf: async (kind) => {
      await until(() => told.some((each) => each[0] === kind));
      return told.find((each) => each[0] === kind)?.[1] ?? '';
    },
  };
}

test('what is there is read, then what comes, and after a restart what came meanwhile [10.2]', async (t) => {
  const journal = fakeJournal(t);
  journal.write(['a', 'b']);
  const first = read(t);
  await first.until(2);
  journal.write(['c']);
  await first.until(3);
  const position = await first.stop();
  journal.write(['d', 'e']);
  const second = read(t, { ...(position && { position }) });
  await second.until(2);
  journal.write(['f']);
  await second.until(3);
  assert.deepEqual(
    [first.messages, second.messages],
    [
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
    ],
  );
  assert.deepEqual([...first.told, ...second.told], []);
  assert.match(journal.calls()[0]?.how ?? '', /-o json --all --merge .*--follow .*_SYSTEMD_UNIT=prosody\.service/);
});

test('a log of which nothing was read begins where it is asked to [10.2]', async (t) => {
  const journal = fakeJournal(t);
  journal.write(['old', 'older'], FIRST);
  journal.write(['new'], FIRST + 100e6);
  const reading = read(t, { since: FIRST / 1e6 + 50, follow: false });
  await reading.until(1);
  await reading.stop();
  assert.deepEqual(reading.messages, ['new']);
});

test('F36: an entry that is gone is told, and lines may be lost behind it [10.2]', async (t) => {
  const journal = fakeJournal(t);
  journal.write(['a', 'b']);
  const first = read(t);
  await first.until(2);
  const position = await first.stop();
  journal.write(['lost', 'd', 'e']);
  journal.keep(2);
  const second = read(t, { ...(position && { position }) });
  await second.until(2);
  assert.deepEqual(second.messages, ['d', 'e']);
  assert.deepEqual(second.behindLoss, ['d']);
  assert.match(await second.toldOf('lost'), /lines of journal:prosody\.service may be lost: .* entry of 2026-11-18T/);
  assert.equal(second.follower.status().lostSegments, 1);
});

test('F36: so is a cursor that is none [10.2]', async (t) => {
  const journal = fakeJournal(t);
  journal.write(['a']);
  const log = 'journal:prosody.service';
  const reading = read(t, { position: { id: log, log, cursor: 'nonsense', readAt: 0 } });
  await reading.until(1);
  assert.deepEqual([reading.messages, reading.behindLoss], [['a'], ['a']]);
  await reading.toldOf('lost');
});

test('F36: a journal without any entry left tells its loss at once, and once [10.2]', async (t) => {
  const journal = fakeJournal(t);
  journal.write(['a', 'b']);
  const first = read(t);
  await first.until(2);
  const position = await first.stop();
  journal.write(['lost']);
  journal.keep(0);
  const second = read(t, { ...(position && { position }) });
  await second.toldOf('lost');
  await second.follower.caughtUp();
  assert.equal(second.follower.status().lostSegments, 1);
  const emptied = await second.stop();
  const third = read(t, { ...(emptied && { position: emptied }) });
  journal.write(['d']);
  await third.until(1);
  journal.write(['e']);
  await third.until(2);
  assert.deepEqual([second.messages, second.behindLoss], [[], ['']]);
  assert.deepEqual([third.messages, third.behindLoss, third.told], [['d', 'e'], [], []]);
});

test('nobody waits for entries that are too old to be read [10.2]', async (t) => {
  const journal = fakeJournal(t);
  journal.write(['old'], FIRST);
  const reading = read(t, { since: FIRST / 1e6 + 50 });
  await reading.follower.caughtUp();
  journal.write(['new'], FIRST + 100e6);
  await reading.until(1);
  assert.deepEqual(reading.messages, ['new']);
});

test('an entry that journald has moved is the same one, also behind others of its microsecond [10.2]', async (t) => {
  const journal = fakeJournal(t);
  journal.write(['a', 'b', 'c'], FIRST);
  const first = read(t);
  await first.until(3);
  const position = await first.stop();
  journal.write(['d']);
  journal.move();
  const second = read(t, { ...(position && { position }) });
  await second.until(1);
  assert.deepEqual([second.messages, second.told], [['d'], []]);
});

test('when journalctl is killed it goes on from the last entry [10.2]', async (t) => {
  const journal = fakeJournal(t);
  journal.write(['a']);
  const reading = read(t);
  await reading.until(1);
  process.kill(journal.calls().at(-1)?.pid ?? 0, 'SIGKILL');
  journal.write(['b']);
  await reading.until(2);
  assert.deepEqual([reading.messages, reading.behindLoss], [['a', 'b'], []]);
  assert.match(await reading.toldOf('unreadable'), /journalctl was ended by SIGKILL/);
  await reading.toldOf('readable');
});

test('it has caught up when the newest entry is stored, and at once where there is none [10.2]', async (t) => {
  const journal = fakeJournal(t);
  const reading = read(t);
  await reading.follower.caughtUp();
  journal.write(Array.from({ length: 1000 }, (_, i) => `m${i}`));
  await reading.follower.caughtUp();
  assert.equal(reading.messages.length, 1000);
});

test('who may not read the journal is told which group may, and nobody waits for it [10.2]', async (t) => {
  const journal = fakeJournal(t);
  journal.write(['a']);
  journal.refuse('No journal files were opened due to insufficient permissions.');
  const reading = read(t);
  assert.match(await reading.toldOf('unreadable'), /group systemd-journal.*SupplementaryGroups=systemd-journal/);
  await reading.follower.caughtUp();
  assert.equal(reading.follower.isThere, false);
  journal.refuse(undefined);
  await reading.until(1);
  assert.deepEqual(
    reading.told.map(([kind]) => kind),
    ['unreadable', 'readable'],
  );
  assert.equal(reading.follower.isThere, true);
});

test('where there is no journalctl that is told [10.2]', async (t) => {
  const before = process.env['PATH'];
  t.after(() => (process.env['PATH'] = before));
  process.env['PATH'] = '/nowhere';
  const reading = read(t);
  assert.match(await reading.toldOf('unreadable'), /journalctl is not there/);
});

test('an entry that is too long is passed over, and not what is behind it [10.2]', async (t) => {
  const journal = fakeJournal(t);
  journal.write(['a', 'x'.repeat(17 * 1024 * 1024), 'c']);
  const reading = read(t);
  await reading.until(2);
  assert.deepEqual(reading.messages, ['a', 'c']);
  await reading.toldOf('skipped-line');
});

const names: [string, string | undefined, string][] = [
  ['prosody.service', 'journal:prosody.service', '_SYSTEMD_UNIT=prosody.service'],
  ['prosody', 'journal:prosody.service', '_SYSTEMD_UNIT=prosody.service'],
  ['xmpp@a\\x2db.service', 'journal:xmpp@a\\x2db.service', '_SYSTEMD_UNIT=xmpp@a\\x2db.service'],
  ['SYSLOG_IDENTIFIER=prosody', 'journal:SYSLOG_IDENTIFIER=prosody', 'SYSLOG_IDENTIFIER=prosody'],
  ['CONTAINER_NAME=my xmpp', 'journal:CONTAINER_NAME=my xmpp', 'CONTAINER_NAME=my xmpp'],
  ['--rotate', undefined, ''],
  ['', undefined, ''],
  ['lower=x', undefined, ''],
  ['a b.service', undefined, ''],
  ['SYSLOG_IDENTIFIER=', undefined, ''],
];
for (const [typed, name, match] of names)
  test(`${JSON.stringify(typed)} is ${name ? `the log ${name}` : 'no log'} [10.2]`, () => {
    assert.equal(journalName(typed), name);
    if (name !== undefined) assert.equal(matchFor(journalOf(name) ?? ''), match);
  });
