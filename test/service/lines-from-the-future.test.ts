/** A clock or a zone that was wrong while lines were read, and is put right. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import { contentsOf } from '../index/index-contents.ts';
import { Daemon } from '../../src/service/daemon.ts';
import { deadline } from '../deadline.ts';
import { run } from '../program.ts';

const HOUR = 3600;
const NOW = Math.floor(Date.now() / 1000);
let root = '';
let socket: Socket;
let packets: string[] = [];
let made = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'future-'));
});
after(() => rm(root, { recursive: true }));
beforeEach(async () => {
  packets = [];
  socket = createSocket('udp4');
  socket.on('message', (bytes) => packets.push(...bytes.toString().split('\n')));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
});
afterEach(() => void socket.close());

async function arrives(wanted: string): Promise<void> {
  const signal = deadline();
  while (!packets.includes(wanted)) await once(socket, 'message', { signal });
}

const fresh = (name: string): string => join(root, `${++made}-${name}`);

/** As Prosody writes them, without year or zone, or with both. */
const FORMS: Readonly<Record<string, (at: Date) => string>> = {
  'without a year': (at) =>
    `${at.toLocaleString('en', { month: 'short', timeZone: 'UTC' })} ${at.toISOString().slice(8, 10)} ${at.toISOString().slice(11, 19)}`,
  'with year and no zone': (at) => at.toISOString().slice(0, 19).replace('T', ' '),
};
type Form = (at: Date) => string;

const login = (form: Form, at: number, n: number): string =>
  `${form(new Date(at * 1000))} c2s${n.toString(16)}\tinfo\tAuthenticated as user${n}@a.example\n`;
const logout = (form: Form, at: number, n: number): string =>
  `${form(new Date(at * 1000))} c2s${n.toString(16)}\tinfo\tClient disconnected: closed\n`;
const logins = (form: Form, from: number, count: number, first = 1): string =>
  Array.from({ length: count }, (_, i) => login(form, from + i, first + i)).join('');

interface Life {
  readonly log: string;
  readonly index: string;
  readonly now?: () => number;
  readonly timezone?: string;
  readonly tell?: (level: string, sentence: string) => void;
}

/** Runs the daemon, as `run` does, until `done`. */
async function live(
  { log, index, now = () => Date.now() / 1000, timezone = 'UTC', tell = () => {} }: Life,
  done: () => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const config = loadConfig({
    flags: { log: [log], timezone, statsd: `127.0.0.1:${socket.address().port}`, index },
    env: {},
    readFile: () => undefined,
    exists: () => false,
    defaultTimezone: 'UTC',
  });
  const keepRunning = async (): Promise<void> => {
    while (!stop.signal.aborted) await Daemon.run({ config, now, tell, signal: stop.signal });
  };
  const running = keepRunning();
  await done().finally(() => stop.abort());
  await running;
}

const once30d = (index: number) => (): Promise<void> => arrives(`xmpp.active_users_30d.a_example:${index}|g`);

const contents = contentsOf;

async function usersIn(index: string): Promise<number> {
  return (await contents(index)).users.size;
}

/** Until all that is in the log has been read, believed or not. */
async function readAll(life: Life, lines: number): Promise<void> {
  await live(life, () => arrives(`xmpp.self.lines_read:${lines}|c`));
  packets = [];
}

for (const [name, form] of Object.entries(FORMS))
  describe(`stamps ${name}`, () => {
    it('are read again when a clock that was an hour behind at the start is put right [8.3]', async () => {
      const [log, index] = [fresh('prosody.log'), fresh('index')];
      await writeFile(log, logins(form, NOW - 100, 20));
      await readAll({ log, index, now: () => Date.now() / 1000 - HOUR }, 20);
      assert.equal(await usersIn(index), 0);
      await live({ log, index }, once30d(20));
      assert.equal(await usersIn(index), 20);
      assert.equal((await contents(index)).users.get('user7@a.example')?.login, NOW - 94);
    });

    it('are read again while the daemon runs, at the next count, with all their sessions [8.3]', async () => {
      const [log, index] = [fresh('prosody.log'), fresh('index')];
      const hour = Math.ceil(NOW / HOUR) * HOUR;
      await writeFile(log, logins(form, hour - 3000, 20) + logout(form, hour - 2000, 3));
      let at = hour - 2 * HOUR - 2;
      await live({ log, index, now: () => at }, async () => {
        await arrives('xmpp.self.lines_read:21|c');
        at = hour - 8;
        await once30d(20)();
      });
      const { sessions } = await contents(index);
      assert.equal(
        [...sessions.values()].filter((session) => (session as { state: string }).state === 'open').length,
        19,
      );
    });

    it('are read again when the zone is put right, by the daemon and by backfill [8.3]', async () => {
      // The server writes UTC, and is taken to stand where it is seven or eight hours earlier.
      const wrong = 'America/Los_Angeles';
      for (const again of ['run', 'backfill']) {
        const [log, index] = [fresh('prosody.log'), fresh('index')];
        await writeFile(log, logins(form, NOW - 600, 40));
        await readAll({ log, index, timezone: wrong }, 40);
        assert.equal(await usersIn(index), 0);
        if (again === 'run') await live({ log, index }, once30d(40));
        else assert.equal((await run(['backfill', '--timezone', 'UTC', '--index', index, log])).code, 0);
        assert.equal(await usersIn(index), 40, again);
      }
    });
  });

const iso: Form = (at) => at.toISOString().slice(0, 19).replace('T', ' ');

it('what was read before stays, its sessions too, and rotation meanwhile loses nothing [8.3]', async () => {
  const [log, index] = [fresh('prosody.log'), fresh('index')];
  await writeFile(log, logins(iso, NOW - 9000, 5) + logout(iso, NOW - 8900, 2));
  await live({ log, index }, once30d(5));
  packets = [];
  await appendFile(log, logins(iso, NOW - 1000, 20, 100) + logout(iso, NOW - 900, 1));
  await readAll({ log, index, now: () => Date.now() / 1000 - HOUR }, 21);
  await rename(log, `${log}.1`);
  await writeFile(log, logins(iso, NOW - 500, 3, 200) + logout(iso, NOW - 400, 101));
  await live({ log, index }, once30d(28));
  const { users, sessions } = await contents(index);
  assert.equal(users.size, 28);
  const open = [...sessions.values()].flatMap((value) => {
    const { user, state } = value as { user: string; state: string };
    return state === 'open' ? [user.slice(4, user.indexOf('@'))] : [];
  });
  const expected = [3, 4, 5, 100, ...Array.from({ length: 18 }, (_, i) => 102 + i), 200, 201, 202];
  assert.deepEqual(
    open.map(Number).toSorted((a, b) => a - b),
    expected,
  );
  assert.ok(![...users.values()].some(({ resumes }) => resumes), 'no end came twice');
});

it('one line from far ahead changes nothing else, and is read once more only [8.3]', async () => {
  const [log, index] = [fresh('prosody.log'), fresh('index')];
  await writeFile(log, login(iso, NOW + 400 * 86_400, 1) + logins(iso, NOW - 100, 3, 2));
  await live({ log, index }, once30d(3));
  packets = [];
  await live({ log, index }, once30d(3));
  assert.ok(packets.includes('xmpp.self.lines_read:0|c'));
});

it('one line a little ahead holds back none of those behind it [8.12]', async () => {
  const [log, index] = [fresh('prosody.log'), fresh('index')];
  await writeFile(log, logins(iso, NOW - 100, 3) + login(iso, NOW + 200, 9) + logins(iso, NOW - 50, 2, 20));
  await live({ log, index, now: () => NOW }, once30d(5));
});

it('only the log whose lines can be believed by now goes back to them, at the hour and told once [8.3]', async () => {
  const [log, index] = [fresh('prosody.log'), fresh('index')];
  const hour = Math.ceil(NOW / HOUR) * HOUR;
  await writeFile(log, logins(iso, hour - 1000, 3) + login(iso, hour + 20 * 86_400, 9));
  let at = hour - 1.5;
  await live({ log, index, now: () => at }, once30d(3));
  const [ahead, second] = [login(iso, hour + 300, 20), login(iso, hour + 301, 21)];
  await appendFile(log, ahead + second + logins(iso, hour - 500, 2, 4) + logout(iso, hour - 400, 1));
  packets = [];
  const told: string[] = [];
  await live({ log, index, now: () => at, tell: (_, sentence) => told.push(sentence) }, async () => {
    await once30d(5)();
    // What a count says of the daemon comes behind it; of two counts at once it is told together.
    await arrives('xmpp.self.lines_read:5|c');
    packets = [];
    at = hour + 2;
    await arrives(`xmpp.self.last_count_timestamp:${hour}|g`);
    await arrives('xmpp.self.lines_read:0|c');
    assert.ok(packets.includes('xmpp.active_users_30d.a_example:5|g'));
  });
  assert.equal(told.filter((sentence) => sentence.includes('reading again')).length, 1, told.join('\n'));
  const { sessions } = await contents(index);
  const open = [...sessions.values()].flatMap((value) => {
    const { user, state } = value as { user: string; state: string };
    return state === 'open' ? [user] : [];
  });
  for (const n of [2, 3, 4, 5]) assert.ok(open.includes(`user${n}@a.example`), `${n} of ${open.join(' ')}`);
  assert.ok(!open.includes('user1@a.example'));
});
