/** A backfill into a running daemon that is broken off, is none, or comes second: it harms nothing, and says so. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Wire } from '../../src/control/wire.ts';
import { deadline } from '../deadline.ts';
import { run } from '../program.ts';
import { daemon, login, place, type Place } from './running-daemon.ts';

const DAY = 86_400;
const NOW = Math.floor(Date.now() / 1000);
const LOG = login(NOW - 60, 'c2s1', 'alice');
const OLD = login(NOW - 3 * DAY, 'c2s2', 'bob');

interface Asking {
  readonly wire: Wire;
  readonly asked: ClientRequest;
  readonly response: IncomingMessage;
}

/** A command that says only what the test says. */
async function asking(t: TestContext, { index }: Place): Promise<Asking> {
  const asked = request({ socketPath: join(index, 'control.sock'), path: '/backfill', method: 'POST', agent: false });
  t.after(() => asked.destroy());
  asked.on('error', () => {});
  asked.flushHeaders();
  const [response] = (await once(asked, 'response', { signal: deadline() })) as [IncomingMessage];
  return { wire: new Wire(response, asked), asked, response };
}

const backfill = ({ index }: Place, ...files: readonly string[]) =>
  run(['backfill', ...files, '--index', index, '--timezone', 'UTC']);
const knows = async (user: string, { index }: Place): Promise<boolean> =>
  (await run(['last', `${user}@chat.example`, '--index', index])).code === 0;

async function oldLog({ root }: Place): Promise<string> {
  const path = join(root, 'old.log');
  await writeFile(path, OLD);
  return path;
}

const log = { name: 'old', path: '/root/old.log', server: 'auto', timezone: 'UTC', timestamps: '' };
const file = { path: '/root/old.log', firstAt: NOW - 3 * DAY, lastAt: NOW - 3 * DAY, year: 2026 };
const marked = { length: 1, hash: '0' };
const position = { id: 'x', log: log.path, offset: OLD.length, head: marked, marker: marked, readAt: NOW };

test('one at a time; a command that goes away makes room, and what it had handed over holds [11.1]', async (t) => {
  const at = await place(t, LOG);
  const old = await oldLog(at);
  await daemon(at);
  const { wire, asked } = await asking(t, at);
  const second = await backfill(at, old);
  assert.deepEqual([second.code, /another backfill is under way: wait for its end/.test(second.err)], [1, true]);
  assert.deepEqual((await wire.receive())?.message, { index: at.index });
  await wire.send({ series: [{ log, files: [file] }] });
  const wants = async (): Promise<string[]> => Object.keys((await wire.receive())?.message ?? {});
  assert.deepEqual(await wants(), ['known', 'positions']);
  await wire.send({ id: null, isWhole: false });
  assert.deepEqual([await wants(), await wants()], [['read', 'complete'], ['next']]);
  await wire.send({ continues: false, position }, Buffer.from(OLD));
  assert.deepEqual(await wants(), ['next']);
  asked.destroy();
  await once(asked, 'close', { signal: deadline() });
  while (!(await knows('bob', at)));
  let again = await backfill(at, old);
  // What it had handed over is known before the daemon has let go of it.
  while (again.err.includes('another backfill is under way')) again = await backfill(at, old);
  assert.equal(again.code, 0, again.err);
  assert.match(again.err, /1 lines read, 1 events; 2 users are in/);
});

/** What is said in the place of a request, or of a block of lines. */
const NONSENSE: readonly [what: string, said: Buffer][] = [
  ['text that is too long', Buffer.from('7fffffff00000000', 'hex')],
  ['bytes that are too many', Buffer.from('000000027fffffff7b7d', 'hex')],
  ['no JSON', Buffer.from('000000010000000078', 'hex')],
  ['no object', Buffer.from('00000002000000005b5d', 'hex')],
  ['nothing that was asked for', Buffer.from('00000002000000007b7d', 'hex')],
];

test('what is malformed is refused, and harms nothing [11.1]', async (t) => {
  const at = await place(t, LOG);
  const old = await oldLog(at);
  await daemon(at);
  const refused = async (said: Buffer | object, ...before: readonly object[]): Promise<string> => {
    const { wire, asked } = await asking(t, at);
    for (const message of before) await wire.send(message);
    if (Buffer.isBuffer(said)) asked.write(said);
    else await wire.send(said);
    for (let received; (received = await wire.receive());) {
      if ('done' in received.message) return '';
      if (typeof received.message['failed'] === 'string') {
        asked.destroy();
        return received.message['failed'];
      }
    }
    return '';
  };
  const whole = { series: [{ log, files: [file] }] };
  for (const [what, said] of NONSENSE) assert.notEqual(await refused(said), '', what);
  for (const [what, said] of NONSENSE.filter(([name]) => !name.startsWith('nothing')))
    assert.notEqual(await refused(said, whole, { id: null }), '', `${what}, for a block`);
  for (const wrong of [{ offset: -1 }, { log: `${at.log}.other` }])
    assert.notEqual(
      await refused({ continues: true, position: { ...position, ...wrong } }, whole, { id: null }),
      '',
      JSON.stringify(wrong),
    );
  for (const wrong of [{ timezone: 'Nowhere/Nowhere' }, { timestamps: '%Q' }, { server: 'unheard-of' }, { path: 1 }])
    assert.notEqual(
      await refused({ stopped: true }, { series: [{ log: { ...log, ...wrong }, files: [file] }] }, { id: null }),
      '',
      JSON.stringify(wrong),
    );
  assert.equal((await backfill(at, old)).code, 0);
  assert.ok(await knows('bob', at));
});

test('a daemon that goes away in the middle is told, with what is to be done [11.1]', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'broken-'));
  const at = { root, index: root, log: join(root, 'prosody.log'), ends: [] };
  const old = await oldLog(at);
  const socket = join(root, 'control.sock');
  // It ends when it has been told what is to be read.
  const server = createServer((asked, answer) => {
    const wire = new Wire(asked, answer);
    answer.writeHead(200);
    void wire
      .send({ index: '/var/lib/index' })
      .then(() => wire.receive())
      .then(() => asked.destroy());
  }).listen(socket);
  t.after(async () => {
    server.close();
    await rm(root, { recursive: true });
  });
  await once(server, 'listening');
  const { code, err } = await run(['backfill', old, '--timezone', 'UTC', '--set', `control.socket=${socket}`]);
  assert.equal(code, 1);
  assert.match(err, /the daemon has ended, or begins anew, .* give the same command again for the rest/);
});
