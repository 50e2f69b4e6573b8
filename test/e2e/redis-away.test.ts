/**
 * Real daemons that count together, and a Redis that is away for an hour, for a day, and when they start: logs are read on, nothing is sent that is
 * a part only, one line tells of it, and when it is there again, empty, all is caught up with.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from './cluster-world.ts';

const HOUR = 3600;
const DAY = 86_400;
const NODES = [0, 1, 2];
/** Who come and go in each hour, each time on another node. */
const USERS = 40;
/** Seconds; three times as long the first hour waits for a Redis that is away. */
const WAIT = 3;

const line = (at: number, rest: string): string => `${new Date(at * 1000).toISOString().slice(0, 19)}+0000 ${rest}\n`;
const login = (at: number, id: string, user: string): string =>
  line(at, `${id}\tinfo\tAuthenticated as ${user}@chat.example`);
const logout = (at: number, id: string): string => line(at, `${id}\tinfo\tClient disconnected: closed`);

test('a Redis that is away is told once, for as long as it is; logs are read on, and all is caught up with [12.5]', async (t) => {
  const world = await World.begin(t);
  await world.write(0, login(world.hour - 3 * DAY, 'c2s1', 'old'), logout(world.hour - 3 * DAY + 60, 'c2s1'));
  for (const node of NODES) world.start(node, 3, { wait: WAIT });
  await world.counted(0, 1, 1);
  toldOf(world);
  await world.redis.kill();
  await goneThrough(world, 1);
  await goneThrough(world, 23);
  assert.deepEqual(world.gauges(), []);
  const told = toldOf(world);
  assert.equal(told.length, NODES.length, told.join('\n'));
  for (const sentence of told)
    assert.match(sentence, /Redis at .*: logs are read on, and nothing is counted until it is reached again$/);

  await world.redis.restart();
  await world.until('all reach it', () => heard(world, /Redis is reached again$/) === NODES.length);
  world.strike();
  await world.counted(24 + USERS, 24 + USERS + 1, 24 + USERS + 1);
  for (const sentence of toldOf(world)) assert.match(sentence, /Redis is reached again$/);

  for (const node of NODES) await world.end(world.nodes[node]!);
  await world.redis.kill();
  for (const node of NODES) world.start(node, 3, { wait: WAIT });
  await world.until('all have started', () => heard(world, /counts go to/) === NODES.length);
  await world.until('all tell of it', () => heard(world, /nothing is counted/) === NODES.length);
  await goneThrough(world, 1);
  assert.deepEqual(world.gauges(), []);
  await world.redis.restart();
  await world.until('all reach it', () => heard(world, /Redis is reached again$/) === NODES.length);
  world.strike();
  await world.counted(25 + USERS, 25 + USERS + 1, 25 + USERS + 1);
});

/** Since it was asked for last, of Redis and of counts. */
const toldOf = (world: World): string[] => world.told.splice(0).filter((told) => /Redis|counted/.test(told));
const heard = (world: World, what: RegExp): number => world.told.filter((told) => what.test(told)).length;

/** So many hours, in each of which one user more comes to stay. What waits to be sent is a user once, whatever they did. */
async function goneThrough(world: World, hours: number): Promise<void> {
  for (let i = 0; i < hours; i++) {
    const { hour } = world;
    for (let user = 0; user < USERS; user++) {
      const node = (user + hour / HOUR) % NODES.length;
      await world.write(node, login(hour + 10, `c2s${user}`, `user${user}`), logout(hour + 20, `c2s${user}`));
    }
    await world.write(i % NODES.length, login(hour + 30, `c2s${hour}`, `new${hour}`));
    await world.pass();
    for (const { held } of world.running) {
      const { waiting } = held!.standing().cluster!;
      assert.ok(waiting > 0 && waiting <= held!.users.size, `${waiting} of ${held!.users.size}`);
    }
  }
}
