/** Users, hosts and removals over weeks, wrong clocks and restarts, as the daemon and backfill keep them. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { appendFile, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import { contentsOf } from '../index/index-contents.ts';
import { Daemon } from '../../src/service/daemon.ts';
import { deadline } from '../deadline.ts';
import { run } from '../program.ts';

const HOUR = 3600;
const DAY = 86_400;
const NOW = Math.floor(Date.now() / 1000);
let root = '';
let socket: Socket;
let made = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'kept-'));
});
after(() => rm(root, { recursive: true }));
beforeEach(async () => {
  socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
});
afterEach(() => void socket.close());

const fresh = (name: string): string => join(root, `${++made}-${name}`);
const line = (at: number, rest: string): string => `${new Date(at * 1000).toISOString().slice(0, 19)}+0000 ${rest}\n`;
const login = (at: number, id: string, jid: string): string => line(at, `${id}\tinfo\tAuthenticated as ${jid}`);
const logout = (at: number, id: string): string => line(at, `${id}\tinfo\tClient disconnected: closed`);
const removed = (at: number, jid: string): string => line(at, `usermanager\tinfo\tUser account deleted: ${jid}`);
/** Somebody comes and goes every half day. */
const lively = (from: number, to: number): string => {
  let text = '';
  for (let at = from; at <= to; at += DAY / 2)
    text += login(at, 'c2sffff', 'guard@live.example') + logout(at + 5, 'c2sffff');
  return text;
};

interface Life {
  readonly logs: readonly string[];
  readonly index: string;
  readonly shift?: number;
  /** Of the gauges, days. */
  readonly window?: 1 | 30;
}

/** Runs the daemon until its first counts have been sent, and returns the gauges. */
async function live({ logs, index, shift = 0, window = 30 }: Life): Promise<Record<string, number>> {
  const stop = new AbortController();
  const config = loadConfig({
    flags: {
      log: [...logs],
      timezone: 'UTC',
      statsd: `127.0.0.1:${socket.address().port}`,
      index,
    },
    env: {},
    readFile: () => undefined,
    exists: () => false,
    defaultTimezone: 'UTC',
  });
  const arrived: string[] = [];
  socket.on('message', (bytes) => arrived.push(...bytes.toString().split('\n')));
  const running = Daemon.run({ config, now: () => Date.now() / 1000 + shift, tell: () => {}, signal: stop.signal });
  const signal = deadline();
  // Counts are sent before what the daemon tells of itself.
  while (!arrived.some((packet) => packet.startsWith('xmpp.self.'))) await once(socket, 'message', { signal });
  stop.abort();
  await running;
  socket.removeAllListeners('message');
  const gauges = arrived.map((packet) =>
    new RegExp(`^xmpp\\.active_users_${window}d\\.(\\w+):(\\d+)\\|g$`).exec(packet),
  );
  return Object.fromEntries(gauges.flatMap((found) => (found ? [[found[1], Number(found[2])]] : [])));
}

const contents = contentsOf;

/** Of an index whose log is followed. */
async function count(index: string, log: string): Promise<unknown> {
  const config = `${index}.toml`;
  await writeFile(config, `[[log]]\npath = "${log}"\n`);
  const { code, out, err } = await run(['count', '--json', '--config', config, '--index', index]);
  assert.equal(code, 0, err);
  return JSON.parse(out).hosts;
}

const backfill = async (index: string, ...files: string[]): Promise<void> => {
  const { code, err } = await run(['backfill', '--timezone', 'UTC', '--index', index, ...files]);
  assert.equal(code, 0, err);
};

describe('a clock far ahead for one run', () => {
  it('ends no session: with the clock set right they are as before [8.4]', async () => {
    const [log, index] = [fresh('prosody.log'), fresh('index')];
    const text =
      login(NOW - 13 * HOUR, 'c2s1', 'alice@a.example') +
      line(NOW - HOUR, `bosh1\tinfo\tAuthenticated as bob@a.example`) +
      login(NOW - 60, 'c2s2', 'carol@a.example');
    await writeFile(log, text);
    await live({ logs: [log], index });
    const before = await contents(index);
    const isAsBefore = async (): Promise<void> => {
      const { users, sessions } = await contents(index);
      assert.deepEqual(sessions, before.sessions);
      assert.deepEqual(users, before.users);
    };
    assert.deepEqual(await live({ logs: [log], index, shift: 400 * DAY }), { a_example: 0 });
    await isAsBefore();
    const ahead = 26 * HOUR;
    assert.deepEqual(
      await live({ logs: [log], index, shift: ahead, window: 1 }),
      { a_example: 2 },
      'bob went long ago',
    );
    await isAsBefore();
    assert.deepEqual(await live({ logs: [log], index, window: 1 }), { a_example: 3 });
  });

  it('takes nobody away, and makes nobody active for ever [8.4]', async () => {
    const [log, index] = [fresh('prosody.log'), fresh('index')];
    await writeFile(log, login(NOW - DAY, 'c2s1', 'alice@a.example') + logout(NOW - DAY + 9, 'c2s1'));
    assert.deepEqual(await live({ logs: [log], index }), { a_example: 1 });
    const ahead = 400 * DAY;
    await appendFile(log, login(NOW + ahead - 60, 'c2s2', 'carol@a.example') + logout(NOW + ahead - 50, 'c2s2'));
    assert.deepEqual(await live({ logs: [log], index, shift: ahead }), { a_example: 1 });
    assert.deepEqual([...(await contents(index)).users.keys()], ['alice@a.example', 'carol@a.example']);
    assert.deepEqual(await live({ logs: [log], index }), { a_example: 1 }, 'alice');
    await appendFile(log, login(NOW - 2, 'c2s3', 'carol@a.example') + logout(NOW - 1, 'c2s3'));
    assert.deepEqual(await live({ logs: [log], index }), { a_example: 2 }, 'carol has come now');
    const { users } = await contents(index);
    assert.equal(users.get('carol@a.example')?.login, NOW - 2);
    assert.equal(users.get('carol@a.example')?.ahead, NOW + ahead - 50, 'is kept');
    assert.deepEqual(await live({ logs: [log], index, shift: 31 * DAY }), { a_example: 0 }, 'nobody for ever');
    assert.deepEqual(await live({ logs: [log], index, shift: ahead + 60 }), { a_example: 1 }, 'its time has come');
  });

  it('lets who is online since a time that has not come count from then on only [8.4]', async () => {
    const [log, index] = [fresh('prosody.log'), fresh('index')];
    const ahead = HOUR;
    await writeFile(log, login(NOW - 60, 'c2s1', 'alice@a.example'));
    await live({ logs: [log], index });
    await appendFile(log, login(NOW + ahead - 60, 'c2s2', 'carol@b.example'));
    assert.deepEqual(await live({ logs: [log], index, shift: ahead }), { a_example: 1, b_example: 1 });
    assert.deepEqual(await live({ logs: [log], index }), { a_example: 1, b_example: 0 });
    const counts = { 'a.example': { d1: 1, d7: 1, d30: 1 }, 'b.example': { d1: 0, d7: 0, d30: 0 } };
    assert.deepEqual(await count(index, log), counts);
    assert.deepEqual(await live({ logs: [log], index, shift: ahead }), { a_example: 1, b_example: 1 });
  });

  it('leaves stamps without a year in the year that it is [8.4]', async () => {
    const [log, index] = [fresh('prosody.log'), fresh('index')];
    const stamp = (text: string): string =>
      text.replaceAll(/^\d{4}-(\d\d)-(\d\d)T(\S{8})\+0000/gm, (_, month, day, time) => {
        const name = new Date(Date.UTC(2026, Number(month) - 1, 1)).toLocaleString('en', {
          month: 'short',
          timeZone: 'UTC',
        });
        return `${name} ${day} ${time}`;
      });
    const ahead = 400 * DAY;
    await writeFile(log, stamp(login(NOW - 60, 'c2s1', 'alice@a.example')));
    await live({ logs: [log], index });
    await appendFile(log, stamp(login(NOW + ahead - 60, 'c2s2', 'carol@a.example') + logout(NOW + ahead - 50, 'c2s2')));
    await utimes(log, NOW + ahead, NOW + ahead);
    await live({ logs: [log], index, shift: ahead });
    await appendFile(log, stamp(login(NOW - 2, 'c2s3', 'bob@a.example')));
    assert.deepEqual(await live({ logs: [log], index }), { a_example: 2 });
  });

  it('keeps whoever the lines do not yet leave behind, and nobody longer [8.4]', async () => {
    const [log, index] = [fresh('prosody.log'), fresh('index')];
    const old = login(NOW - 40 * DAY, 'c2s1', 'old@a.example') + logout(NOW - 40 * DAY + 9, 'c2s1');
    await writeFile(log, old + lively(NOW - 39 * DAY, NOW - DAY));
    await backfill(index, log);
    assert.deepEqual([...(await contents(index)).users.keys()], ['guard@live.example']);
  });
});

describe('who is online for longer than users are kept', () => {
  const online = login(NOW - 40 * DAY, 'c2s1', 'alice@a.example') + lively(NOW - 39 * DAY, NOW - 60);
  const all = { d1: 1, d7: 1, d30: 1 };

  it('stays when an older file is read [8.8]', async () => {
    const [log, index] = [fresh('prosody.log'), fresh('index')];
    await writeFile(log, online);
    await backfill(index, log);
    await writeFile(`${log}.1`, lively(NOW - 45 * DAY, NOW - 41 * DAY));
    await backfill(index, `${log}.1`);
    assert.deepEqual(await count(index, log), { 'a.example': all, 'live.example': all });
  });

  it('stays when another log is read [8.8]', async () => {
    const [log, other, index] = [fresh('prosody.log'), fresh('other.log'), fresh('index')];
    await writeFile(log, online);
    await backfill(index, log);
    await writeFile(other, lively(NOW - 20 * DAY, NOW - DAY));
    await backfill(index, other);
    assert.deepEqual(await count(index, log), { 'a.example': all, 'live.example': all });
  });

  it('counts for a day when the daemon follows another log, as in a count of the index [9.5]', async () => {
    const [log, other, index] = [fresh('prosody.log'), fresh('other.log'), fresh('index')];
    await writeFile(log, lively(NOW - 20 * DAY, NOW - 60));
    const end = NOW - DAY + HOUR;
    await writeFile(other, login(end - 9 * DAY, 'c2s1', 'alice@a.example') + line(end, 'x\tinfo\tlast words'));
    await backfill(index, other);
    assert.deepEqual(await live({ logs: [log], index, window: 1 }), { a_example: 1, live_example: 1 });
    assert.equal(JSON.stringify(await count(index, log)), JSON.stringify({ 'a.example': all, 'live.example': all }));
    const ahead = 2 * HOUR;
    assert.deepEqual(await live({ logs: [log], index, shift: ahead, window: 1 }), { a_example: 0, live_example: 1 });
  });

  it('stays when a new log stands before the one that is known [8.8]', async () => {
    const [log, other, index] = [fresh('prosody.log'), fresh('other.log'), fresh('index')];
    await writeFile(log, online);
    assert.deepEqual(await live({ logs: [log], index }), { a_example: 1, live_example: 1 });
    await writeFile(`${other}.1`, lively(NOW - 60 * DAY, NOW - 2 * DAY));
    await writeFile(other, lively(NOW - DAY, NOW - 60));
    assert.deepEqual(await live({ logs: [other, log], index }), { a_example: 1, live_example: 1 });
  });
});

describe('what is kept beside users who count', () => {
  it('is pruned like them: users who are excluded [8.12]', async () => {
    const [log, index] = [fresh('prosody.log'), fresh('index')];
    await writeFile(log, login(NOW - 40 * DAY, 'c2s1', 'bot@a.example') + logout(NOW - 40 * DAY + 9, 'c2s1'));
    await backfill(index, log);
    await writeFile(`${log}.new`, lively(NOW - 39 * DAY, NOW - DAY));
    const { code } = await run([
      'backfill',
      '--timezone',
      'UTC',
      '--set',
      'count.exclude=bot@a.example',
      '--index',
      index,
      `${log}.new`,
    ]);
    assert.equal(code, 0);
    assert.deepEqual([...(await contents(index)).users.keys()], ['guard@live.example']);
  });

  it('a host that is gone gets one zero, also when it went while nobody looked [8.12]', async () => {
    const [log, index] = [fresh('prosody.log'), fresh('index')];
    await writeFile(log, login(NOW - 60, 'c2s1', 'alice@a.example') + login(NOW - 60, 'c2s2', 'bob@b.example'));
    assert.deepEqual(await live({ logs: [log], index }), { a_example: 1, b_example: 1 });
    assert.equal((await run(['forget', 'bob@b.example', '--index', index])).code, 0);
    assert.deepEqual(await live({ logs: [log], index }), { a_example: 1, b_example: 0 });
    assert.deepEqual(await live({ logs: [log], index }), { a_example: 1 });
  });

  it('a host with no user and no line for the retention time goes, after one zero [8.12]', async () => {
    const [log, index] = [fresh('prosody.log'), fresh('index')];
    await writeFile(
      log,
      login(NOW - 29 * DAY, 'c2s1', 'alice@a.example') +
        logout(NOW - 29 * DAY + 9, 'c2s1') +
        lively(NOW - 28 * DAY, NOW - 60),
    );
    assert.deepEqual(await live({ logs: [log], index }), { a_example: 1, live_example: 1 });
    await appendFile(log, lively(NOW + DAY / 2, NOW + 4 * DAY));
    const later = { logs: [log], index, shift: 4 * DAY + 60 };
    assert.deepEqual(await live(later), { a_example: 0, live_example: 1 }, 'alice is still known, and not active');
    assert.deepEqual([...(await contents(index)).users.keys()], ['guard@live.example']);
    assert.deepEqual(await live(later), { a_example: 0, live_example: 1 }, 'the host is gone');
    assert.deepEqual(await live(later), { live_example: 1 });
    assert.deepEqual([...(await contents(index)).hosts.keys()], ['live.example']);
  });

  it('who was forgotten is not brought back by what was before, in any log, but comes back by what is behind [8.12]', async () => {
    const [log, index] = [fresh('prosody.log'), fresh('index')];
    const mallory = 'mallory@a.example';
    await writeFile(log, login(NOW - 600, 'c2s1', 'alice@a.example') + login(NOW - 500, 'c2s2', mallory));
    await writeFile(`${log}.1`, login(NOW - 9000, 'c2s3', mallory) + logout(NOW - 8000, 'c2s3'));
    await backfill(index, log);
    assert.equal((await run(['forget', mallory, '--index', index])).code, 0);
    await backfill(index, `${log}.1`, log);
    const other = fresh('other.log');
    await writeFile(`${other}.1`, login(NOW - 7000, 'c2s9', mallory));
    await writeFile(other, login(NOW - 400, 'c2s8', mallory));
    assert.deepEqual(await live({ logs: [log, other], index }), { a_example: 1 });
    assert.deepEqual([...(await contents(index)).users.keys()], ['alice@a.example']);
    const now = Math.ceil(Date.now() / 1000);
    await appendFile(log, login(now, 'c2sa', mallory));
    await backfill(index, log);
    await backfill(index, `${other}.1`, other);
    const { users, sessions } = await contents(index);
    assert.deepEqual(users.get(mallory), { login: now }, 'nothing of before');
    assert.equal([...sessions.keys()].filter((key) => !key.startsWith(`${log}\0`)).length, 0);
  });

  it('a removal is told by no hash that can be made of the name alone [8.12]', async () => {
    const keys: string[] = [];
    for (const index of [fresh('index'), fresh('index')]) {
      const log = fresh('prosody.log');
      await writeFile(log, removed(NOW - DAY, 'alice@a.example'));
      await backfill(index, log);
      keys.push(...(await contents(index)).removals.keys());
    }
    assert.equal(new Set(keys).size, 2);
  });

  it('an account that was removed stays so when older logs are read [8.12]', async () => {
    const [log, index] = [fresh('prosody.log'), fresh('index')];
    await writeFile(log, lively(NOW - 3 * DAY, NOW - 2 * DAY) + removed(NOW - DAY, 'alice@a.example'));
    await backfill(index, log);
    await writeFile(`${log}.1`, login(NOW - 5 * DAY, 'c2s1', 'alice@a.example'));
    await backfill(index, `${log}.1`);
    assert.deepEqual([...(await contents(index)).users.keys()], ['guard@live.example']);
    await appendFile(log, login(NOW - 60, 'c2s9', 'alice@a.example'));
    await backfill(index, log);
    assert.equal((await contents(index)).users.get('alice@a.example')?.login, NOW - 60, 'a new account of the name');
  });

  it('a removal is remembered for as long as users are, and not by name [8.12]', async () => {
    const [log, index] = [fresh('prosody.log'), fresh('index')];
    await writeFile(log, lively(NOW - 45 * DAY, NOW - 44 * DAY) + removed(NOW - 40 * DAY, 'alice@a.example'));
    await backfill(index, log);
    const [key = ''] = (await contents(index)).removals.keys();
    assert.match(key, /^[0-9a-f]{32}$/);
    await appendFile(log, lively(NOW - 40 * DAY + 60, NOW - DAY));
    await backfill(index, log);
    assert.equal((await contents(index)).removals.size, 0);
  });
});
