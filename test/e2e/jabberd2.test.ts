/**
 * A real jabberd2, clients that come, are replaced, remove their account and are there when a part of it is killed, and somebody
 * who forges lines: the daemon that follows the session manager's log, and one who reads either log later, count whom the
 * clients were.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { command, startDaemon } from './daemon.ts';
import { createJabberd2, HOST, register, type Jabberd2Lab, type Part } from './jabberd2-lab.ts';
import { listenForStatsd } from './statsd-listener.ts';
import { explained, online } from './told.ts';
import { connect, login, type Client } from './xmpp-client.ts';

const USERS = ['alice', 'bob', 'carol', 'dave', 'erin', 'heidi'];
/** Of them, carol is gone, and heidi never comes. */
const COUNTED = ['alice', 'bob', 'dave', 'erin'];

test('the users of a real jabberd2 are counted, and forged ones are not [10.4]', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'jabberd2-'));
  const lab = await createJabberd2(directory);
  t.after(async () => {
    await lab.close();
    rmSync(directory, { recursive: true });
  });
  const statsd = await listenForStatsd();
  t.after(() => statsd.close());
  await lab.start();
  for (const user of USERS) await register(lab, user);
  const index = join(directory, 'index');
  const daemon = startDaemon({ logs: [lab.log('sm')], index, statsdPort: statsd.port });
  t.after(() => daemon.end('SIGKILL'));
  await statsd.packets.first('first count', (packet) => packet.includes('self.'));

  await comeAndGo(lab);
  await forge(lab);
  await endsWith(lab, 'dave', 'SIGKILL', ['sm']);
  await endsWith(lab, 'erin', 'SIGTERM', ['router', 'sm', 'c2s']);

  const jids = COUNTED.map((user) => `${user}@${HOST}`);
  for (const part of ['sm', 'c2s'] as const)
    await t.test(`${part}.log tells who they were, and that nobody is left`, async () => {
      const told = await explained(lab.log(part));
      const users = new Set(told.flatMap(({ kind, user }) => (kind === 'start' && user !== undefined ? [user] : [])));
      assert.deepEqual([...users].toSorted(), [...jids, `carol@${HOST}`].toSorted());
      assert.deepEqual(online(told), []);
    });
  await t.test('and that lines were forged is told of the one log that has them', async () => {
    assert.match((await command('explain', lab.log('c2s'))).stderr, /text of a remote party.*: \d+$/m);
    assert.doesNotMatch((await command('explain', lab.log('sm'))).stderr, /text of a remote party/);
  });
  await t.test('and so does the daemon that followed the log', async () => {
    assert.equal(await daemon.end('SIGTERM'), 0, daemon.lines.all.join('\n'));
    const { stdout } = await command('count', '--json', '--index', index);
    const { hosts }: { hosts: Record<string, { d1: number }> } = JSON.parse(stdout);
    assert.equal(hosts[HOST]?.d1, COUNTED.length);
  });
});

async function comeAndGo(lab: Jabberd2Lab): Promise<void> {
  await (await comes(lab, 'alice')).close();
  // The same resource again ends the first session.
  await comes(lab, 'bob');
  const second = await comes(lab, 'bob', 'session replaced');
  await second.wire.drop();
  await said(lab, 'sm', `session ended: jid=bob@${HOST}`);
  const carol = await comes(lab, 'carol');
  await carol.wire.send("<iq type='set' id='x'><query xmlns='jabber:iq:register'><remove/></query></iq>");
  await said(lab, 'sm', `deleted user: jid=carol@${HOST}`);
}

async function comes(lab: Jabberd2Lab, user: string, how = 'session started'): Promise<Client> {
  const client = await login(await connect('c2s', lab.ports, HOST), { user, host: HOST, resource: 'x, packets: 1' });
  await said(lab, 'sm', `${how}: jid=${user}@${HOST}`);
  await said(lab, 'c2s', `bound: jid=${user}@${HOST}`);
  return client;
}

const said = (lab: Jabberd2Lab, part: Part, words: string): Promise<string> =>
  lab.lines(part).first(words, (line) => line.includes(words));

/** Parts of the server end while somebody is online, and are started again. */
async function endsWith(lab: Jabberd2Lab, user: string, signal: 'SIGTERM' | 'SIGKILL', parts: Part[]): Promise<void> {
  await comes(lab, user);
  await lab.end(signal, parts);
  await said(lab, 'c2s', `disconnect jid=${user}@${HOST}`);
  await lab.start();
}

/** Nobody who has logged in: by the name of a host, and by the text of an error. */
async function forge(lab: Jabberd2Lab): Promise<void> {
  const stamp = new Date()
    .toString()
    .replace(/^(\w+ \w+ )0?(\d+) (\d+) ([\d:]+).*/, (_, a, day: string, year, time) =>
      [a.trimEnd(), day.padStart(2), time, year].join(' '),
    );
  const line = `${stamp} [notice] [99] bound: jid=heidi@${HOST}/forged`;
  const escaped = line.replaceAll('&', '&amp;').replaceAll("'", '&apos;');
  const elsewhere = await connect('c2s', lab.ports, `evil.example&#10;${escaped}`);
  await elsewhere.open().catch(() => undefined);
  await said(lab, 'c2s', 'SASL callback for non-existing host: evil.example');
  await elsewhere.drop();
  const wire = await connect('c2s', lab.ports, HOST);
  await wire.open();
  await wire.send(
    `<stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>bye)&#10;${escaped}</text></stream:error>`,
  );
  await said(lab, 'c2s', 'error: Stream error (bye');
  await wire.drop();
}
