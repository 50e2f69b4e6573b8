/**
 * A node of a cluster whose users are far more than are online: what memory it takes while it starts for the first time, tells a union
 * that has nothing of all of them, takes in a burst of others, and starts again. The union is a real redis-server.
 */
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ask } from '../e2e/redis-faults.ts';
import { Users } from '../../src/activity/user-table.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';
import { RedisLab } from '../e2e/redis-lab.ts';
import { machine } from './measure.ts';
import { cpuOf, daemon, peakOf, withSubject, type Subject } from './subject.ts';

const DAY = 86_400;
const HOUR = 3600;
const AT_ONCE = 100_000;
/** Users who come, and go, in each moment: 10 000 a second. */
const PIECE = 1000;
const SECONDS = 15;
const LOOK_MS = 100;
/** Until all are sent. */
const LONGEST_MS = 1_800_000;
const ME = fileURLToPath(import.meta.url);

/** One machine's, with so many users who were last seen in the last four weeks. */
async function makeIndex(path: string, count: number): Promise<void> {
  const users = new Users({ exclude: [], includeDisabled: false });
  const now = Math.floor(Date.now() / 1000);
  const writeBuffer = await WriteBuffer.open(await LastSeenIndex.open(path), users, now);
  for (let n = 0; n < count; n++) {
    const seen = now - 2 * HOUR - ((n * 7919) % (28 * DAY));
    const user = users.number(`user${n}@chat.example`);
    users.sawLogin(user, seen - 600);
    users.sawLogout(user, seen);
    if (n % AT_ONCE === AT_ONCE - 1) await writeBuffer.commitUsers();
  }
  await writeBuffer.commitUsers();
  await writeBuffer.close();
}

/** MB of memory of its own, without what the kernel would take back of the files that are mapped. */
const ownOf = ({ child }: Pick<Subject, 'child'>): number =>
  Math.round(Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1'))?.[1] ?? 0) / 1000);

const idOf = (n: number): string => `c2s${(0x5625_5800_0000 + (n % 60_000) * 96).toString(16)}`;

function linesOf(first: number, what: string, name: (n: number) => string): string {
  const head = `${new Date().toISOString().slice(0, 19)}+0000`;
  const whom = (n: number): string => (what.endsWith('as') ? ` ${name(n)}` : '');
  return Array.from({ length: PIECE }, (_, n) => `${head} ${idOf(first + n)}\tinfo\t${what}${whom(first + n)}\n`).join(
    '',
  );
}

/** How many users the union has. */
async function sizeOf(redis: RedisLab): Promise<number> {
  return ask(redis, async (client) => {
    const keys = await client.keys('*seen:chat.example');
    const sizes = await Promise.all(keys.map((key) => client.zcard(key)));
    return sizes.reduce((sum, size) => sum + size, 0);
  });
}

const figures = (subject: Subject, took: number, cpu: number, most: number): Record<string, number> => ({
  s: Math.round(took / 1000),
  'CPU s': Number(cpu.toFixed(1)),
  'most MB of its own': most,
  'MB then': ownOf(subject),
  'peak RSS with mapped files MB': peakOf(subject),
});

/** Looks each moment until `isOver`; the highest and the last, and what processor time it took. */
async function watched(subject: Subject, isOver: () => Promise<boolean>): Promise<Record<string, number>> {
  const [began, cpu] = [performance.now(), cpuOf(subject)];
  let most = 0;
  for (let over = false; !over; over = await isOver()) {
    most = Math.max(most, ownOf(subject));
    await wait(LOOK_MS);
  }
  return figures(subject, performance.now() - began, cpuOf(subject) - cpu, most);
}

/** A node that is ready, and what that took. */
async function started(start: (spawned: (child: ChildProcess) => void) => Promise<Subject>) {
  const began = performance.now();
  let most = 0;
  let look: NodeJS.Timeout | undefined;
  const subject = await start((child) => {
    look = setInterval(() => (most = Math.max(most, ownOf({ child }))), LOOK_MS);
  });
  clearInterval(look);
  return { subject, start: figures(subject, performance.now() - began, cpuOf(subject), most) };
}

/** Others come, and go; and what is left of that when they are gone. */
async function burstAndAfter(subject: Subject, log: string, count: number) {
  let n = 0;
  const ends = performance.now() + SECONDS * 1000;
  const burst = await watched(subject, async () => {
    for (const what of ['Authenticated as', 'Client disconnected: connection closed'])
      appendFileSync(
        log,
        linesOf(n, what, (user) => `user${(user * 61) % count}@chat.example`),
      );
    n += PIECE;
    return performance.now() > ends;
  });
  const quiet = performance.now() + SECONDS * 1000;
  const after = await watched(subject, async () => performance.now() > quiet);
  return { burst: { users: n, ...burst }, after };
}

async function measure(count: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-cluster-'));
  const redis = await RedisLab.start();
  const at = (name: string): string => join(directory, name);
  try {
    const maker = spawn(process.execPath, ['--max-semi-space-size=2', ME, at('index-of-1'), String(count)]);
    await once(maker, 'exit');
    writeFileSync(at('key'), 'a key of the bench\n', { mode: 0o600 });
    writeFileSync(at('prosody.log'), '');
    writeFileSync(at('conf'), `[cluster]\nurl = "${redis.url}"\nkey_file = "${at('key')}"\nnode = "a"\nnodes = 1\n`);
    const env = { XMPP_ACTIVE_USERS_CONFIG: at('conf') };
    const begin = () => started((spawned) => daemon([at('prosody.log')], directory, { env, spawned }));
    const first = await begin();
    const rows = await withSubject(Promise.resolve(first.subject), async (subject) => {
      const latest = performance.now() + LONGEST_MS;
      const all = await watched(subject, async () => (await sizeOf(redis)) >= count || performance.now() > latest);
      const { burst, after } = await burstAndAfter(subject, at('prosody.log'), count);
      return {
        'started for the first time': first.start,
        'all are sent': all,
        'a burst of others': burst,
        'and behind it': after,
      };
    });
    const second = await begin();
    const more = await withSubject(Promise.resolve(second.subject), async (subject) => {
      const { burst, after } = await burstAndAfter(subject, at('prosody.log'), count);
      return { 'started again': second.start, 'a burst of others then': burst, 'and behind that': after };
    });
    console.log(`${count} users, of whom the union has ${await sizeOf(redis)}; ${machine()}`);
    console.table({ ...rows, ...more });
  } finally {
    await redis.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Prints tables. */
export async function benchNodeMemory(counts: readonly number[]): Promise<void> {
  for (const count of counts) await measure(count);
}

// A process of its own makes the index, as it has all users in memory.
const [, script, path, count] = process.argv;
if (script === ME && path !== undefined) await makeIndex(path, Number(count));
