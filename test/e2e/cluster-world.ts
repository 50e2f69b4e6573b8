/** Real daemons on logs of their own, a real Redis, and clocks that stand just before it is time for a count. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Sample } from '../../src/activity/active-window.ts';
import { loadConfig } from '../../src/config/config.ts';
import { ControlServer } from '../../src/control/server.ts';
import { ownSocket } from '../../src/control/socket.ts';
import type { LastCount } from '../../src/service/cluster-state.ts';
import { Daemon } from '../../src/service/daemon.ts';
import type { HeldIndex } from '../../src/service/operations.ts';
import { deadline } from '../deadline.ts';
import { RedisLab } from './redis-lab.ts';

const HOUR = 3600;

export interface Node {
  /** Of its clock, unix seconds. */
  at: number;
  /** Hours that it has come through, counted or not. */
  hours: number;
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

export class World {
  /** The full hour that is counted next. */
  hour: number;
  readonly told: string[] = [];
  /** Of each count that was sent: whether it had gone out when the daemon went on. */
  readonly wasSent: boolean[] = [];
  readonly nodes: Node[] = [];
  readonly redis: RedisLab;
  readonly #root: string;
  readonly #socket: Socket;
  readonly #packets: string[] = [];
  /** Those before the last count. */
  readonly #seen: string[] = [];
  readonly #events = new EventEmitter();

  private constructor(root: string, redis: RedisLab, socket: Socket, hour: number) {
    this.hour = hour;
    this.#root = root;
    this.redis = redis;
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

  get running(): readonly Node[] {
    return this.nodes.filter((node) => !node.stop.signal.aborted);
  }

  /** The next hour comes, and all daemons that run go on behind it, counted or not. */
  async pass(): Promise<void> {
    const before = this.running.map((node) => [node, node.hours] as const);
    this.strike();
    await this.until(`all go on behind ${this.hour}`, () => before.every(([node, hours]) => node.hours > hours));
  }

  async write(node: number, ...lines: string[]): Promise<void> {
    await appendFile(join(this.#root, `log-${node}`), lines.join(''));
  }

  async oldLog(...lines: string[]): Promise<string> {
    const path = join(this.#root, 'old.log');
    await writeFile(path, lines.join(''));
    return path;
  }

  start(number: number, nodes: number, { wait = 60, log = join(this.#root, `log-${number}`), more = '' } = {}): Node {
    const index = join(this.#root, `index-${number}`);
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
url = "${this.redis.url}"
node = "node${number}"
nodes = ${nodes}
key_file = "${join(this.#root, 'key')}"
wait_seconds = ${wait}
${more}
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
    const node: Node = {
      ...{ at: this.hour + SETTLED, hours: 0, file, control, stop },
      ...{ held: undefined, running: Promise.resolve() },
    };
    node.running = Daemon.run({
      ...{ config, now: () => node.at, signal: stop.signal, tell },
      opened: async (held) => {
        node.held = held;
        await control.listen(ownSocket(config));
        control.hold(held);
      },
      counted: () => {
        node.hours++;
        if (node.held?.standing().cluster?.last?.isOwn === true) this.wasSent.push(this.#hasArrived);
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

  /** Also what is still in the socket. */
  get #hasArrived(): boolean {
    const port = this.#socket.address().port.toString(16).toUpperCase().padStart(4, '0');
    const waiting = new RegExp(`:${port} .*? \\w+:(\\w{8}) `).exec(readFileSync('/proc/net/udp', 'utf8'))?.[1];
    return this.gauges().length > 0 || Number.parseInt(waiting ?? '0', 16) > 0;
  }

  gauges(): string[] {
    return gaugesIn(this.#packets.join('\n'));
  }

  has(packet: string): boolean {
    return [...this.#seen, ...this.#packets].some((each) => each.split('\n').includes(packet));
  }

  /** All daemons that run know what was counted at the hour: gives what they know of it, which is the same. */
  async known(): Promise<readonly Sample[]> {
    const last = (node: Node): LastCount | undefined => node.held?.standing().cluster?.last;
    await this.until(`all know what was counted at ${this.hour}`, () =>
      this.running.every((node) => last(node)?.at === this.hour),
    );
    const [first = [], ...others] = this.running.map((node) => last(node)?.samples);
    for (const other of others) assert.deepEqual(other, first);
    return first;
  }

  /** Of the hour, and known to all daemons that run. */
  async counted(...wanted: readonly [d1: number, d7: number, d30: number]): Promise<void> {
    await this.known();
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
