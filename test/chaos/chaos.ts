/**
 * `npm run chaos -- --nodes 3 --hours 48 --seed 1`: real daemons on real logs, a real Redis that keeps nothing, and in each hour something that goes wrong:
 * daemons and Redis are killed with -9, all keys are deleted, connections are broken, an old dump comes back. Each count that is sent has to be
 * that of a pass over all that happened, or to be told to be a lower bound. Exit code 1: one was not.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { NodesWorld, written } from '../cluster/nodes-world.ts';
import { ask } from '../e2e/redis-faults.ts';
import { RedisLab } from '../e2e/redis-lab.ts';
import { Random } from '../fuzz/random.ts';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '3' },
    hours: { type: 'string', default: '48' },
    slots: { type: 'string', default: '4' },
    wait: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
  },
});
const [nodes, hours, seed] = [Number(values.nodes), Number(values.hours), Number(values.seed)];
const HOUR = 3600;
/** Of the clock on the wall, for one hour of that of the daemons. */
const LONGEST_HOUR = 90_000;
const WINDOWS = ['1d', '7d', '30d'];

interface Life {
  readonly child: ChildProcess;
  last: number;
}

const random = new Random(seed);
/** By Redis, whose clock is right, no hour of these is the next one, for which a node might wait. */
const begin = (Math.floor(Date.now() / 1000 / HOUR) + 2) * HOUR;
const world = new NodesWorld({ random, nodes, users: 60, begin: begin - HOUR, hours: hours + 2, host: 'chat.example' });
const directory = mkdtempSync(join(tmpdir(), 'chaos-'));
const at = (name: string): string => join(directory, name);
const redis = await RedisLab.start();
const lives: Life[] = [];
const told: string[] = [];
let gauges: string[] = [];
const totals = { samples: 0, wrong: 0, lower: 0, hoursWithout: 0, killedNodes: 0, killedRedis: 0, others: 0 };

const socket = createSocket('udp4').bind(0, '127.0.0.1');
await once(socket, 'listening');
socket.on('message', (bytes) => {
  gauges.push(
    ...[...bytes.toString().matchAll(/active_users_(\d+d\.chat_example:\d+)\|g/g)].map(([, gauge = '']) => gauge),
  );
});

writeFileSync(at('key'), 'a key that only these nodes have\n', { mode: 0o600 });
for (let node = 0; node < nodes; node++)
  writeFileSync(
    at(`config-${node}`),
    `[cluster]\nurl = "${redis.url}"\nnode = "node${node}"\nnodes = ${nodes}\nkey_file = "${at('key')}"\nwait_seconds = ${values.wait}\nslots = ${values.slots}\n`,
  );

function start(node: number, hour: number): void {
  const files = [at(`config-${node}`), at(`log-${node}`), at(`index-${node}`)];
  const port = String(socket.address().port);
  const child = fork(join(import.meta.dirname, 'node.js'), [...files, port, String(hour)], { stdio: 'inherit' });
  const life: Life = { child, last: 0 };
  child.on('message', (message: { readonly told?: string; readonly last?: number }) => {
    if (message.told !== undefined) told.push(`node${node}: ${message.told}`);
    if (message.last !== undefined) life.last = message.last;
  });
  child.on('error', () => {});
  lives[node] = life;
}

async function kill(node: number): Promise<void> {
  const { child } = lives[node]!;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function goWrong(hour: number): Promise<void> {
  for (let n = random.int(0, 2); n > 0; n--) {
    await pause(random.int(0, 400));
    const what = random.int(0, 9);
    if (what < 4) {
      const node = random.int(0, nodes - 1);
      await kill(node);
      start(node, hour);
      totals.killedNodes++;
    } else if (what < 7) {
      await redis.kill();
      await redis.restart();
      totals.killedRedis++;
    } else {
      totals.others++;
      if (what === 7) await ask(redis, (client) => client.flushall());
      else if (what === 8)
        await ask(redis, (client) => client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'));
      // It is what Redis begins with when it was killed, from now on.
      else await ask(redis, (client) => client.save());
    }
  }
}

function write(hour: number): void {
  for (const line of world.lines.filter(({ at: when }) => when > hour - HOUR && when <= hour))
    appendFileSync(at(`log-${line.node}`), written(line));
}

/** Until all daemons know what was counted, or have said that nothing was. */
async function allKnow(hour: number): Promise<boolean> {
  const end = performance.now() + LONGEST_HOUR;
  const iso = new Date(hour * 1000).toISOString().replace('.000', '');
  while (performance.now() < end) {
    for (const { child } of lives) if (child.connected) child.send({}, () => {});
    await pause(50);
    if (lives.every(({ last }) => last === hour)) return true;
    if (told.some((sentence) => sentence.includes(`nothing was counted at ${iso}`))) return false;
  }
  return false;
}

function compare(hour: number, isKnown: boolean): void {
  const iso = new Date(hour * 1000).toISOString().replace('.000', '');
  const sent = gauges;
  gauges = [];
  const isLower = told.some((sentence) => sentence.includes(`counted at ${iso} without`));
  const wanted = world.countsAt(hour).map((count, i) => `${WINDOWS[i]}.chat_example:${count}`);
  if (isLower) totals.lower++;
  else if (sent.length === 0) totals.hoursWithout++;
  for (const gauge of isLower ? [] : sent) {
    totals.samples++;
    if (wanted.includes(gauge)) continue;
    totals.wrong++;
    console.error(`at ${iso}: ${gauge}, should be ${wanted.join(', ')}`);
  }
  if (!isKnown) console.error(`at ${iso}: not all nodes know of a count; ${told.slice(-3).join('; ')}`);
}

try {
  for (let node = 0; node < nodes; node++) writeFileSync(at(`log-${node}`), '');
  write(begin);
  for (let node = 0; node < nodes; node++) start(node, begin);
  compare(begin, await allKnow(begin));
  for (let hour = begin + HOUR; hour <= begin + hours * HOUR; hour += HOUR) {
    write(hour);
    for (const { child } of lives) if (child.connected) child.send({ hour }, () => {});
    await goWrong(hour);
    compare(hour, await allKnow(hour));
  }
} finally {
  for (let node = 0; node < nodes; node++) if (lives[node]?.child.connected) await kill(node);
  socket.close();
  await redis.close();
  rmSync(directory, { recursive: true, force: true });
}
console.log(
  `${nodes} nodes, ${hours} hours, seed ${seed}: ${totals.samples} samples, ${totals.wrong} wrong; ${totals.lower} hours told to be lower bounds, ${totals.hoursWithout} without a count; ` +
    `kill -9 of ${totals.killedNodes} daemons and ${totals.killedRedis} Redis, ${totals.others} other faults`,
);
process.exitCode = totals.wrong > 0 || totals.samples === 0 ? 1 : 0;
