/** Lives that are too short to look at all that was rotated: each has to bring the next one further. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { rig, some, type Rig } from './rig.ts';

const ROTATED = 8;

/** Files like this one that are held open by this process. */
function opened(like: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(like);
    } catch {
      return false;
    }
  }).length;
}

/** Lines 1 to 10 were read; each file that was rotated since has ten more, and so has the live one. */
async function rotatedWhileDown(log: Rig): Promise<string[]> {
  log.write(...some(1, 10));
  log.start();
  await log.delivers(some(1, 10));
  await log.stop();
  for (let rotated = 1; rotated <= ROTATED; rotated++) {
    for (let n = rotated - 1; n >= 1; n--) log.rename(`.${n}.gz`, `.${n + 1}.gz`);
    log.rename('', '.1');
    log.gzip('.1');
    log.write(...some(10 * rotated + 1, 10 * rotated + 10));
  }
  return some(1, 10 * ROTATED + 10);
}

test('of many rotated files that nobody has read one is opened at a time, the oldest first [9.10]', async (t) => {
  const log = rig(t);
  const lines = await rotatedWhileDown(log);
  let most = 0;
  log.intercept = (_block, take) => {
    most = Math.max(most, opened(`${log.path}.`));
    return Promise.resolve(take());
  };
  log.start();
  await log.delivers(lines);
  assert.equal(most, 1);
});

test('a life that ends with its first block has done something for the next, whatever is rotated [9.10]', async (t) => {
  const log = rig(t);
  const lines = await rotatedWhileDown(log);
  let lives = 0;
  while (log.lines.length < lines.length - 10) {
    const { length } = log.lines;
    log.intercept = (_block, take) => {
      if (log.lines.length > length) return log.hang();
      return Promise.resolve(take());
    };
    log.start();
    await log.until(() => log.lines.length > length);
    log.abandon();
    lives++;
  }
  assert.ok(lives <= ROTATED, `${lives} lives`);
  log.start();
  await log.delivers(lines);
});

test('a rotated file that cannot be read to its end keeps no other waiting for long [9.10]', async (t) => {
  const log = rig(t);
  const lines = await rotatedWhileDown(log);
  const suffix = `.${ROTATED - 2}`;
  log.remove(`${suffix}.gz`);
  log.append(some(1, 500, randomBytes(40_000).toString('hex').slice(0, 200)).join('\n'), suffix);
  log.gzip(suffix);
  log.damage(`${suffix}.gz`);
  log.start();
  const last = lines.slice(-10 * (ROTATED - 3));
  await log.until(() => last.every((line) => log.lines.includes(line)));
});
