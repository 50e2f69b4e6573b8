import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { readFileSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import { readStatus } from '../../src/index/status-file.ts';
import { Daemon, type Level } from '../../src/service/daemon.ts';
import { PastCounts } from '../../src/service/past-counts.ts';
import { deadline } from '../deadline.ts';
import { contentsOf } from '../index/index-contents.ts';
import { run } from '../program.ts';

const HOUR = 3600;
let root = '';
let socket: Socket;
let packets: string[] = [];
let stop = new AbortController();
let running: Promise<void> = Promise.resolve();
let made = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'daemon-'));
});
after(() => rm(root, { recursive: true }));

beforeEach(async () => {
  packets = [];
  stop = new AbortController();
  socket = createSocket('udp4');
  socket.on('message', (bytes) => packets.push(...bytes.toString().split('\n')));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
});
afterEach(async () => {
  stop.abort();
  await running;
  socket.close();
});

/** The gauges of so many counts of so many hosts, in the order in which they arrived. */
async function gauges(count: number): Promise<string[]> {
  const signal = deadline();
  const found = (): string[] => packets.filter((packet) => packet.includes('.active_users_'));
  while (found().length < count) await once(socket, 'message', { signal });
  return found();
}

/** Waits until a packet has come so many times. */
async function packet(wanted: string, times: number): Promise<void> {
  const signal = deadline();
  while (packets.filter((each) => each === wanted).length < times) await once(socket, 'message', { signal });
}

interface Started {
  readonly now?: () => number;
  readonly env?: Record<string, string>;
  readonly index?: string;
  readonly tell?: (level: Level, sentence: string) => void;
}

function startOn(log: string | string[], started: Started = {}): string {
  const { now = () => Date.now() / 1000, env = {}, index, tell = () => {} } = started;
  const path = index ?? join(root, `index-${++made}`);
  const config = loadConfig({
    flags: { log: [log].flat(), timezone: 'UTC', statsd: `127.0.0.1:${socket.address().port}`, index: path },
    env,
    readFile: () => undefined,
    exists: () => false,
    defaultTimezone: 'UTC',
  });
  running = Daemon.run({ config, now, tell, signal: stop.signal });
  return path;
}

async function restartOn(log: string, index: string, now: () => number): Promise<void> {
  stop.abort();
  await running;
  packets = [];
  stop = new AbortController();
  startOn(log, { index, now });
}

const line = (at: number, rest: string): string => `${new Date(at * 1000).toISOString().slice(0, 19)}+0000 ${rest}\n`;
const login = (at: number, id: string, user: string): string =>
  line(at, `${id}\tinfo\tAuthenticated as ${user}@chat.example`);

const counted = (d1: number, d7: number, d30: number): string[] => [
  `xmpp.active_users_1d.chat_example:${d1}|g`,
  `xmpp.active_users_7d.chat_example:${d7}|g`,
  `xmpp.active_users_30d.chat_example:${d30}|g`,
];

/** A clock that stands two seconds before a full hour, and behind it once it `strikes`: no test is too slow for it. */
function clockBefore(): { readonly hour: number; readonly now: () => number; readonly strikes: () => void } {
  const hour = Math.ceil(Date.now() / 1000 / HOUR) * HOUR;
  let at = hour - 2;
  return { hour, now: () => at, strikes: () => void (at = hour + 2) };
}

describe('the daemon', () => {
  it('sends exactly the names of the specification, also with variables of DataDog set', async () => {
    const now = Math.floor(Date.now() / 1000);
    const log = join(root, 'names.log');
    await writeFile(log, login(now - 60, 'c2s1', 'alice') + login(now - 30, 'c2s2', 'bob'));
    process.env['DD_ENV'] = 'prod';
    process.env['DD_ENTITY_ID'] = 'x';
    startOn(log);
    assert.deepEqual(await gauges(3), counted(2, 2, 2));
    delete process.env['DD_ENV'];
    delete process.env['DD_ENTITY_ID'];
  });

  it('counts lines whose form is not proven by more of them when none come [10.6]', async () => {
    const { hour, now, strikes } = clockBefore();
    const log = join(root, 'container.log');
    const of = (program: string, at: number, text: string): string =>
      `${new Date(at * 1000).toISOString().slice(0, 19)}+00:00 vm ${program}[12]: ${text}\n`;
    const logins = (program: string, from: number, count: number): string =>
      Array.from({ length: count }, (_, i) =>
        of(program, from + i, `c2s55d${i}: Authenticated as ${program}${i}@chat.example`),
      ).join('');
    await writeFile(log, logins('prosody', hour - 100, 10));
    startOn(log, { now });
    assert.deepEqual(await gauges(3), counted(10, 10, 10));
    await appendFile(log, logins('anew', hour - 50, 3));
    strikes();
    assert.deepEqual((await gauges(6)).slice(3), counted(13, 13, 13));
  });

  it('takes in at the hour every line up to it and none later', async () => {
    const { hour, now, strikes } = clockBefore();
    const log = join(root, 'hour.log');
    await writeFile(log, login(hour - 100, 'c2s1', 'alice'));
    startOn(log, { now });
    await gauges(3);
    await appendFile(log, login(hour, 'c2s2', 'bob') + login(hour + 1, 'c2s3', 'carol'));
    strikes();
    assert.deepEqual((await gauges(6)).slice(3), counted(2, 2, 2));
  });

  it('keeps in the index what it counted at the hour [11.2]', async () => {
    const { hour, now, strikes } = clockBefore();
    const log = join(root, 'kept.log');
    await writeFile(log, login(hour - 7200, 'c2s1', 'alice') + login(hour - 100, 'c2s2', 'bob'));
    const index = startOn(log, { now });
    await gauges(3);
    await appendFile(log, line(hour - 1, 'c2s2\tinfo\tClient disconnected: closed'));
    strikes();
    await gauges(6);
    stop.abort();
    await running;
    const past = new PastCounts();
    for (const [key, packed] of (await contentsOf(index)).counts) past.restore(key, packed);
    const covered = [7200, 7200, 7200];
    assert.deepEqual(
      [...past.between(0, Infinity)],
      [[{ at: hour, host: 'chat.example', online: 1, d1: 2, d7: 2, d30: 2, covered }]],
    );
  });

  it('takes no line of a rotated file that is later than its start into the first count [8.12]', async () => {
    const { hour, now, strikes } = clockBefore();
    const log = join(root, 'ahead.log');
    await writeFile(`${log}.2`, login(hour - 9000, 'c2s1', 'alice') + login(hour - 8000, 'c2s2', 'bob'));
    const later = login(hour, 'c2s5', 'eve') + login(hour + 100, 'c2s6', 'frank');
    const ends = line(hour - 1, 'c2s1\tinfo\tClient disconnected: closed');
    await writeFile(`${log}.1`, login(hour - 7000, 'c2s3', 'carol') + login(hour - 2, 'c2s4', 'dan') + ends + later);
    await writeFile(log, login(hour + 200, 'c2s7', 'grace'));
    startOn(log, { now });
    assert.deepEqual(await gauges(3), counted(4, 4, 4));
    strikes();
    assert.deepEqual((await gauges(6)).slice(3), counted(5, 5, 5));
  });

  it('takes no line of the middle of a rotated file that is later than its start into the first count [8.12]', async () => {
    const { hour, now } = clockBefore();
    const log = join(root, 'ahead-between.log');
    const rotated =
      login(hour - 9000, 'c2s1', 'alice') + login(hour + 200, 'c2s2', 'bob') + login(hour - 60, 'c2s3', 'eve');
    await writeFile(`${log}.1`, rotated);
    await writeFile(log, line(hour - 50, 'mod_cron\tinfo\tx'));
    startOn(log, { now });
    assert.deepEqual(await gauges(3), counted(2, 2, 2));
  });

  it('counts positions, lag, rotations, truncations, lines and rejected lines, for the metrics and for check', async () => {
    const { hour, now, strikes } = clockBefore();
    const log = join(root, 'standing.log');
    await writeFile(log, login(hour - 100, 'c2s1', 'alice') + login(hour + 9 * HOUR, 'c2s1', 'future'));
    const index = startOn(log, { now });
    await gauges(3);
    const during = await run(['check', '--log', log, '--index', index]);
    assert.match(
      during.out,
      /in use, as the daemon is running since \d{4}-.*\n {2}\S+standing.log: written by prosody; read to byte/,
    );
    await rename(log, `${log}.1`);
    const text = login(hour - 1, 'c2s2', 'bob') + 'no line of Prosody\nunfinished';
    await writeFile(log, text);
    strikes();
    await gauges(6);
    const name = log.slice(1).replaceAll(/[^A-Za-z0-9_-]/g, '_');
    const position = text.length - 'unfinished'.length;
    const expected = [
      `log.${name}.position_bytes:${position}|g`,
      `log.${name}.lag_bytes:10|g`,
      'lines_read:2|c',
      'rejected:1|c',
      'skipped_lines:0|c',
      'rotations:1|c',
      'truncations:0|c',
    ];
    await packet(`xmpp.self.${expected.at(-1)}`, 2);
    for (const each of expected) assert.ok(packets.includes(`xmpp.self.${each}`), each);
    stop.abort();
    await running;
    const { logs: [snapshot] = [] } = readStatus(index) ?? {};
    assert.deepEqual(snapshot, {
      path: log,
      rotations: 1,
      truncations: 0,
      skippedLines: 0,
      lostSegments: 0,
      offset: position,
      size: text.length,
      lagBytes: 10,
      lines: 4,
      rejected: 2,
      writer: 'prosody',
    });
    const { out } = await run(['check', '--log', log, '--index', index]);
    const told = `${log}: written by prosody; read to byte ${position} of ${text.length}, 10 bytes behind; rotations seen: 1, truncations: 0; lines: 4, rejected: 2`;
    assert.ok(out.includes(told), out);
  });

  it('goes on after a restart: what was open, what was written meanwhile, and what was rotated away', async () => {
    const now = Math.floor(Date.now() / 1000);
    const log = join(root, 'restart.log');
    await writeFile(log, login(now - 40 * 86_400, 'c2s1', 'always') + login(now - 2 * 86_400, 'c2s2', 'alice'));
    const index = startOn(log);
    assert.deepEqual(await gauges(3), counted(2, 2, 2));
    stop.abort();
    await running;
    await appendFile(log, line(now - 86_000, 'c2s2\tinfo\tClient disconnected: connection closed'));
    await rename(log, `${log}.1`);
    await writeFile(log, login(now - 60, 'c2s3', 'bob'));
    await restartOn(log, index, () => now + HOUR);
    assert.deepEqual(await gauges(3), counted(2, 3, 3), 'alice was last seen more than a day ago');
  });

  it('loses nothing that is rotated while the rotated files are read at its first start', async () => {
    const now = Math.floor(Date.now() / 1000);
    const [log, quiet] = [join(root, 'race.log'), join(root, 'quiet.log')];
    await writeFile(`${log}.2`, login(now - 9000, 'c2s1', 'one') + login(now - 8900, 'c2s2', 'two'));
    await writeFile(`${log}.1.gz`, gzipSync(login(now - 8000, 'c2s3', 'three')));
    await writeFile(log, login(now - 7000, 'c2s4', 'four'));
    await writeFile(quiet, login(now - 6000, 'c2s5', 'five'));
    for (const file of [`${log}.2`, `${log}.1.gz`, log, quiet]) await utimes(file, now - 60, now - 60);
    let rotations = 0;
    const rotate = (): void => {
      if (++rotations > 1) return;
      renameSync(`${log}.1.gz`, `${log}.3.gz`);
      writeFileSync(`${log}.4.gz`, gzipSync(readFileSync(`${log}.2`)));
      utimesSync(`${log}.4.gz`, now - 60, now - 60);
      rmSync(`${log}.2`);
      for (const path of [log, quiet]) renameSync(path, `${path}.1`);
      writeFileSync(log, login(now - 50, 'c2s6', 'six'));
      writeFileSync(quiet, '');
    };
    startOn([log, quiet], { tell: (_level, sentence) => void (sentence.startsWith('reading what') && rotate()) });
    assert.deepEqual(await gauges(3), counted(6, 6, 6));
  });

  it('sends a heartbeat and its gauges each minute, and with the first count [8.19]', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const now = Math.floor(Date.now() / 1000);
    const log = join(root, 'heartbeat.log');
    await writeFile(log, login(now - 60, 'c2s1', 'alice'));
    startOn(log, { now: () => now });
    await gauges(3);
    const beat = 'xmpp.self.heartbeat:1|c';
    await packet(beat, 1);
    t.mock.timers.tick(60_000);
    await packet(beat, 2);
    t.mock.timers.tick(60_000);
    await packet(beat, 3);
    for (const gauge of [`last_count_timestamp:${now}`, 'lag_seconds:0', 'last_event_age_seconds:60'])
      assert.ok(packets.filter((each) => each === `xmpp.self.${gauge}|g`).length >= 3, gauge);
    assert.equal((await gauges(3)).length, 3, 'a heartbeat is no count');
  });

  it('says that a log that has been silent for 325 days covers nothing [8.17]', async () => {
    const now = Math.floor(Date.now() / 1000);
    const log = join(root, 'silent.log');
    const end = now - 325 * 86_400;
    await writeFile(log, login(end - 40 * 86_400, 'c2s1', 'alice') + login(end, 'c2s2', 'bob'));
    startOn(log, { now: () => now });
    await packet(`xmpp.self.last_count_timestamp:${now}|g`, 1);
    await packet('xmpp.self.coverage_seconds:0|g', 1);
    assert.deepEqual(await gauges(3), counted(0, 0, 0));
  });

  it('tells once of hosts that would share a name [8.25]', async () => {
    const now = Math.floor(Date.now() / 1000);
    const log = join(root, 'clash.log');
    const of = (id: string, user: string): string => line(now - 60, `${id}\tinfo\tAuthenticated as ${user}`);
    await writeFile(log, of('c2s1', 'anna@a.b_c') + of('c2s2', 'ben@a_b.c') + of('c2s3', 'cleo@x.example'));
    const told: string[] = [];
    startOn(log, { tell: (level, sentence) => void (level === 'warning' && told.push(sentence)) });
    await gauges(9);
    assert.equal(told.length, 1, told.join('\n'));
    assert.match(told[0] ?? '', /^the hosts a\.b_c and a_b\.c have one name among the metrics \(a_b_c\)/);
  });

  it('reads at its first start what was rotated under any name and into the directory below [9.8]', async () => {
    const now = Math.floor(Date.now() / 1000);
    const directory = join(root, 'any');
    const log = join(directory, 'any.log');
    await mkdir(join(directory, 'old'), { recursive: true });
    const names = ['old/any.log-202509', 'any.log-01-10-2025', 'any.log.2025.11.01', 'any.log.old', '20251201-any.log'];
    for (const [i, name] of names.entries())
      await writeFile(join(directory, name), login(now - (9000 - i * 1000), `c2s${i}`, `user${i}`));
    await writeFile(join(directory, 'any.log.2.Z'), Buffer.from('1f9d9000', 'hex'));
    await writeFile(join(directory, 'any.log.err'), login(now - 500, 'c2s77', 'another-log'));
    await writeFile(log, login(now - 60, 'c2s8', 'today'));
    const told: string[] = [];
    startOn(log, { tell: (_level, sentence) => void told.push(sentence) });
    assert.deepEqual(await gauges(3), counted(6, 6, 6));
    assert.equal(
      told.filter((each) => each.includes('any.log.2.Z') && /compressed with compress/.test(each)).length,
      1,
    );
    assert.equal(told.filter((each) => each.includes('any.log.err')).length, 1);
  });

  it('begins with a log while another one takes long to be read [9.12]', async () => {
    const now = Math.floor(Date.now() / 1000);
    const [slow, quick] = [join(root, 'slow.log'), join(root, 'quick.log')];
    writeFileSync(`${slow}.1`, '');
    truncateSync(`${slow}.1`, 16 * 2 ** 30);
    await appendFile(`${slow}.1`, login(now - 9000, 'c2s1', 'late'));
    for (const log of [slow, quick]) await writeFile(log, login(now - 60, 'c2s2', 'soon'));
    await writeFile(`${quick}.1`, login(now - 9000, 'c2s1', 'early'));
    const told: string[] = [];
    const signal = deadline();
    const begun = new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error(`in vain: ${told.join('\n')}`)));
      const tell = (_level: Level, sentence: string): void => {
        told.push(sentence);
        if (sentence.startsWith(`reading what was rotated of ${quick}`)) resolve();
      };
      startOn([slow, quick], { tell });
    });
    await begun;
    assert.deepEqual(
      told.filter((sentence) => sentence.includes(slow)),
      [],
    );
    rmSync(`${slow}.1`);
  });

  it('reads the rotated files before its first count', async () => {
    const now = Math.floor(Date.now() / 1000);
    const log = join(root, 'first.log');
    const end = (at: number, id: string): string => line(at, `${id}\tinfo\tClient disconnected: closed`);
    await writeFile(`${log}.2`, login(now - 20 * 86_400, 'c2s1', 'old') + end(now - 20 * 86_400 + 9, 'c2s1'));
    await writeFile(`${log}.1`, login(now - 3 * 86_400, 'c2s1', 'week') + end(now - 3 * 86_400 + 9, 'c2s1'));
    await writeFile(log, login(now - 60, 'c2s1', 'today'));
    startOn(log);
    assert.deepEqual(await gauges(3), counted(1, 2, 3));
  });
});
