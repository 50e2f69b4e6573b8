/** Accounts that are removed, forgotten, disabled and enabled by one node, and what others tell of them: as a slot of a real Redis has it, whatever came first. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { redisAddress } from '../../src/cluster/address.ts';
import { Connection } from '../../src/cluster/connection.ts';
import { addUp } from '../../src/cluster/counts.ts';
import { Keys } from '../../src/cluster/keys.ts';
import { score } from '../../src/cluster/score.ts';
import { RedisLab } from './redis-lab.ts';

const HOUR = 3600;
const DAY = 86_400;
const T = 1_770_000_000;
const LATEST = 4_000_000_000;
const [key = ''] = new Keys('accounts', 1).all;

/** What a node tells, without the host. */
type Told = readonly [node: string, operation: string, ...rest: readonly (string | number)[]];

const seen = (node: string, login: number, last: number, isOpen: boolean): Told =>
  [...[node, 's', login, score(login, last), isOpen ? 1 : 0]] as unknown as Told;
const online = (node: string, login: number): Told => seen(node, login, login, true);
const gone = (at: number): Told => ['b', 'g', at, 0];
const disabled = (at: number): Told => ['b', 'd', at, 1];
const enabled = (at: number): Told => ['b', 'd', at, 0];

let lab: RedisLab;
let connection: Connection;
const seqs = new Map<string, number>();
let hosts = 0;

before(async () => {
  lab = await RedisLab.start();
  connection = await Connection.open(redisAddress(lab.url)!);
  for (const node of ['a', 'b', 'c']) {
    await connection.run('hello', key, node, 'epoch', 'life', 0, LATEST);
    seqs.set(node, 0);
  }
});
after(async () => {
  connection.close();
  await lab.close();
});

/** One batch of the first one's node. */
async function tell(host: string, told: readonly Told[], latest = LATEST): Promise<void> {
  const [[node] = ['']] = told;
  const seq = (seqs.get(node) ?? 0) + 1;
  seqs.set(node, seq);
  const operations = told.flatMap(([, operation, ...rest]) => [operation, host, 'alice', ...rest]);
  assert.deepEqual(await connection.run('apply', key, node, 'epoch', seq, 0, latest, ...operations), ['OK', seq]);
}

/** Who is online, and who was active in a day. */
async function countOf(host: string, at: number): Promise<number[]> {
  const marks = [...seqs].flatMap(([node, seq]) => [node, seq === 0 ? '' : seq, seq === 0 ? '' : 'epoch']);
  const answer = (await connection.run('count', key, at, 1, DAY, ...marks)) as unknown[];
  const found = addUp([answer], 1).find((each) => each.host === host);
  return [found?.online ?? 0, found?.windows[0] ?? 0];
}

function* ordersOf<E>(all: readonly E[]): Generator<readonly E[]> {
  if (all.length === 0) yield [];
  for (const [i, each] of all.entries()) for (const others of ordersOf(all.toSpliced(i, 1))) yield [each, ...others];
}

const newHost = (): string => `host${++hosts}.example`;

interface Case {
  readonly told: readonly Told[];
  readonly at?: number;
  readonly is: readonly [online: number, day: number];
  readonly isInOrder?: true;
}

const CASES: Readonly<Record<string, Case>> = {
  'a login of the very second of a removal is of the account that is gone': {
    told: [gone(T), online('a', T)],
    is: [0, 0],
  },
  'who logs in soon behind a disabling is disabled, as clocks may differ': {
    told: [disabled(T), online('a', T + HOUR / 2)],
    is: [0, 0],
  },
  'who logs in hours later is not disabled': { told: [disabled(T), online('a', T + 2 * HOUR)], is: [1, 1] },
  'of two disablings that one counts of which it was soon': {
    told: [disabled(T - 5 * HOUR), disabled(T - HOUR / 2), online('a', T)],
    is: [0, 0],
  },
  'who has logged in again is so with the sessions that were there before': {
    told: [disabled(T), seen('c', T + 2 * HOUR, T + 2 * HOUR + 60, false), online('a', T - 2 * HOUR)],
    is: [1, 1],
    isInOrder: true,
  },
  'who has logged in again was seen last as long as they were disabled': {
    told: [disabled(T), seen('a', T - HOUR, T + 3 * HOUR, false), seen('c', T + 2 * HOUR, T + 2 * HOUR + 60, false)],
    at: T + DAY + 2.5 * HOUR,
    is: [0, 1],
    isInOrder: true,
  },
  'who is enabled is online where they are': { told: [online('a', T), disabled(T + 10), enabled(T + 20)], is: [1, 1] },
  'a later account was seen when it logged in, however late the one before ended': {
    told: [gone(T), online('c', T + 2), seen('a', T - 100, T + 5, false)],
    is: [1, 1],
  },
  'a later account is not disabled as the one before was': {
    told: [disabled(T - 10), gone(T), online('c', T + 6)],
    is: [1, 1],
  },
  'a later account is disabled as it is told of it': {
    told: [gone(T), online('c', T + 6), disabled(T + 20), seen('a', T - 100, T + 9, false)],
    is: [0, 0],
  },
};

for (const [what, { told, at = T + DAY / 2, is, isInOrder }] of Object.entries(CASES))
  test(`${what} [12.2]`, async () => {
    for (const order of isInOrder ? [told] : ordersOf(told)) {
      const host = newHost();
      for (const each of order) await tell(host, [each]);
      assert.deepEqual(await countOf(host, at), is, order.map((each) => each.join(' ')).join(', '));
    }
  });

test('what is told in the batch of a removal of the account that is gone counts for nothing [12.2]', async () => {
  const host = newHost();
  await tell(host, [gone(T), online('b', T - 10)]);
  assert.deepEqual(await countOf(host, T + HOUR), [0, 0]);
});

test('who is online on another node, but was seen too late by a wrong clock, is counted once [12.5]', async () => {
  const host = newHost();
  await tell(host, [online('a', T + 30 * DAY)]);
  await tell(host, [seen('c', T - 60, T - 50, false)], T + HOUR);
  assert.deepEqual(await countOf(host, T), [1, 1]);
});

test('who is forgotten by the administrator is so whenever they were seen last, and others hear so once [12.4]', async () => {
  const list = async (): Promise<unknown[]> => ((await connection.run('gone', key, 0, 'id')) as unknown[]).slice(1);
  const host = newHost();
  const before = await list();
  await tell(host, [seen('a', T, T + 100, false)]);
  for (let i = 0; i < 2; i++) await tell(host, [['b', 'g', T - 50, 1]]);
  assert.deepEqual(await countOf(host, T + HOUR), [0, 0]);
  const later = (await list()).slice(before.length);
  assert.deepEqual(later.slice(1, 4), [host, 'alice', String(T + 100.5)]);
});

test('who was disabled for so long that nothing is known any more is enabled all the same [12.2]', async () => {
  const host = newHost();
  await tell(host, [online('a', T)]);
  await tell(host, [disabled(T + 10)]);
  await connection.run('prune', key, host, T + DAY, 0);
  await tell(host, [enabled(T + 2 * DAY)]);
  assert.deepEqual(await countOf(host, T + 3 * DAY), [0, 0]);
});

test('a later account that is online on several nodes was seen last when it came to the last of them [12.2]', async () => {
  for (const [early, late] of [
    ['a', 'c'],
    ['c', 'a'],
  ] as const) {
    const host = newHost();
    for (const each of [seen('b', T - 100, T + 500, false), online(early, T + 2), online(late, T + 400), gone(T)])
      await tell(host, [each]);
    // Their sessions are gone without a word.
    for (const node of [early, late])
      await connection.run('reset', key, node, 'epoch', seqs.get(node) ?? 0, 'life', host);
    assert.deepEqual(await countOf(host, T + DAY + 399), [0, 1]);
    assert.deepEqual(await countOf(host, T + DAY + 400), [0, 0]);
  }
});
