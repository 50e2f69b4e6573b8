/**
 * The logs of three nodes come to one machine over real rsyslogs, as the examples set them up, and are rotated meanwhile: there
 * they are what the servers wrote, and each user counts once.
 */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  appendFileSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { NodesWorld, written } from '../cluster/nodes-world.ts';
import { Random } from '../fuzz/random.ts';
import { run } from '../program.ts';
import { SEED } from '../properties.ts';
import { startChild, type Child } from './child.ts';

const NODES = ['node-a', 'node-b', 'node-c'];
const HOUR = 3600;
const BEGIN = Date.parse('2026-03-02T00:00:00Z') / 1000;
const HOURS = 72;

const root = mkdtempSync(join(tmpdir(), 'logs-of-nodes-'));
const daemons: Child[] = [];
after(async () => {
  for (const daemon of daemons) await daemon.end('SIGTERM');
  rmSync(root, { recursive: true });
});

const example = (name: string): string =>
  readFileSync(new URL(`../../../examples/rsyslog-${name}.conf`, import.meta.url), 'utf8');

/** One that takes nothing from this machine; `texts`: what stands in the example, and what is to stand there. */
function startRsyslog(name: string, conf: string, texts: Readonly<Record<string, string>>): Child {
  const directory = join(root, name);
  mkdirSync(directory, { recursive: true });
  let own = `global(workDirectory="${directory}" localHostname="${name}")\n${conf}`;
  for (const [text, other] of Object.entries(texts)) {
    assert.ok(own.includes(text), `the example has no ${text}`);
    own = own.replaceAll(text, other);
  }
  writeFileSync(join(directory, 'rsyslog.conf'), own);
  const daemon = startChild('rsyslogd', ['-n', '-f', join(directory, 'rsyslog.conf'), '-i', join(directory, 'pid')]);
  daemons.push(daemon);
  return daemon;
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return String(address.port);
}

/** Waits until so many lines are there. */
async function reached(tail: Child, count: number): Promise<void> {
  let lines = 0;
  await tail.lines.first(`line ${count}`, () => ++lines === count);
}

test('the logs of nodes are brought to one machine by rsyslog, and counted there [12.1]', async () => {
  if (!existsSync('/usr/sbin/rsyslogd')) throw new Error('rsyslog is not installed: apt-get install rsyslog');
  const port = await freePort();
  const central = join(root, 'central');
  startRsyslog('central', example('central'), {
    '192.0.2.1': '127.0.0.1',
    '10514': port,
    '/var/log/xmpp': central,
  });
  const world = new NodesWorld({
    random: new Random(SEED),
    nodes: 3,
    users: 100,
    begin: BEGIN,
    hours: HOURS,
    hosts: ['chat.example'],
  });
  const texts = NODES.map((_, node) =>
    world.lines
      .filter((line) => line.node === node)
      .toSorted((a, b) => a.at - b.at)
      .map(written),
  );
  const tails: Child[] = [];
  for (const [node, name] of NODES.entries()) {
    const log = join(root, name, 'prosody.log');
    mkdirSync(join(root, name));
    const lines = texts[node]!;
    const third = Math.floor(lines.length / 3);
    writeFileSync(log, lines.slice(0, third).join(''));
    startRsyslog(name, example('node'), {
      '/var/log/prosody/prosody.log': log,
      'logs.example': '127.0.0.1',
      '10514': port,
    });
    const tail = startChild('tail', ['--lines=+1', '--follow=name', '--retry', join(central, `${name}.log`)]);
    daemons.push(tail);
    tails.push(tail);
    await reached(tail, third);
    appendFileSync(log, lines.slice(third, 2 * third).join(''));
    renameSync(log, `${log}.1`);
    writeFileSync(log, lines.slice(2 * third).join(''));
  }
  for (const [node, name] of NODES.entries()) {
    await reached(tails[node]!, texts[node]!.length);
    assert.equal(readFileSync(join(central, `${name}.log`), 'utf8'), texts[node]!.join(''));
  }

  const { code, out, err } = await run([
    'history',
    '--format',
    'csv',
    '--timezone',
    'UTC',
    ...NODES.map((name) => join(central, `${name}.log`)),
  ]);
  assert.equal(code, 0, err);
  const rows = out.trim().split('\n').slice(1);
  assert.ok(rows.length >= HOURS);
  for (const row of rows) {
    const [time = '', , ...counts] = row.split(',');
    assert.deepEqual(counts.map(Number), world.countsAt(Number(time)), `${(Number(time) - BEGIN) / HOUR} h`);
  }
});
