/** One node as its parent sees it: lives of its daemon, what they say, and what they send to StatsD. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { Said } from './node.ts';

/** What was sent at once. */
export interface Emission {
  /** `1d.chat_example:3` */
  readonly gauges: readonly string[];
  /** Undefined where the daemon did not come to it. */
  readonly missing: number | undefined;
}

export interface NodeOptions {
  readonly name: string;
  /** Of the daemon in one file. */
  readonly program: string;
  readonly on: readonly string[];
  /** Where its metrics go. */
  readonly metrics: string;
  readonly log: string;
  readonly configuration: string;
  readonly index: string;
  readonly toml: string;
  readonly hears: () => void;
  readonly story: (what: string) => void;
}

export class NodeProcess {
  /** The hour of its clock, unix seconds. */
  hour = 0;
  /** That it has gone on behind. */
  passed = 0;
  last: Said['last'];
  isFrozen = false;
  readonly told: string[] = [];
  emissions: Emission[] = [];
  readonly #options: NodeOptions;
  readonly #socket: Socket;
  #gauges: string[] = [];
  #child: ChildProcess | undefined;

  private constructor(options: NodeOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
    socket.on('message', (bytes) => this.#hear(bytes.toString()));
  }

  static async open(options: NodeOptions): Promise<NodeProcess> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 }).bind(0, options.metrics);
    await once(socket, 'listening');
    writeFileSync(options.configuration, options.toml);
    return new NodeProcess(options, socket);
  }

  get name(): string {
    return this.#options.name;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  start(hour: number): void {
    const { on, program, configuration, log, index, metrics } = this.#options;
    this.hour = hour;
    this.passed = 0;
    this.#options.story('started');
    const statsd = `${metrics}:${this.#socket.address().port}`;
    const [command, ...args] = [...on, process.execPath, program, configuration, log, index, statsd, String(hour)];
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child = child;
    child.on('message', (said: Said) => {
      if (said.told !== undefined) this.told.push(said.told);
      this.#options.story(said.told ?? `passed ${said.passed}, last ${said.last?.at} ${said.last?.isOwn ? 'own' : ''}`);
      if (said.passed !== undefined && child === this.#child) this.passed = said.passed;
      if (said.last !== undefined) this.last = said.last;
      this.#options.hears();
    });
    child.on('error', () => {});
    child.on('exit', (code) => {
      if (child !== this.#child) return;
      this.told.push(`ended by itself with ${code}`);
      this.#options.hears();
    });
  }

  strike(hour: number): void {
    this.hour = hour;
    if (this.#child?.connected) this.#child.send({ hour }, () => {});
  }

  freeze(): void {
    this.isFrozen = true;
    this.#options.story('stands still');
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.isFrozen = false;
    this.#child?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#options.story('killed');
    this.#child = undefined;
    // It may have ended by itself.
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGKILL');
    await ended;
    this.isFrozen = false;
    // What it was about to say.
    await new Promise((resolve) => setTimeout(resolve, 10));
    this.#endEmission(undefined);
  }

  async close(): Promise<void> {
    await this.kill();
    this.#socket.close();
  }

  #hear(text: string): void {
    for (const line of text.split('\n')) {
      const [, gauge] = /active_users_(\d+d\.\w+:\d+)\|g/.exec(line) ?? [];
      if (gauge !== undefined) this.#gauges.push(gauge);
      const [, missing] = /self\.cluster\.nodes_missing:(\d+)\|g/.exec(line) ?? [];
      if (missing !== undefined) this.#endEmission(Number(missing));
    }
    this.#options.hears();
  }

  #endEmission(missing: number | undefined): void {
    const gauges = this.#gauges;
    this.#gauges = [];
    if (gauges.length > 0) this.#options.story(`sent ${gauges[0]}, missing ${missing}`);
    if (gauges.length > 0) this.emissions.push({ gauges, missing });
  }
}
