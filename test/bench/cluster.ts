/**
 * What counting together costs a node and Redis: a million users sent for the first time and again after a loss, one count of a million and of ten
 * million members, and dropping a day of them, which is done in pieces so that Redis answers others in between. The node has its users in
 * memory here: what its index costs beside that, the other tables tell.
 */
import { Redis } from 'ioredis';
import { upkeep } from '../../src/cluster/upkeep.ts';
import type { NodeUser, Outbox, Piece } from '../../src/cluster/seam.ts';
import { Union } from '../../src/cluster/union.ts';
import { RedisLab } from '../e2e/redis-lab.ts';
import { machine } from './measure.ts';

const MILLION = 1_000_000;
const DAY = 86_400;
const HOST = 'chat.example';
/** Members that are made in Redis at once. */
const AT_ONCE = 10_000;
const COUNTS = 200;
const NODE = 'node';

/** Users with names of fourteen letters, last seen in the 30 days before `now`, a fifth of them online. */
class ManyUsers implements Outbox {
  kept: unknown;
  readonly #now: number;
  #next = 0;

  constructor(now: number) {
    this.#now = now;
  }

  get waiting(): number {
    return MILLION - this.#next;
  }

  take(most: number): Piece {
    const users: NodeUser[] = [];
    for (; users.length < most && this.#next < MILLION; this.#next++) {
      const seen = this.#now - Math.floor((this.#next / MILLION) * 30 * DAY);
      const isOpen = this.#next % 5 === 0;
      users.push({ jid: `user${1e9 + this.#next}@${HOST}`, login: seen - 600, seen, isOpen });
    }
    return { changes: [], users };
  }

  sent(): void {}

  giveBack(): void {}

  again(): void {
    this.#next = 0;
  }

  keep(value: unknown): void {
    this.kept = value;
  }
}

/** CPU seconds, of this process and of Redis. */
interface Spent {
  readonly node: number;
  readonly redis: number;
}

async function spent(client: Redis): Promise<Spent> {
  const { user, system } = process.cpuUsage();
  const told = await client.info('cpu');
  const of = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(told)?.[1]);
  return { node: (user + system) / 1e6, redis: of('used_cpu_user') + of('used_cpu_sys') };
}

async function sending(what: string, client: Redis, work: () => Promise<void>): Promise<object> {
  const [before, began] = [await spent(client), performance.now()];
  await work();
  const after = await spent(client);
  const micros = (seconds: number): number => Number((seconds * (1e6 / MILLION)).toFixed(2));
  return {
    what,
    'clock s': Number(((performance.now() - began) / 1000).toFixed(1)),
    'node: us of CPU per user': micros(after.node - before.node),
    'Redis: us of CPU per user': micros(after.redis - before.redis),
  };
}

/** How long Redis was busy with each script that it ran meanwhile, in milliseconds, as it tells itself. */
async function pieces(what: string, members: number, client: Redis, work: () => Promise<unknown>): Promise<object> {
  await client.call('CONFIG', 'SET', 'slowlog-log-slower-than', '0', 'slowlog-max-len', '1000000');
  await client.call('SLOWLOG', 'RESET');
  const before = await spent(client);
  await work();
  const { redis } = await spent(client);
  const log = (await client.call('SLOWLOG', 'GET', '-1')) as [number, number, number, string[]][];
  await client.call('CONFIG', 'SET', 'slowlog-log-slower-than', '-1');
  const took = log.filter(([, , , [command]]) => command === 'evalsha').map(([, , micros]) => micros / 1000);
  took.sort((a, b) => a - b);
  const at = (share: number): number => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0;
  return {
    ...{ what, members, pieces: took.length, 'median ms': at(0.5), '99 % ms': at(0.99), 'longest ms': at(1) },
    'Redis: CPU s of all': Number((redis - before.redis).toFixed(2)),
  };
}

/** Members that no node has sent, until there are so many. */
async function fill(client: Redis, key: string, members: number, now: number): Promise<void> {
  const script = `
    for i = ARGV[1], ARGV[2] do redis.call('ZADD', KEYS[1], ARGV[3] - i % ARGV[4], string.sub(redis.sha1hex(i), 1, 12)) end
    return redis.call('ZCARD', KEYS[1])`;
  for (let first = 0, has = 0; has < members; first += AT_ONCE)
    has = Number(await client.eval(script, 1, key, first, first + AT_ONCE - 1, now, 30 * DAY));
}

async function counting(members: number, client: Redis, union: Union, now: number): Promise<object[]> {
  const { connection, keys } = union;
  const [key] = keys.all as [string];
  const count = async (): Promise<void> => {
    const windows = [DAY, 7 * DAY, 30 * DAY];
    const own = [NODE, union.seqs[0] ?? 0, union.epoch];
    const answer = await connection.run('count', key, now, windows.length, ...windows, ...own);
    if (!Array.isArray(answer) || answer[0] !== 'OK') throw new Error(`not counted: ${String(answer)}`);
  };
  const counted = await pieces('a count', members, client, async () => {
    for (let i = 0; i < COUNTS; i++) await count();
  });
  const dropped = await pieces('a day is dropped', members, client, () => upkeep(union, now - 29 * DAY));
  return [counted, dropped];
}

/** Prints two tables. */
export async function benchCluster(): Promise<void> {
  const lab = await RedisLab.start();
  const client = new Redis(lab.port, '127.0.0.1');
  const over = new AbortController();
  const now = Math.floor(Date.now() / 1000);
  const union = new Union({
    settings: {
      ...{ url: lab.url, node: NODE, nodes: 1, key: Buffer.from('a key of the bench') },
      ...{ waitSeconds: 60, leaseSeconds: 7200, slots: 1 },
    },
    ...{ outbox: new ManyUsers(now), now: () => now, tell: console.error, signal: over.signal, about: '' },
  });
  try {
    const sent = [await sending('sent for the first time', client, () => union.flush(over.signal))];
    sent.push(
      await sending('all again, as Redis lost all', client, async () => {
        await client.flushall();
        await union.verify().catch(() => {});
        await union.flush(over.signal);
      }),
    );
    const memory = Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))?.[1]) / MILLION;
    const rows = await counting(MILLION, client, union, now);
    await fill(client, union.keys.slot(0).replace(/nodes$/, `seen:${HOST}`), 10 * MILLION, now);
    rows.push(...(await counting(10 * MILLION, client, union, now)));
    console.log(`A million users, ${memory.toFixed(0)} bytes of Redis each; ${machine()}:`);
    console.table(sent);
    console.log('How long Redis was busy with each piece:');
    console.table(rows);
  } finally {
    over.abort();
    await union.ended;
    client.disconnect();
    await lab.close();
  }
}
