/** Real daemons on logs of their own, a real Redis, and clocks that stand just before it is time for a count: each user counts once. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import { ControlServer } from '../../src/control/server.ts';
import { ownSocket } from '../../src/control/socket.ts';
import { Daemon } from '../../src/service/daemon.ts';
import type { HeldIndex } from '../../src/service/operations.ts';
import { deadline } from '../deadline.ts';
import { run } from '../program.ts';
import { RedisLab } from './redis-lab.ts';

const HOUR = 3600;
const DAY = 86_400;
const line = (at: number, rest: string): string => `${new Date(at * 1000).toISOString().slice(0, 19)}+0000 ${rest}\n`;
const login = (at: number, id: string, user: string): string =>
  line(at, `${id}\tinfo\tAuthenticated as ${user}@chat.example`);
const logout = (at: number, id: string): string => line(at, `${id}\tinfo\tClient disconnected: closed`);

interface Node {
  /** Of its clock, unix seconds. */
  at: number;
  /** Its configuration. */
  readonly file: string;
  readonly control: ControlServer;
  running: Promise<void>;
  stop: AbortController;
  held: HeldIndex | undefined;
}

/** A daemon counts two seconds behind the hour. */
const ALMOST = 1.9;
const SETTLED = 2;

class World {
  /** The full hour that is counted next. */
  hour: number;
  readonly told: string[] = [];
  readonly nodes: Node[] = [];
  readonly #root: string;
  readonly #lab: RedisLab;
  readonly #socket: Socket;
  readonly #packets: string[] = [];
  /** Those before the last count. */
  readonly #seen: string[] = [];
  readonly #events = new EventEmitter();

  private constructor(root: string, lab: RedisLab, socket: Socket, hour: number) {
    this.hour = hour;
    this.#root = root;
    this.#lab = lab;
    this.#socket = socket;
    socket.on('message', (bytes) => {
      this.#packets.push(...bytes.toString().split('\n'));
      this.#events.emit('news');
    });
  }

  static async begin(t: TestContext): Promise<World> {
    const root = await mkdtemp(join(tmpdir(), 'cluster-daemon-'));
    const lab = await RedisLab.start();
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    await writeFile(join(root, 'key'), 'of the cluster, and of this test\n', { mode: 0o600 });
    const world = new World(root, lab, socket, Math.floor(Date.now() / 1000 / HOUR) * HOUR);
    t.after(async () => {
      for (const node of world.nodes) await world.end(node);
      socket.close();
      await lab.close();
      await rm(root, { recursive: true });
    });
    return world;
  }

  /** It is time for the next hour. */
  strike(): void {
    this.hour += HOUR;
    for (const node of this.nodes) node.at = this.hour + SETTLED;
  }

  async write(node: number, ...lines: string[]): Promise<void> {
    await appendFile(join(this.#root, `log-${node}`), lines.join(''));
  }

  async oldLog(...lines: string[]): Promise<string> {
    const path = join(this.#root, 'old.log');
    await writeFile(path, lines.join(''));
    return path;
  }

  start(number: number, nodes: number, seconds: { wait?: number } = {}): Node {
    const [log, index] = [join(this.#root, `log-${number}`), join(this.#root, `index-${number}`)];
    const file = join(this.#root, `node-${number}.toml`);
    const toml = `
[[log]]
path = "${log}"
timezone = "UTC"
[statsd]
port = ${this.#socket.address().port}
[index]
path = "${index}"
[cluster]
url = "${this.#lab.url}"
node = "node${number}"
nodes = ${nodes}
key_file = "${join(this.#root, 'key')}"
wait_seconds = ${seconds.wait ?? 60}
`;
    writeFileSync(file, toml);
    const config = loadConfig({
      flags: { config: file },
      env: {},
      readFile: () => toml,
      exists: () => true,
      defaultTimezone: 'UTC',
    });
    const tell = (_level: string, sentence: string): void => {
      this.told.push(`node${number}: ${sentence}`);
      this.#events.emit('news');
    };
    const control = new ControlServer({ version: '0', now: () => node.at, tell });
    const stop = new AbortController();
    const waitForNext = (): void => void (node.at = this.hour + HOUR + ALMOST);
    const node: Node = { at: this.hour + SETTLED, file, control, stop, held: undefined, running: Promise.resolve() };
    node.running = Daemon.run({
      ...{ config, now: () => node.at, signal: stop.signal, tell },
      opened: async (held) => {
        node.held = held;
        await control.listen(ownSocket(config));
        control.hold(held);
      },
      counted: () => {
        waitForNext();
        this.#events.emit('news');
      },
      started: () => {
        control.caughtUp();
        waitForNext();
      },
    });
    this.nodes[number] = node;
    return node;
  }

  async end(node: Node): Promise<void> {
    node.stop.abort();
    await node.control.close();
    await node.running;
  }

  /** Waits until it is so. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    const signal = deadline();
    signal.addEventListener('abort', () => this.#events.emit('news'));
    while (!isSo()) {
      if (signal.aborted) assert.fail(`${what}: ${JSON.stringify({ packets: this.gauges(), told: this.told })}`);
      await once(this.#events, 'news');
    }
  }

  gauges(): string[] {
    return gaugesIn(this.#packets.join('\n'));
  }

  has(packet: string): boolean {
    return [...this.#seen, ...this.#packets].some((each) => each.split('\n').includes(packet));
  }

  /** Of the hour, and known to all daemons that run. */
  async counted(...wanted: readonly [d1: number, d7: number, d30: number]): Promise<void> {
    const known = (node: Node): number | undefined => node.held?.standing().cluster?.last?.at;
    await this.until(`all know what was counted at ${this.hour}`, () =>
      this.nodes.every((node) => node.stop.signal.aborted || known(node) === this.hour),
    );
    await this.until('it is sent', () => this.gauges().length >= 3);
    const sent = this.#packets.splice(0).join('\n');
    this.#seen.push(sent);
    assert.deepEqual(
      gaugesIn(sent),
      wanted.map((count, i) => `${[1, 7, 30][i]}d.chat_example:${count}`),
    );
  }
}

const gaugesIn = (packets: string): string[] =>
  [...packets.matchAll(/active_users_(\d+d\.\w+:\d+)\|g/g)].map(([, gauge = '']) => gauge);

test('three daemons count a user of all of them once, at the hour and with none later, and one of them sends it [12.2]', async (t) => {
  const world = await World.begin(t);
  const { hour } = world;
  await world.write(0, login(hour - 3 * DAY, 'c2s1', 'alice'), logout(hour - 3 * DAY + 60, 'c2s1'));
  await world.write(0, login(hour - 7200, 'c2s2', 'bob'));
  await world.write(1, login(hour - 2 * DAY, 'c2s1', 'alice'), logout(hour - 2 * DAY + 5, 'c2s1'));
  await world.write(2, login(hour - 60, 'c2s1', 'bob'), login(hour - 50, 'c2s2', 'carol'), logout(hour - 40, 'c2s1'));
  for (const node of [0, 1, 2]) world.start(node, 3);
  // The last full hour: a daemon that starts may still come to it.
  await world.counted(2, 3, 3);
  await world.write(1, login(hour + HOUR, 'c2s5', 'dan'), login(hour + HOUR + 1, 'c2s6', 'eve'));
  world.strike();
  await world.counted(3, 4, 4);
  // An account that is removed on one node is gone on all.
  await world.write(0, line(hour + HOUR + 1, 'usermanager\tinfo\tUser account deleted: carol@chat.example'));
  await world.write(2, line(hour + HOUR + 2, 'c2s2\tinfo\tClient disconnected: closed'));
  world.strike();
  await world.counted(3, 4, 4);
  assert.ok(world.has('xmpp.self.cluster.nodes_missing:0|g'));
  await commandsTell(world);
});

/** What the commands say of all this. */
async function commandsTell(world: World): Promise<void> {
  const command = (node: number, ...args: string[]) => run([...args, '--config', world.nodes[node]!.file]);
  const status = await command(0, 'status');
  assert.match(status.out, /^cluster {2}node0 has reached Redis since .*; nothing waits to be sent$/m);
  assert.match(status.out, /^cluster {2}nodes: node0, node1, node2(; node\d leads)?$/m);
  assert.match(status.out, /^all nodes, .*:\n.*\nchat.example +(?:≥|>=)?3 +(?:≥|>=)?4 +(?:≥|>=)?4$/m);
  assert.match(status.out, /^cluster {2}all nodes were counted last at .*, by (this node|another one)$/m);
  const counted = await command(0, 'count');
  assert.match(counted.out, /chat.example +(?:≥|>=)?3 +(?:≥|>=)?4 +(?:≥|>=)?4/);
  assert.match(counted.err, /these are the counts of all nodes at /);
  assert.match(
    (await command(0, 'check')).out,
    /cluster: node0, one of 3 nodes, reaches (Redis|Valkey) \d.* at redis:/,
  );
  // Of a user whom another node knows.
  assert.match((await command(2, 'forget', 'dan@chat.example')).err, /other nodes of the cluster delete it, too/);
  world.strike();
  await world.counted(2, 3, 3);
  await world.end(world.nodes[1]!);
  assert.match((await command(0, 'cluster', 'remove', 'node1')).err, /node1 is waited for no longer/);
  assert.match((await command(0, 'cluster', 'remove', 'node9')).err, /the cluster knows no node node9/);
}

test('a daemon that does not come is named, and goes on where it was when it comes back [12.5]', async (t) => {
  const world = await World.begin(t);
  const { hour } = world;
  for (const node of [0, 1, 2]) await world.write(node, login(hour - 100, 'c2s1', `user${node}`));
  for (const node of [0, 1, 2]) world.start(node, 3, { wait: 1 });
  await world.counted(3, 3, 3);
  await world.end(world.nodes[2]!);
  await world.write(0, login(hour + 5, 'c2s2', 'dan'));
  await world.write(2, logout(hour + 5, 'c2s1'), login(hour + 6, 'c2s1', 'eve'));
  world.strike();
  await world.counted(4, 4, 4);
  await world.until('one is missing', () => world.has('xmpp.self.cluster.nodes_missing:1|g'));
  assert.ok(world.told.some((sentence) => /without node2: the counts are lower bounds/.test(sentence)));
  world.start(2, 3, { wait: 1 });
  world.strike();
  await world.counted(5, 5, 5);
  // It is no more, and its old logs are read elsewhere.
  await world.end(world.nodes[2]!);
  const old = await world.oldLog(login(hour - 2 * DAY, 'c2s1', 'frank'), login(hour - 2 * DAY + 60, 'c2s2', 'user0'));
  const backfill = (): ReturnType<typeof run> =>
    run(['backfill', '--config', world.nodes[0]!.file, '--timezone', 'UTC', '--node', 'node2', old]);
  assert.match((await backfill()).err, /node2 gave a sign of life less than 300 seconds ago/);
  assert.equal((await run(['cluster', 'remove', 'node2', '--config', world.nodes[0]!.file])).code, 0);
  assert.match((await backfill()).err, /the cluster knows the 2 users of node2/);
  world.strike();
  await world.counted(5, 6, 6);
});
