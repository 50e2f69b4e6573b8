/**
 * What a remote server that nobody has authenticated may say in its stream header stands in the log as it was said, and
 * must not hide a login behind it: a real Prosody is sent such headers, and then its users log in.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Child } from './child.ts';
import { modulePrefix, startDaemon, type DaemonOptions } from './daemon.ts';
import { createLab, freePorts, type ProsodyLab } from './prosody-lab.ts';
import { listenForStatsd, type StatsdListener } from './statsd-listener.ts';
import { connect, login } from './xmpp-client.ts';

const users = 'alice bob carol dave erin frank'.split(' ');
const gauge = `${modulePrefix}active_users_1d.chat_example`;
/** Each opens a bracket or a quote that Prosody's line does not close. */
const headers = ["to='a (b' from='evil.example'", "to='chat.example' from='x (y'", "to='a &quot;b' from='&apos;x'"];

test('every login behind the stream header of a remote server is counted [8.1]', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'header-e2e-'));
  const statsd = await listenForStatsd();
  const [s2s = 0, elsewhere = 0] = await freePorts(2);
  const lab = await createLab({
    directory,
    accounts: { 'chat.example': users },
    // The module's own counts must not be taken for the daemon's.
    statsdPort: elsewhere,
    extra: `modules_disabled = {}\ns2s_ports = { ${s2s} }\ns2s_direct_tls_ports = {}`,
  });
  t.after(async () => {
    await lab.kill();
    statsd.close();
    rmSync(directory, { recursive: true });
  });
  await lab.start();
  await lab
    .output()
    .first('port for servers', (line) => line.includes(`Activated service 's2s' on [127.0.0.1]:${s2s}`));
  const info = { logs: [lab.infoLog], index: join(directory, 'info'), statsdPort: statsd.port, timezone: 'UTC' };
  const debug = { ...info, logs: [lab.debugLog], index: join(directory, 'debug') };
  const following = [start(t, info), start(t, debug)];
  for (const daemon of following) await daemon.lines.first('start', (line) => line.includes('caught up with'));

  for (const header of headers) await open(s2s, header);
  for (const user of users) await visit(lab, user);

  for (const daemon of following) assert.equal(await daemon.end('SIGTERM'), 0, daemon.lines.all.join('\n'));
  const counts = [await countOfNewDaemon(t, statsd, info), await countOfNewDaemon(t, statsd, debug)];
  assert.deepEqual(counts, [users.length, users.length], 'by daemons that followed the info log and the debug log');
});

/** Opens a stream as another server does, and waits until Prosody has closed it. */
async function open(port: number, attributes: string): Promise<void> {
  const socket = connectTcp({ port, host: '127.0.0.1' });
  const closed = once(socket, 'close');
  socket.resume();
  socket.write(
    `<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' version='1.0' ` +
      `xmlns:stream='http://etherx.jabber.org/streams' ${attributes}>`,
  );
  socket.end('</stream:stream>');
  await closed;
}

async function visit(lab: ProsodyLab, user: string): Promise<void> {
  const who = { user, host: 'chat.example', resource: 'lab' };
  await (await login(await connect('c2s', lab.ports, who.host), who)).close();
}

function start(t: TestContext, options: DaemonOptions): Child {
  const daemon = startDaemon(options);
  t.after(() => daemon.end('SIGKILL'));
  return daemon;
}

/** A daemon counts at its start, with what those before it have stored. */
async function countOfNewDaemon(
  t: TestContext,
  statsd: StatsdListener,
  options: DaemonOptions,
): Promise<number | undefined> {
  const from = statsd.packets.all.length;
  const daemon = start(t, options);
  const count = await statsd.packets.until('count of the daemon', () => statsd.gauges(gauge, from).get(gauge));
  assert.equal(await daemon.end('SIGTERM'), 0, daemon.lines.all.join('\n'));
  return count;
}
