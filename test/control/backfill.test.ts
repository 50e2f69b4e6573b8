/** Old logs read into the index of a running daemon: what comes of it is what comes of it while none runs. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { deadline } from '../deadline.ts';
import { contentsOf } from '../index/index-contents.ts';
import { run } from '../program.ts';
import { daemon, line, login, place, type Place, type Running } from './running-daemon.ts';

const DAY = 86_400;
const HOUR = 3600;
const NOW = Math.floor(Date.now() / 1000);
const ends = (at: number, id: string): string => line(at, `${id}\tinfo\tClient disconnected: closed`);
const drops = (at: number, id: string): string =>
  line(at, `${id}\tinfo\tClient disconnected: closed`) +
  line(at, `${id}\tinfo\tClient disconnected: connection closed`);
const removed = (at: number, user: string): string =>
  line(at, `mod_register\tinfo\tUser removed their account: ${user}@chat.example`);

/** Three days ago, two, yesterday and today; sessions begin in each of them and end in the next, or stay. */
const OLDEST =
  login(NOW - 3 * DAY, 'c2s1', 'alice') +
  login(NOW - 3 * DAY + 9, 'c2s2', 'bob') +
  login(NOW - 3 * DAY + 12, 'c2s9', 'stays');
const OLD =
  ends(NOW - 2 * DAY, 'c2s1') +
  login(NOW - 2 * DAY + 5, 'c2s3', 'carol') +
  removed(NOW - 2 * DAY + 9, 'gone') +
  drops(NOW - 2 * DAY + 20, 'c2s2');
const RECENT = login(NOW - 30 * HOUR, 'c2s4', 'dave') + ends(NOW - 29 * HOUR, 'c2s3');
const LIVE = ends(NOW - 2 * HOUR, 'c2s4') + login(NOW - HOUR, 'c2s5', 'erin') + login(NOW - HOUR, 'c2s6', 'gone');
const NEXT = ends(NOW - 60, 'c2s5') + ends(NOW - 60, 'c2s9') + login(NOW - 50, 'c2s7', 'frank');

interface Case {
  readonly name: string;
  /** What stands in the log when the daemon starts; undefined for none. */
  readonly live: string | undefined;
  /** What is given, in one backfill after the other, where it is. */
  readonly files: Readonly<Record<string, string>>;
  readonly given: readonly (readonly string[])[];
}

const CASES: readonly Case[] = [
  {
    name: 'older files, and then what lies before them',
    live: LIVE,
    files: { 'prosody.log.3': OLDEST, 'prosody.log.2': OLD, 'prosody.log.1': RECENT },
    given: [['prosody.log.2'], ['prosody.log.1', 'prosody.log.3'], ['prosody.log.3']],
  },
  {
    name: 'all there is of the log, the live file, too',
    live: LIVE,
    files: { 'prosody.log.2': OLD, 'prosody.log.1': RECENT },
    given: [['prosody.log.2', 'prosody.log.1', '../prosody.log']],
  },
  {
    name: 'files of a log that is not there yet',
    live: undefined,
    files: { 'prosody.log.3': OLDEST, 'prosody.log.2': OLD, 'prosody.log.1': RECENT },
    given: [['prosody.log.3', 'prosody.log.2'], ['prosody.log.1']],
  },
  {
    name: 'another log, in two parts, and an older one',
    live: LIVE,
    files: { 'other.log.3': OLDEST, 'other.log.2': OLD, 'other.log.1': RECENT },
    given: [['other.log.2'], ['other.log.1'], ['other.log.2', 'other.log.1', 'other.log.3']],
  },
];

/** Asks for the user until the daemon knows of them. */
async function known({ index }: Place, user: string): Promise<void> {
  const signal = deadline();
  for (let status; status !== 200;) {
    signal.throwIfAborted();
    const asked = get({ socketPath: join(index, 'control.sock'), path: `/last/${user}@chat.example` });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    status = response.statusCode;
    response.resume();
  }
}

interface Told {
  readonly code: unknown;
  readonly err: string;
}

async function backfilled({ root, index, log }: Place, given: readonly string[]): Promise<Told> {
  const files = given.map((name) => join(root, 'elsewhere', name));
  const config = ['--index', index, '--timezone', 'UTC'];
  const { code, err } = await run(['backfill', ...files, ...config], { env: { XMPP_ACTIVE_USERS_LOG: log } });
  return { code, err: err.replaceAll(root, '') };
}

async function placed(t: TestContext, { live, files }: Case): Promise<Place> {
  const at = await place(t, live ?? '');
  if (live === undefined) await rename(at.log, join(at.root, 'not-yet'));
  await mkdir(join(at.root, 'elsewhere'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(at.root, 'elsewhere', name), text);
  return at;
}

/** What is in the index but for names of files and the times at which they were read. */
async function held({ root, index }: Place) {
  const { users, sessions, logs, positions } = await contentsOf(index);
  const named = (text: string): string => text.replaceAll(root, '');
  const ofLogs = [...logs].map(([log, state]) => {
    const { coverage, hasResumption, detail, reader } = state as Record<string, unknown>;
    return [named(log), { coverage, hasResumption, detail, reader }];
  });
  const places = [...positions.values()].flatMap((position) =>
    'offset' in position ? [[named(position.log), position.offset, position.done, position.isLate, position.head]] : [],
  );
  const sorted = (all: readonly unknown[]) => all.map((each) => JSON.stringify(each)).toSorted();
  return {
    users: [...users],
    sessions: sorted([...sessions].map(([id, session]) => [named(id), session])),
    logs: sorted(ofLogs),
    positions: sorted(places),
  };
}

async function going(at: Place, running: Running) {
  await appendFile(at.log, NEXT);
  await known(at, 'frank');
  assert.equal(await running.end('SIGTERM'), 0);
  return held(at);
}

for (const each of CASES) {
  void test(`into a running daemon as into its index while it is stopped: ${each.name} [11.1]`, async (t) => {
    const [one, other] = [await placed(t, each), await placed(t, each)];
    const stopped = await daemon(one);
    await stopped.end('SIGTERM');
    const apart: Told[] = [];
    for (const given of each.given) apart.push(await backfilled(one, given));
    const right = await going(one, await daemon(one));
    const running = await daemon(other);
    const together: Told[] = [];
    for (const given of each.given) together.push(await backfilled(other, given));
    assert.deepEqual(together, apart);
    assert.deepEqual(await going(other, running), right);
  });
}
