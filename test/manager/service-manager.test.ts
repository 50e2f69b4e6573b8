/** What the service manager is told, by a stand-in for `systemd-notify` that writes down what it is given. */
import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import type { DaemonStatus } from '../../src/index/status-file.ts';
import { ServiceManager } from '../../src/manager/service-manager.ts';
import { statusLine } from '../../src/manager/status-line.ts';
import type { HeldIndex } from '../../src/service/operations.ts';
import { deadline } from '../deadline.ts';

const COUNTS = { lines: 0, rejected: 0, rotations: 0, truncations: 0, skippedLines: 0, lostSegments: 0 };
const log = { path: '/var/log/a.log', offset: 0, size: 0, lagBytes: 0, ...COUNTS };
const standing: DaemonStatus = { since: 0, at: 0, logs: [log] };

interface Told {
  readonly manager: ServiceManager;
  readonly sentences: string[];
  /** Waits for so many calls, and gives them. */
  readonly calls: (least: number) => Promise<string[]>;
}

async function managed(
  t: TestContext,
  { watchdogMs, script = '' }: { watchdogMs?: number; script?: string } = {},
): Promise<Told> {
  const root = await mkdtemp(join(tmpdir(), 'manager-'));
  const said = join(root, 'said');
  await writeFile(said, '');
  await writeFile(join(root, 'systemd-notify'), `#!/bin/sh\necho "$NOTIFY_SOCKET|$*" >>${said}\n${script}`);
  await chmod(join(root, 'systemd-notify'), 0o755);
  const sentences: string[] = [];
  const manager = new ServiceManager({
    env: { NOTIFY_SOCKET: '@here', PATH: `${root}:${process.env['PATH']}` },
    watchdogMs,
    monotonic: () => 5n,
    tell: (_level, sentence) => sentences.push(sentence),
  });
  const watcher = watch(said);
  t.after(async () => {
    manager.close();
    watcher.close();
    await rm(root, { recursive: true, maxRetries: 10 });
  });
  const lines = async (): Promise<string[]> => (await readFile(said, 'utf8')).split('\n').slice(0, -1);
  const calls = async (least: number): Promise<string[]> => {
    const signal = deadline();
    for (;;) {
      // Listened for before it is read, as it may come in between.
      const changed = once(watcher, 'change', { signal });
      changed.catch(() => undefined);
      const all = await lines();
      if (all.length >= least) return all;
      await changed;
    }
  };
  return { manager, sentences, calls };
}

/** An index that is written so, of a daemon that stands so. */
const holding = (write: () => Promise<void>): HeldIndex =>
  ({ standing: () => standing, writeBuffer: { commitUsers: write } }) as unknown as HeldIndex;

test('readiness, a reload and the status are said in their order, and nothing twice [11.3]', async (t) => {
  const { manager, calls } = await managed(t);
  manager.begin([log.path]);
  manager.hold(holding(() => Promise.resolve()));
  manager.ready();
  manager.counted();
  manager.caughtUp();
  manager.reloading();
  manager.reloaded();
  assert.deepEqual(await calls(3), [
    '@here|READY=1 STATUS=catching up',
    '@here|RELOADING=1 MONOTONIC_USEC=5',
    '@here|READY=1',
  ]);
});

test('the watchdog is fed as long as the index answers [11.3]', async (t) => {
  const { manager, calls } = await managed(t, { watchdogMs: 30 });
  manager.hold(holding(() => Promise.resolve()));
  manager.ready();
  assert.deepEqual((await calls(3)).slice(1, 3), ['@here|WATCHDOG=1', '@here|WATCHDOG=1']);
});

test('an index that refuses answers, and one that says nothing does not [11.3]', async (t) => {
  const refusing = await managed(t, { watchdogMs: 30 });
  refusing.manager.hold(holding(() => Promise.reject(new Error('the disk is full'))));
  refusing.manager.ready();
  await refusing.calls(3);
  const silent = await managed(t, { watchdogMs: 30 });
  silent.manager.hold(holding(() => new Promise(() => {})));
  silent.manager.ready();
  await refusing.calls(10);
  assert.equal((await silent.calls(1)).length, 1);
});

test('that systemd-notify fails is told once [11.3]', async (t) => {
  const { manager, sentences, calls } = await managed(t, { script: 'exit 3' });
  manager.ready();
  manager.reloading();
  manager.reloaded();
  await calls(3);
  manager.reloading();
  await calls(4);
  assert.equal(sentences.length, 1);
  assert.match(sentences[0] ?? '', /systemd-notify \(it ended with 3\)/);
});

test('the status says what it is at, what it waits for, and the last counts [11.3]', () => {
  const shown = { logs: [log.path, '/b', '/c', '/d', '/e'], isCaughtUp: true, delay: undefined };
  const of = (...logs: object[]) => ({ ...standing, logs: logs.map((each) => ({ ...log, ...each })) });
  const counts = [
    { host: 'a.example', d1: 1, d7: 2, d30: 3, covered: [86_400, 604_800, 0] },
    { host: 'b.example', d1: 10, d7: 20, d30: 30, covered: [86_400, 604_800, 0] },
  ];
  const lines = [
    statusLine({ ...shown, standing: undefined }),
    statusLine({ ...shown, standing: undefined, delay: 'no room' }),
    statusLine({ ...shown, standing: of(), isCaughtUp: false }),
    statusLine({ ...shown, standing: of({ lagBytes: 7 }, { path: '/b' }), isCaughtUp: false, logs: [log.path, '/b'] }),
    statusLine({
      ...shown,
      standing: of({ waits: 'log' }, { path: '/b', unreadable: 'x' }, { path: '/c', waits: 'disk' }),
    }),
    statusLine({ ...shown, standing: { ...of({}), countedAt: 1_772_413_200, counts } }),
    statusLine({
      ...shown,
      standing: {
        ...of({}),
        countedAt: 1_772_413_200,
        counts: counts.slice(0, 1).map((each) => ({ ...each, d180: 4 })),
      },
    }),
  ];
  assert.deepEqual(lines, [
    'opening the index',
    'waiting: no room',
    'catching up with /var/log/a.log, /b, /c, 2 more',
    'catching up with /var/log/a.log',
    'waiting for /var/log/a.log; unreadable: /b; waiting until the index can be written, to go on with /c',
    'users of 1, 7 and 30 days at 2026-03-02T01:00Z: all hosts 11 22 >=33, b.example 10 20 >=30, a.example 1 2 >=3',
    'users of 1, 7, 30 and 180 days at 2026-03-02T01:00Z: a.example 1 2 >=3 >=4',
  ]);
});
