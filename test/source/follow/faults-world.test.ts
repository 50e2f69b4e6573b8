/** Faults of followers that come from the system around them; the numbers are those of the list in CONTRIBUTING. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DEADLINE_MS } from '../../deadline.ts';
import { asOrdinaryUser, cannotBe } from '../../ordinary-user.ts';
import { Rig, rig, some } from './rig.ts';

/** A log of a user whose permissions count. */
function ordinaryRig(t: TestContext): Rig {
  const log = rig(t);
  asOrdinaryUser(t, log.directory);
  return log;
}

test(
  'F11: a new file that may not be read yet is read when it may, and the old one meanwhile',
  { skip: cannotBe },
  async (t) => {
    const log = ordinaryRig(t);
    log.write(...some(1, 3));
    log.start();
    await log.delivers(some(1, 3));
    log.rename('', '.1');
    log.append('');
    chmodSync(log.path, 0o000);
    log.append(some(4, 4) + '\n', '.1');
    await log.delivers(some(1, 4));
    await log.until(() => log.told('unreadable') > 0);
    assert.match(log.running.status().unreadable ?? '', /EACCES/);
    chmodSync(log.path, 0o600);
    log.write(...some(5, 5));
    await log.delivers(some(1, 5));
    assert.equal(log.running.status().unreadable, undefined);
    assert.equal(log.told('unreadable'), 1, 'told once, not at each try');
    assert.equal(log.told('readable'), 1);
  },
);

test('F11: a rotated sibling that may not be read yet is read when it may', { skip: cannotBe }, async (t) => {
  const log = ordinaryRig(t);
  log.write(...some(1, 3));
  log.start();
  await log.delivers(some(1, 3));
  await log.stop();
  log.rename('', '.2');
  log.append(some(4, 6).join('\n') + '\n', '.1');
  chmodSync(`${log.path}.1`, 0o000);
  log.write(...some(7, 7));
  log.start();
  await log.delivers([...some(1, 3), ...some(7, 7)]);
  chmodSync(`${log.path}.1`, 0o600);
  await log.until(() => log.lines.length === 7);
  await log.delivers([...some(1, 3), ...some(7, 7), ...some(4, 6)]);
});

test(
  'F35: what is open is read on when permission is revoked, and after a restart once it is restored',
  { skip: cannotBe },
  async (t) => {
    const log = ordinaryRig(t);
    log.write(...some(1, 3));
    log.start();
    await log.delivers(some(1, 3));
    log.append(some(4, 4) + '\n');
    chmodSync(log.path, 0o000);
    await log.delivers(some(1, 4));
    await log.restart();
    await log.until(() => log.told('unreadable') > 0);
    await log.looks(2);
    chmodSync(log.path, 0o600);
    log.write(...some(5, 5));
    await log.delivers(some(1, 5));
  },
);

test('F14: a file that is not there at first is read from its beginning when it comes', async (t) => {
  const log = rig(t);
  log.start();
  await log.looks(2);
  assert.equal(log.told('waiting'), 1);
  log.write(...some(1, 3));
  await log.delivers(some(1, 3));
});

test('F14: a directory that is not there at first, and one that is replaced, are found', async (t) => {
  const base = rig(t);
  const log = new Rig('x.log', join(base.directory, 'logs'));
  t.after(() => log.end());
  log.start();
  await log.looks(2);
  mkdirSync(log.directory);
  log.write(...some(1, 3));
  await log.delivers(some(1, 3));
  renameSync(log.directory, `${log.directory}.old`);
  mkdirSync(log.directory);
  log.write(...some(4, 5));
  await log.delivers(some(1, 5));
});

test('F14: what stands at the path and is no file is told, and a file that takes its place is read', async (t) => {
  const log = rig(t);
  mkdirSync(log.path);
  log.start();
  await log.until(() => log.told('unreadable') === 1);
  rmSync(log.path, { recursive: true });
  await log.until(() => log.told('waiting') === 1);
  assert.equal(spawnSync('mkfifo', [log.path]).status, 0);
  await log.until(() => log.told('unreadable') === 2);
  log.remove();
  log.write(...some(1, 3));
  await log.delivers(some(1, 3));
});

test('F20: changes that come too fast for events are all seen', async (t) => {
  const log = rig(t);
  log.start();
  let line = 0;
  for (let i = 0; i < 60; i++) {
    log.write(...some(++line, ++line));
    if (i % 3 === 0) {
      if (existsSync(`${log.path}.1`)) log.remove('.1');
      log.rename('', '.1');
    }
    if (i % 3 === 2) await log.looks();
  }
  await log.delivers(some(1, line));
});

test('F26: an error in the middle of a file lets the file go, and it is read on from its place', async (t) => {
  const log = rig(t);
  log.write(...some(1, 3));
  log.start();
  await log.delivers(some(1, 3));
  for (let i = 4; i < 7; i++) {
    log.spoilDescriptor();
    log.write(...some(i, i));
    await log.delivers(some(1, i));
  }
  assert.ok(log.told('unreadable') > 0);
});

test('F26: a directory that goes and comes back with its logs', async (t) => {
  const log = rig(t);
  log.write(...some(1, 3));
  log.start();
  await log.delivers(some(1, 3));
  for (let i = 4; i < 7; i++) {
    renameSync(log.directory, `${log.directory}.away`);
    await log.looks(2);
    renameSync(`${log.directory}.away`, log.directory);
    log.write(...some(i, i));
    await log.delivers(some(1, i));
  }
});

test('F33: a block that cannot be stored is offered again until it is', async (t) => {
  const log = rig(t);
  log.write(...some(1, 3));
  let refusals = 0;
  log.intercept = (_block, take) => {
    if (++refusals <= 5) return Promise.reject(new Error('ENOSPC: no space left on device'));
    take();
    return Promise.resolve();
  };
  log.start();
  log.write(...some(4, 5));
  await log.delivers(some(1, 5));
  assert.deepEqual(log.troubles, ['ENOSPC: no space left on device', 'over']);
});

test('F33: files that are rotated and deleted while nothing can be stored are held, and delivered after it', async (t) => {
  const log = rig(t);
  log.write(...some(1, 1));
  log.start();
  await log.delivers(some(1, 1));
  let full = true;
  log.intercept = (_block, take) => {
    if (full) return Promise.reject(new Error('ENOSPC'));
    take();
    return Promise.resolve();
  };
  log.write(...some(2, 2));
  await log.until(() => log.troubles.length === 1);
  for (let i = 3; i <= 6; i++) {
    log.remove();
    log.write(...some(i, i));
    await log.pinned();
  }
  full = false;
  await log.delivers(some(1, 6));
});

test('F33: a follower can be closed while nothing can be stored', async (t) => {
  const log = rig(t);
  log.write(...some(1, 3));
  log.intercept = () => Promise.reject(new Error('ENOSPC'));
  log.start();
  await log.until(() => log.troubles.length === 1);
  await log.stop();
  assert.deepEqual(log.lines, []);
  log.intercept = undefined;
  log.start();
  await log.delivers(some(1, 3));
});

const CHILD = fileURLToPath(new URL('no-events.js', import.meta.url));

test('F19, F30: without any events the tick sees lines, rotations and truncations', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'follow-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'x.log'), 'one\n');
  const script = `echo 0 > /proc/sys/user/max_inotify_watches && exec "$0" "$1" "$2"`;
  const inNamespace = ['--user', '--map-root-user', 'sh', '-c', script, process.execPath, CHILD, directory];
  const { status, stdout, stderr, error } = spawnSync('unshare', inNamespace, {
    encoding: 'utf8',
    timeout: DEADLINE_MS,
  });
  if (error && 'code' in error && error.code === 'ENOENT') return t.skip('there is no unshare here');
  assert.equal(error, undefined);
  if (/unshare|Operation not permitted|Permission denied/.test(stderr)) return t.skip('no user namespaces here');
  assert.equal(status, 0, stderr);
  assert.deepEqual(stdout.trim().split('\n'), ['no-events', 'one,two,three,four,five']);
  return undefined;
});

test(
  'F11: a log that could not be read before it was rotated is read when it may, also after a restart',
  { skip: cannotBe },
  async (t) => {
    const log = ordinaryRig(t);
    log.write(...some(1, 3));
    chmodSync(log.path, 0o000);
    log.start();
    await log.until(() => log.told('unreadable') === 1);
    log.rename('', '.1');
    log.write(...some(4, 4));
    await log.delivers(some(4, 4));
    for (const restart of [false, true]) {
      if (restart) await log.restart();
      log.age('.1', 3600);
      await log.looks(3);
    }
    chmodSync(`${log.path}.1`, 0o600);
    await log.until(() => log.lines.length === 4);
    await log.delivers([...some(4, 4), ...some(1, 3)]);
  },
);

test(
  'F11: a directory that may not be listed is told once, and nothing is read twice',
  { skip: cannotBe },
  async (t) => {
    const log = ordinaryRig(t);
    log.write(...some(1, 3));
    chmodSync(log.directory, 0o311);
    log.start();
    await log.delivers(some(1, 3));
    await log.looks(3);
    assert.equal(log.told('unreadable'), 1);
    await log.restart();
    log.write(...some(4, 4));
    await log.delivers(some(1, 4));
    chmodSync(log.directory, 0o755);
    await log.looks(3);
    await log.delivers(some(1, 4));
  },
);

test('F14: that the directory is missing is told once', async (t) => {
  const log = rig(t);
  log.tickMs = 1;
  rmSync(log.directory, { recursive: true });
  log.start();
  await log.looks(30);
  assert.deepEqual(
    log.notices.map(({ kind }) => kind).filter((kind) => kind !== 'no-events'),
    ['waiting'],
  );
});

test('F26: a copy of an unfinished line keeps nobody waiting', async (t) => {
  const log = rig(t);
  log.append('unfinished');
  log.append('unfinished', '.1');
  log.start();
  await log.looks(3);
  log.append(' no more\n');
  await log.until(() => log.lines.includes('unfinished no more'));
});

test('F7: a follower is closed at once, though it passes over very many NUL bytes', async (t) => {
  const log = rig(t);
  log.append('');
  truncateSync(log.path, 500e9);
  log.write('behind');
  log.start();
  await log.until(() => log.running.status().size > 0);
  await log.stop();
  assert.deepEqual(log.lines, []);
});
