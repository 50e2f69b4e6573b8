/** Nodes, their logs, their Redis and the network between them, hour by hour; and what is known of each hour when it is over. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Guard } from './guards.ts';
import { NodesWorld } from '../cluster/nodes-world.ts';
import { Random } from '../fuzz/random.ts';
import { Build } from './build.ts';
import { isoOf, Judge } from './judge.ts';
import { Network } from './network.ts';
import { NodeLog } from './node-log.ts';
import { NodeProcess } from './node-process.ts';
import { Servers, type Keeping } from './servers.ts';

export interface CampaignOptions {
  readonly nodes: number;
  readonly hours: number;
  readonly seed: number;
  readonly hosts: number;
  readonly users: number;
  /** Of what happened before, in the first logs. */
  readonly days: number;
  readonly wait: number;
  readonly slots: number;
  readonly windows: readonly number[];
  readonly keeping: Keeping;
  readonly isReplicated: boolean;
  readonly hasNetwork: boolean;
  readonly without?: Guard;
  readonly tell: (sentence: string) => void;
}

export const HOUR = 3600;
/** Of the clock on the wall, for one hour of that of the daemons; milliseconds. */
const LONGEST_HOUR = 60_000;
/** Lines of so much later, in seconds, may stand in a log when the hour is counted. */
const LATER = 200;

export class Campaign {
  readonly random: Random;
  readonly nodes: NodeProcess[] = [];
  readonly network: Network | undefined;
  readonly servers: Servers;
  readonly judge: Judge;
  /** Daemons that are not to be started before that hour, by the number of the node. */
  readonly down = new Map<number, number>();
  /** Nodes that are cut off up to that hour. */
  readonly cut = new Map<number, number>();
  /** Of this hour: nodes of which anything may have been lost or late. */
  readonly disturbed = new Set<number>();
  /** By what: how often. */
  readonly faults = new Map<string, number>();
  readonly totals = { hoursWithout: 0, contradictions: 0, stuck: 0 };
  readonly begin: number;
  readonly #options: CampaignOptions;
  readonly #build: Build;
  readonly #logs: NodeLog[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), 'chaos-'));
  #story: string[] = [];
  #hears: () => void = () => {};

  private constructor(options: CampaignOptions, build: Build, network: Network | undefined, servers: Servers) {
    const { seed, nodes, users, hours, hosts, days } = options;
    this.#options = options;
    this.#build = build;
    this.network = network;
    this.servers = servers;
    this.random = new Random(seed);
    // Ahead of the clock of Redis, which nodes wait for where they are a little ahead of it.
    this.begin = (Math.floor(Date.now() / 1000 / HOUR) + 2) * HOUR;
    const world = new NodesWorld({
      ...{ random: new Random(seed + 1), nodes, users, hours: hours + 2 + days * 24 },
      begin: this.begin - days * 24 * HOUR - HOUR,
      hosts: Array.from({ length: hosts }, (_, host) => `h${host}.example`),
      // Each user comes about once a day now, and came less often before.
      pace: (at) => (at < this.begin - 24 * HOUR ? (2 * HOUR * 24) / users : (HOUR * 24) / users),
    });
    this.judge = new Judge(world, options.windows, options.tell);
    for (let node = 0; node < nodes; node++) {
      const own = world.lines.filter((line) => line.node === node).toSorted((a, b) => a.at - b.at);
      this.#logs.push(new NodeLog(this.#at(`node${node}.log`), own));
    }
  }

  static async open(options: CampaignOptions): Promise<Campaign> {
    const { nodes, isReplicated, keeping, hasNetwork, without } = options;
    const network = hasNetwork ? Network.open(nodes + Servers.count(isReplicated)) : undefined;
    const servers = await Servers.start(network, nodes, isReplicated, keeping);
    const campaign = new Campaign(options, await Build.of(without), network, servers);
    try {
      await campaign.#begin();
      return campaign;
    } catch (error) {
      await campaign.close();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    writeFileSync(this.#at('key'), 'a key that only these nodes have\n', { mode: 0o600 });
    for (let node = 0; node < this.#options.nodes; node++) this.nodes.push(await this.#node(node));
    for (const log of this.#logs) log.writeUntil(this.begin + 30);
    for (const node of this.nodes) node.start(this.begin);
    await this.settle(this.begin);
  }

  get seconds(): number {
    return this.#options.wait;
  }

  /** On which machine of the network a server is. */
  machineOf(server: number): number {
    return this.#options.nodes + server;
  }

  /** What happened in this hour, told where something is wrong. */
  log(what: string): void {
    this.#story.push(`${(performance.now() / 1000).toFixed(2)} ${what}`);
  }

  note(fault: string): void {
    this.log(fault);
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }

  /** Lines of the time up to the hour, and of some of the next one. */
  write(hour: number): void {
    for (const log of this.#logs) {
      if (this.random.chance(0.1)) {
        log.writeUntil(hour - this.random.int(0, HOUR));
        log.rotate(this.random.chance(0.5));
        this.note('log rotated');
      }
      log.writeUntil(hour + (this.random.chance(0.7) ? this.random.int(0, LATER) : 0));
    }
  }

  /** What happens up to an instant. */
  writeUntil(at: number): void {
    for (const log of this.#logs) log.writeUntil(at);
  }

  strike(hour: number): void {
    this.log(`strikes ${isoOf(hour)}`);
    for (const node of this.nodes) node.strike(hour);
  }

  async restart(number: number): Promise<void> {
    const node = this.nodes[number]!;
    const { hour } = node;
    this.disturbed.add(number);
    await node.kill();
    node.start(hour);
  }

  /** Nodes that should come to the hour. */
  get expected(): readonly NodeProcess[] {
    return this.nodes.filter((node, number) => node.isRunning && !node.isFrozen && !this.cut.has(number));
  }

  /** Waits until all of them have gone on behind the hour, or for so long, milliseconds; gives those that have not. */
  async passed(hour: number, milliseconds: number): Promise<readonly NodeProcess[]> {
    for (const end = performance.now() + milliseconds; ; await this.#heard(500)) {
      const behind = this.expected.filter(({ passed }) => passed < hour);
      if (behind.length === 0 || performance.now() > end) return behind;
    }
  }

  /** When all of them have gone on behind the hour, what was sent is judged. */
  async settle(hour: number): Promise<void> {
    const stuck = await this.passed(hour, LONGEST_HOUR);
    if (stuck.length > 0) {
      this.totals.stuck++;
      const names = stuck.map(({ name, told }) => `${name} (${told.slice(-2).join('; ')})`);
      this.#options.tell(`${isoOf(hour)} not over: ${names.join(', ')}\n${this.#story.join('\n')}`);
    }
    const own = this.expected.filter(
      ({ last, emissions }) => last?.at === hour && last.isOwn && emissions.length === 0,
    );
    if (own.length > 0) await this.#heard(1000);
    this.#judgeHour(hour);
    this.disturbed.clear();
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.close()));
    await this.servers.close();
    this.network?.close();
    this.#build.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #judgeHour(hour: number): void {
    const iso = isoOf(hour);
    const told = this.nodes.flatMap((node) => node.told);
    const without = told.find((sentence) => sentence.includes(`counted at ${iso} without`));
    const names = [
      ...(without?.match(/node\d+|never seen/g) ?? []),
      ...this.nodes.flatMap(({ last }) => (last?.at === hour ? last.missing : [])),
    ];
    const isLower =
      names.length > 0 || this.nodes.some(({ emissions }) => emissions.some(({ missing = 0 }) => missing > 0));
    const missing = new Set(this.nodes.flatMap(({ name }, number) => (names.includes(name) ? [number] : [])));
    const isUnnamed = names.some((name) => name.startsWith('never seen')) || (isLower && names.length === 0);
    if (isUnnamed) for (const node of this.disturbed) missing.add(node);
    let sent = 0;
    const { wrong } = this.judge.verdicts;
    const before = Array.from({ length: 6 }, (_, i) => hour - (i + 1) * HOUR);
    for (const [number, node] of this.nodes.entries()) {
      sent += node.emissions.length;
      for (const emission of node.emissions)
        this.judge.judge(emission, { at: hour, missing, isLower }, this.disturbed.has(number) ? before : []);
      node.emissions = [];
    }
    if (sent === 0) this.totals.hoursWithout++;
    else if (!isLower) this.#contradictions(hour);
    if (this.judge.verdicts.wrong > wrong) this.#options.tell(this.#story.join('\n'));
    this.#story = [];
    for (const node of this.nodes) node.told.splice(0, Math.max(0, node.told.length - 20));
  }

  /** Nodes that take an hour that was counted for one that was not. */
  #contradictions(hour: number): void {
    for (const [number, { name, last, passed, told }] of this.nodes.entries()) {
      if (passed < hour || (last?.at ?? 0) >= hour || this.cut.has(number)) continue;
      this.totals.contradictions++;
      this.#options.tell(
        `${isoOf(hour)} was counted and sent, and ${name} knows nothing of it: ${told.slice(-2).join('; ')}`,
      );
    }
  }

  /** Until somebody says something, or for so long. */
  async #heard(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#hears = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#hears = () => {};
  }

  async #node(number: number): Promise<NodeProcess> {
    const { nodes, wait, slots, windows } = this.#options;
    const name = `node${number}`;
    const cluster = [
      `url = "${this.servers.url}"`,
      `node = "${name}"`,
      `nodes = ${nodes}`,
      `key_file = "${this.#at('key')}"`,
    ];
    const toml = [
      '[count]',
      `windows = [${windows.join()}]`,
      '[cluster]',
      ...cluster,
      `wait_seconds = ${wait}`,
      `slots = ${slots}`,
      '',
    ];
    return await NodeProcess.open({
      ...{
        name,
        program: this.#build.path,
        toml: toml.join('\n'),
        hears: () => this.#hears(),
        story: (what) => this.log(`${name}: ${what}`),
      },
      on: this.network?.on(number) ?? [],
      metrics: this.network?.metrics ?? '127.0.0.1',
      log: this.#logs[number]!.path,
      configuration: this.#at(`${name}.toml`),
      index: this.#at(`index${number}`),
    });
  }

  #at(name: string): string {
    return join(this.#directory, name);
  }
}
