/**
 * A real Prosody with its own modules and the daemon beside it, both sending to UDP listeners: their gauges must be the
 * same, name for name and value for value.
 *
 * The users were last here 40, 20 and 3 days ago and today (Prosody's clock is set back for its first runs), so that
 * the three windows differ. The module counts 15 seconds after each start of the server and then not for an hour; the
 * daemon counts shortly after its own start. So both are compared after a start with nothing going on.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Child } from './child.ts';
import { modulePrefix, startDaemon } from './daemon.ts';
import { createLab, type ProsodyLab } from './prosody-lab.ts';
import { listenForStatsd, type StatsdListener } from './statsd-listener.ts';
import { authenticate, connect, login, resume, type Client, type Transport, type Who } from './xmpp-client.ts';

const zone = 'America/New_York';
const gauges = `${modulePrefix}active_users_`;
const gaugeCount = 6;
const accounts = {
  'chat.example': 'alice bob carol dave erin frank grace heidi ivan judy kim mallory oscar peggy quentin'.split(' '),
  'work.example': 'victor zoe yan'.split(' '),
};

const datadog = {
  DD_ENV: 'prod',
  DD_SERVICE: 'xmpp',
  DD_VERSION: '1',
  DD_ENTITY_ID: 'entity',
  DD_AGENT_HOST: '127.0.0.9',
};

/** Who is counted at the end; the comments below say why. */
const expectedToday = {
  [`${gauges}1d.chat_example`]: 7,
  [`${gauges}7d.chat_example`]: 10,
  [`${gauges}30d.chat_example`]: 12,
  [`${gauges}1d.work_example`]: 1,
  [`${gauges}7d.work_example`]: 1,
  [`${gauges}30d.work_example`]: 2,
};

interface Scene {
  readonly lab: ProsodyLab;
  readonly directory: string;
  readonly module: StatsdListener;
  readonly daemon: StatsdListener;
}

test("the daemon's gauges equal the module's, name for name and value for value", async (t) => {
  const scene = await setTheScene(t);
  await liveThroughThePast(scene);

  const beforeFirstCount = scene.module.packets.all.length;
  await scene.lab.start();
  const live = follow(t, scene, scene.lab.infoLog, 'index');
  await moduleCounts(scene, beforeFirstCount);
  const first = await daemonCounts(scene, 0);
  assert.deepEqual(first, moduleGauges(scene), 'with nobody here today');

  await liveThroughToday(scene);
  await scene.lab.stop();
  const beforeSecondCount = scene.module.packets.all.length;
  await scene.lab.start();
  await comeBackAndStay(scene);
  await moduleCounts(scene, beforeSecondCount);
  const truth = moduleGauges(scene);
  assert.deepEqual(Object.fromEntries(truth), expectedToday, 'the module itself');

  await t.test('by a daemon that followed the log and was restarted, with DD_* in its environment', async () => {
    assert.equal(await live.end('SIGTERM'), 0, live.lines.all.join('\n'));
    assert.deepEqual(await countsOfNewDaemon(t, scene, scene.lab.infoLog, 'index', datadog), truth);
  });
  await t.test('by a daemon that sees the log for the first time', async () => {
    assert.deepEqual(await countsOfNewDaemon(t, scene, scene.lab.infoLog, 'index-2'), truth);
  });
  await t.test('by a daemon that reads the debug log', async () => {
    assert.deepEqual(await countsOfNewDaemon(t, scene, scene.lab.debugLog, 'index-3'), truth);
  });
  await t.test('in packets that are exactly NAME:VALUE|g', () => {
    const sent = scene.daemon.packets.all.flatMap((packet) => packet.split('\n'));
    const counts = sent.filter((metric) => metric.startsWith(gauges));
    const exact = /^prosody\.prosody_mod_measure_active_users\.active_users_(1|7|30)d\.(chat|work)_example:\d+\|g$/;
    assert.deepEqual(
      counts.filter((metric) => !exact.test(metric)),
      [],
    );
    assert.deepEqual(
      sent.filter((metric) => metric.includes('#') || metric.includes('|c:')),
      [],
      'no tags, no container ids',
    );
  });
});

async function setTheScene(t: TestContext): Promise<Scene> {
  const directory = mkdtempSync(join(tmpdir(), 'prosody-e2e-'));
  const module = await listenForStatsd();
  const daemon = await listenForStatsd();
  const lab = await createLab({ directory, accounts, statsdPort: module.port, timezone: zone });
  t.after(async () => {
    await lab.kill();
    module.close();
    daemon.close();
    rmSync(directory, { recursive: true });
  });
  return { lab, directory, module, daemon };
}

/** 40 days ago victor; 20 days ago alice, bob, yan and peggy; 3 days ago dave, erin, frank and grace. */
async function liveThroughThePast({ lab }: Scene): Promise<void> {
  await lab.start({ clock: '-40d' });
  await visit(lab, 'c2s', at('work', 'victor'));
  await lab.stop();

  await lab.start({ clock: '-20d' });
  await visit(lab, 'c2s', at('chat', 'alice'));
  await visit(lab, 'websocket', at('chat', 'bob'));
  await visit(lab, 'bosh', at('work', 'yan'));
  await visit(lab, 'c2s', at('chat', 'peggy'));
  await stay(lab, 'c2s', at('chat', 'dave'));
  await lab.stop();

  await lab.start({ clock: '-3d' });
  await authenticate(await connect('c2s', lab.ports, 'chat.example'), at('chat', 'dave'));
  await (await stay(lab, 'c2s', at('chat', 'erin'))).wire.reset();
  await (await stay(lab, 'bosh', at('chat', 'frank'))).wire.drop();
  await stay(lab, 'websocket', at('chat', 'grace'));
  await lab.kill();
}

/**
 * Seen today: carol, grace (again), heidi and kim, mallory with a forgery. Not seen: oscar, who knows no password, and
 * quentin, whom mallory forges. Gone: peggy, who removes her account.
 */
async function liveThroughToday({ lab }: Scene): Promise<void> {
  await visit(lab, 'bosh', at('chat', 'carol'));
  await visit(lab, 'websocket', at('chat', 'grace'));
  await (await stay(lab, 'c2s', at('chat', 'heidi'))).wire.drop();
  await resumeOnce(lab, at('chat', 'kim'));
  await forgeLogin(lab, at('chat', 'mallory'), 'quentin@chat.example');
  const oscar = await connect('c2s', lab.ports, 'chat.example');
  assert.equal(await authenticate(oscar, { ...at('chat', 'oscar'), password: 'guess' }), false);
  await oscar.drop();
  await (await stay(lab, 'c2s', at('chat', 'peggy'))).removeAccount();
}

/** After the restart: heidi on two devices, ivan, judy and zoe stay; kim hibernates. */
async function comeBackAndStay({ lab }: Scene): Promise<void> {
  await stay(lab, 'c2s', { ...at('chat', 'heidi'), resource: 'desk' });
  await stay(lab, 'c2s', { ...at('chat', 'heidi'), resource: 'phone' });
  await stay(lab, 'websocket', at('chat', 'ivan'));
  await stay(lab, 'bosh', at('chat', 'judy'));
  await stay(lab, 'websocket', at('work', 'zoe'));
  const kim = await stay(lab, 'c2s', at('chat', 'kim'));
  await kim.enableResumption();
  await kim.wire.reset();
  await lab.output().first('hibernation', (line) => line.includes('Session going into hibernation'));
}

function at(host: 'chat' | 'work', user: string): Who {
  return { user, host: `${host}.example`, resource: 'lab' };
}

async function come(lab: ProsodyLab, transport: Transport, who: Who): Promise<Client> {
  const client = await login(await connect(transport, lab.ports, who.host), who);
  await client.online();
  return client;
}

async function stay(lab: ProsodyLab, transport: Transport, who: Who): Promise<Client> {
  const client = await come(lab, transport, who);
  client.wire.listen();
  return client;
}

async function visit(lab: ProsodyLab, transport: Transport, who: Who): Promise<void> {
  await (await come(lab, transport, who)).close();
}

/** The connection is lost, the session goes on over a new one, and is closed there. */
async function resumeOnce(lab: ProsodyLab, who: Who): Promise<void> {
  const lost = await stay(lab, 'c2s', who);
  const id = await lost.enableResumption();
  await lost.wire.reset();
  await lab.output().first('hibernation', (line) => line.includes('Session going into hibernation'));
  const found = await connect('c2s', lab.ports, who.host);
  assert.equal(await resume(found, who, id), true);
  await found.close();
}

/** A stream error whose text holds a whole line of another login; Prosody logs it on a continuation line. */
async function forgeLogin(lab: ProsodyLab, who: Who, victim: string): Promise<void> {
  const { wire } = await stay(lab, 'c2s', who);
  const stamp = 'Nov 23 20:00:00';
  await wire.send(
    `<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>` +
      `<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>x&#10;${stamp} c2s5555deadbeef&#9;info&#9;Authenticated as ${victim}</text>` +
      `</stream:error>`,
  );
  await lab.output().first('forged line', (line) => line.includes(`Authenticated as ${victim}`));
  await wire.drop();
}

/** The module has sent zeros at its load and its counts 15 seconds later. */
async function moduleCounts({ module }: Scene, from: number): Promise<void> {
  const sent = (): true | undefined =>
    module.packets.all.slice(from).filter((packet) => packet.startsWith(gauges)).length >= 2 * gaugeCount || undefined;
  await module.packets.until('count of the module', sent);
}

function moduleGauges({ module }: Scene): Map<string, number> {
  return sorted(module.gauges(gauges));
}

function follow(t: TestContext, scene: Scene, log: string, index: string, environment: NodeJS.ProcessEnv = {}): Child {
  const { directory, daemon } = scene;
  const child = startDaemon({
    logs: [log],
    index: join(directory, index),
    statsdPort: daemon.port,
    timezone: zone,
    environment,
  });
  t.after(() => child.end('SIGKILL'));
  return child;
}

async function daemonCounts({ daemon }: Scene, from: number): Promise<Map<string, number>> {
  const complete = (): Map<string, number> | undefined => {
    const sent = daemon.gauges(gauges, from);
    return sent.size === gaugeCount ? sorted(sent) : undefined;
  };
  return daemon.packets.until('count of the daemon', complete);
}

async function countsOfNewDaemon(...[t, scene, log, index, environment]: Parameters<typeof follow>) {
  const from = scene.daemon.packets.all.length;
  const child = follow(t, scene, log, index, environment);
  const counts = await daemonCounts(scene, from).catch((error: unknown) => {
    throw new Error(child.lines.all.join('\n'), { cause: error });
  });
  assert.equal(await child.end('SIGTERM'), 0, child.lines.all.join('\n'));
  return counts;
}

function sorted(values: Map<string, number>): Map<string, number> {
  return new Map([...values].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
