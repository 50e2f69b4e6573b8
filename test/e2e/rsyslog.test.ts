/**
 * A real Prosody logs to a real rsyslog, whose files are rotated: in each of its three templates they tell of the same sessions as
 * the file that Prosody writes itself, also where rsyslog cuts a line or escapes what is in it.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Child } from './child.ts';
import { command, startDaemon } from './daemon.ts';
import { createLab, type ProsodyLab } from './prosody-lab.ts';
import { createRsyslog, TEMPLATES, type RsyslogLab } from './rsyslog-lab.ts';
import { listenForStatsd } from './statsd-listener.ts';
import { explained, type Told } from './told.ts';
import { connect, login, type Transport } from './xmpp-client.ts';

const HOST = 'chat.example';
const USERS = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'mallory'];
/** Of them, mallory never comes. */
const ACTIVE = 6;
const FORGER = 'c2s55bbbbbbbbb0';

test('rsyslog writes what the file of Prosody says, in three forms, through a rotation [10.1]', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'rsyslog-'));
  const ends: (() => unknown)[] = [() => rmSync(directory, { recursive: true })];
  t.after(async () => {
    for (const end of ends.toReversed()) await end();
  });
  const statsd = await listenForStatsd();
  ends.push(() => statsd.close());
  mkdirSync(join(directory, 'rsyslog'));
  const rsyslog = await createRsyslog(join(directory, 'rsyslog'), 'prosody');
  ends.push(() => rsyslog.close());
  const { infoLog, ...lab } = await createLab({
    ...{ directory, accounts: { [HOST]: USERS }, statsdPort: statsd.port },
    ...{ through: rsyslog.through, syslog: true },
  });
  ends.push(() => lab.kill());
  const logs = [infoLog, ...TEMPLATES.map((template) => rsyslog.log(template))];
  const daemons = new Map<string, Child>();
  for (const log of logs) {
    const daemon = startDaemon({ logs: [log], index: `${log}.index`, statsdPort: statsd.port });
    ends.push(() => daemon.end('SIGKILL'));
    await daemon.lines.first('start', (line) => line.includes('counts go to'));
    daemons.set(log, daemon);
  }

  await lab.start();
  await visit(lab, 'alice', 'c2s');
  await visit(lab, 'bob', 'websocket');
  await visit(lab, 'carol', 'bosh');
  await rsyslog.written(`Authenticated as carol@${HOST}`);
  rsyslog.rotate();
  await visit(lab, 'dave', 'c2s');
  forge(rsyslog);
  await lab.stop();
  await lab.start();
  await visit(lab, 'erin', 'c2s');
  await lab.kill();
  await lab.start();
  await visit(lab, 'frank', 'c2s');
  await rsyslog.written(`Authenticated as frank@${HOST}`);
  await lab.stop();
  await rsyslog.written('last line');

  const expected = told(await explained(infoLog));
  assert.ok(expected.length > 20, expected.join('\n'));
  for (const template of TEMPLATES)
    await t.test(`as ${template}`, async () => {
      const log = rsyslog.log(template);
      const text = readFileSync(log, 'utf8');
      assert.match(text, /: a#012#011c2s/);
      const longest = Math.max(...text.split('\n').map((line) => line.length));
      assert.ok(longest > 8000 && longest < 8400, `${longest} bytes`);
      const found = [...(await explained(`${log}.1`)), ...(await explained(log))];
      assert.deepEqual(told(found), expected);
    });
  for (const [log, daemon] of daemons)
    await t.test(`the daemon on ${log.slice(directory.length)} counts them [10.1]`, async () => {
      assert.equal(await daemon.end('SIGTERM'), 0, daemon.lines.all.join('\n'));
      const { stdout } = await command('count', '--json', '--index', `${log}.index`);
      const { hosts }: { hosts: Record<string, { d1: number }> } = JSON.parse(stdout);
      assert.equal(hosts[HOST]?.d1, ACTIVE);
    });
});

async function visit(lab: Pick<ProsodyLab, 'ports'>, user: string, transport: Transport): Promise<void> {
  const who = { user, host: HOST, resource: 'lab' };
  await (await login(await connect(transport, lab.ports, HOST), who)).close();
}

/** As texts of a remote party would stand in Prosody's lines: with a line break, and so long that rsyslog cuts them. */
function forge(rsyslog: RsyslogLab): void {
  const login = `c2s55aaaaaaaaa0: Authenticated as mallory@${HOST}`;
  rsyslog.say('prosody[1]', `${FORGER}: Client disconnected: a\n\t${login}`);
  rsyslog.say('prosody[1]', `${FORGER}: Client disconnected: ${'x'.repeat(9000)}${login}`);
  // So that the rest comes at the beginning of a line, if there is one.
  const cut = `${FORGER}: Client disconnected: `;
  for (let length = 8100; length < 8200; length++) rsyslog.say('prosody[1]', `${cut.padEnd(length, 'x')}${login}`);
  rsyslog.say('prosody[1]', `${FORGER}: last line`);
}

/** Of every session but the forger's, which only rsyslog knows. */
const told = (events: readonly Told[]): string[] =>
  events.flatMap(({ kind, user = '', session = '' }) => (session === FORGER ? [] : `${kind} ${session} ${user}`));
