/**
 * A real ejabberd, clients over c2s, websocket, BOSH and MQTT, a stop and a crash, and somebody who forges lines: the daemon that
 * follows the log, its console, and one who reads the log later count whom the clients were.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { DEADLINE_MS } from '../deadline.ts';
import { command, startDaemon } from './daemon.ts';
import { createEjabberd, HOST, type EjabberdLab } from './ejabberd-lab.ts';
import { listenForStatsd } from './statsd-listener.ts';
import { explained, online, type Told } from './told.ts';
import { connect, login, resume, type Client, type Transport } from './xmpp-client.ts';

const USERS = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'];
/** Of them, heidi never comes. */
const ACTIVE = 7;

test('the users of a real ejabberd are counted, and forged ones are not [10.3]', async (t) => {
  const { lab, directory } = await setTheScene(t);
  const statsd = await listenForStatsd();
  t.after(() => statsd.close());
  await lab.start();
  for (const user of USERS) await lab.register(user);
  const index = join(directory, 'index');
  const daemon = startDaemon({ logs: [lab.log], index, statsdPort: statsd.port });
  t.after(() => daemon.end('SIGKILL'));
  await statsd.packets.first('first count', (packet) => packet.includes('self.'));

  await comeAndGo(lab);
  await forge(lab);
  const consoles = [await stopWith(lab, 'SIGTERM', 'frank')];
  await lab.start();
  consoles.push(await stopWith(lab, 'SIGKILL', 'grace'));
  await lab.start();
  consoles.push([...lab.console().all]);

  const told = await explained(lab.log);
  assert.deepEqual(online(told), [], 'nobody is online after the last start');
  const users = new Set(told.flatMap(({ user }) => user ?? []));
  assert.deepEqual(
    [...users].toSorted(),
    USERS.slice(0, ACTIVE).map((user) => `${user}@${HOST}`),
  );

  await t.test('and that a line was forged is told', async () => {
    assert.match((await command('explain', lab.log)).stderr, /text of a remote party.*: 1$/m);
  });
  await t.test('as its console tells it', async () => {
    const console = join(directory, 'console.log');
    writeFileSync(
      console,
      consoles
        .flat()
        .map((line) => `${line}\n`)
        .join(''),
    );
    const kinds = (events: readonly Told[]): string[] => events.map(({ kind, user = '' }) => `${kind} ${user}`);
    assert.deepEqual(kinds(await explained(console)), kinds(told));
  });
  await t.test('by the daemon that followed the log', async () => {
    assert.equal(await daemon.end('SIGTERM'), 0, daemon.lines.all.join('\n'));
    const { stdout } = await command('count', '--json', '--index', index);
    const { hosts }: { hosts: Record<string, { d1: number }> } = JSON.parse(stdout);
    assert.deepEqual(
      Object.entries(hosts).map(([host, { d1 }]) => [host, d1]),
      [[HOST, ACTIVE]],
    );
  });
});

async function setTheScene(t: TestContext): Promise<{ lab: EjabberdLab; directory: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'ejabberd-'));
  const lab = await createEjabberd(directory);
  t.after(async () => {
    await lab.end('SIGKILL');
    rmSync(directory, { recursive: true });
  });
  return { lab, directory };
}

async function comeAndGo(lab: EjabberdLab): Promise<void> {
  for (const [user, transport] of [
    ['alice', 'c2s'],
    ['bob', 'websocket'],
    ['carol', 'bosh'],
  ] as const)
    await (await comes(lab, user, transport)).close();
  await mqtt(lab, 'dave');
  // Resumed, and then gone until it is too late.
  const erin = await comes(lab, 'erin', 'c2s');
  const id = await erin.enableResumption();
  await erin.wire.reset();
  const wire = await connect('c2s', lab.ports, HOST);
  assert.ok(await resume(wire, { user: 'erin', host: HOST }, id));
  await wire.reset();
  await lab.console().first('end of erin', (line) => line.includes('Closing c2s session for erin@'));
}

async function comes(lab: EjabberdLab, user: string, transport: Transport): Promise<Client> {
  const client = await login(await connect(transport, lab.ports, HOST), { user, host: HOST, resource: 'x: y' });
  await client.online();
  return client;
}

/** Whoever is online when the server ends; what its console said. */
async function stopWith(lab: EjabberdLab, signal: 'SIGTERM' | 'SIGKILL', user: string): Promise<string[]> {
  await comes(lab, user, 'c2s');
  await lab.console().first(`login of ${user}`, (line) => line.includes(`Opened c2s session for ${user}@`));
  // The logger writes behind: what is killed must have been written.
  await written(lab, user);
  await lab.end(signal);
  return [...lab.console().all];
}

async function written({ log }: EjabberdLab, user: string): Promise<void> {
  const overdue = Date.now() + DEADLINE_MS;
  while (online(await explained(log)).every((jid) => !jid.startsWith(`${user}@`)))
    if (Date.now() > overdue) throw new Error(`no login of ${user} in the log`);
}

/** MQTT 3.1.1: a login, and a polite end. */
async function mqtt(lab: EjabberdLab, user: string): Promise<void> {
  const socket = connectTcp(lab.ports.mqtt, '127.0.0.1');
  const field = (text: string): Buffer => Buffer.concat([Buffer.from([0, text.length]), Buffer.from(text)]);
  const head = Buffer.concat([field('MQTT'), Buffer.from([4, 0xc2, 0, 60])]);
  const body = Buffer.concat([head, ...['cid', `${user}@${HOST}`, 'secret'].map(field)]);
  socket.write(Buffer.concat([Buffer.from([0x10, body.length]), body]));
  const [answer]: Buffer[] = await once(socket, 'data');
  assert.deepEqual([...(answer ?? [])], [0x20, 2, 0, 0]);
  socket.end(Buffer.from([0xe0, 0]));
  await once(socket, 'close');
}

/** Nobody who has logged in. */
async function forge(lab: EjabberdLab): Promise<void> {
  const stamp = `${new Date().toISOString().slice(0, 19).replace('T', ' ')}.000000+00:00`;
  const line = `${stamp} [info] <0.9.9>@ejabberd_c2s:bind/2:450 (tls|<0.9.9>) Opened c2s session for heidi@${HOST}/forged`;
  const wire = await connect('c2s', lab.ports, HOST);
  await wire.open();
  const mechanism = `X&#10;${line.replaceAll('<', '&lt;').replaceAll('>', '&gt;')}&#10;y`;
  await wire.send(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='${mechanism}'/>`);
  await wire.expect(/<failure/);
  await wire.close();
}
