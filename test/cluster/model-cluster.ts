/** Nodes of the model that count together, beside the truth. */
import assert from 'node:assert/strict';
import type { Scripts } from '../../src/cluster/scripts/scripts.ts';
import type { Counted, Result } from '../../src/cluster/seam.ts';
import { countBrute, moreEvents, type NodeEvent, type Random } from './model.ts';
import { ModelNode } from './model-node.ts';

export const WINDOWS = [1, 7, 30] as const;
const STEP = 8 * 3600;
export const KEY = Buffer.from('the key of the model');

export interface ModelClusterOptions {
  readonly url: string;
  readonly nodes: number;
  readonly slots: number;
  readonly users: number;
  readonly random: Random;
  readonly waitSeconds?: number;
  readonly scripts?: Scripts;
}

export class ModelCluster {
  readonly nodes: ModelNode[];
  readonly #options: ModelClusterOptions;
  readonly #events: NodeEvent[] = [];
  at = Math.floor(1_770_000_000 / STEP) * STEP;
  /** Samples that were compared, and those that were not as they should be. */
  samples = 0;
  readonly wrong: string[] = [];
  readonly away: string[] = [];

  constructor(options: ModelClusterOptions) {
    this.#options = options;
    const { url, nodes, slots, scripts, waitSeconds = 20 } = options;
    this.nodes = Array.from({ length: nodes }, (_, i) => {
      const settings = { url, node: `node${i}`, nodes, key: KEY, waitSeconds, leaseSeconds: 7200, slots };
      return new ModelNode({ settings, scripts, now: () => Date.now() / 1000 });
    });
  }

  /** Until the next instant, with `disturb` at some time of it; then all are counted, and compared. */
  async step(disturb: () => Promise<void> = async () => {}): Promise<void> {
    const { random, users } = this.#options;
    const from = this.at;
    this.at += STEP;
    const nodes = this.nodes.length;
    this.#events.push(...moreEvents(this.#events, { from, to: this.at, nodes, users, random }));
    const disturbed = disturb();
    await Promise.all(this.nodes.map((_, i) => this.#readTo(i, this.at)));
    const counts = this.nodes.map((_, i) => this.#count(i));
    await disturbed;
    this.#compare(await Promise.all(counts));
  }

  async end(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.end()));
  }

  async #readTo(i: number, at: number): Promise<void> {
    const { outbox, union } = this.nodes[i]!;
    const log = this.#events.filter((event) => event.node === i && event.at <= at);
    while (outbox.position < log.length) {
      for (let n = 1 + this.#options.random(4); n > 0 && outbox.position < log.length; n--)
        outbox.read(log[outbox.position]!);
      union.wake();
      if (this.#options.random(2) === 0) outbox.store();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Whoever is killed meanwhile reads on, and comes again. */
  async #count(i: number): Promise<Counted> {
    const node = this.nodes[i]!;
    for (;;) {
      await this.#readTo(i, this.at);
      const { signal, barrier } = node;
      const counted = await barrier.count(
        { at: this.at, hosts: [], windows: WINDOWS, covered: WINDOWS.map((days) => days * 86_400) },
        signal,
      );
      if (signal.aborted) {
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      if (counted.kind === 'counted') await barrier.confirm(this.at).catch(() => {});
      barrier.passed(this.at);
      node.outbox.store();
      return counted;
    }
  }

  #compare(counts: readonly Counted[]): void {
    const truth = countBrute(this.#events, this.at, WINDOWS);
    for (const counted of counts) {
      if (counted.kind === 'away') this.away.push(counted.why);
      else if (counted.missing.length === 0) this.#compareOne(counted, truth);
    }
    assert.ok(
      counts.some(({ kind }) => kind !== 'elsewhere'),
      'nobody has counted',
    );
  }

  #compareOne(counted: Result, truth: ReturnType<typeof countBrute>): void {
    this.samples++;
    const found = counted.hosts.filter(({ online, windows }) => online + Math.max(...windows) > 0);
    const text = (hosts: readonly { host: string; online: number; windows: readonly number[] }[]): string =>
      hosts.map(({ host, online, windows }) => `${host} ${online} ${windows.join(' ')}`).join(', ');
    const wanted = [...truth]
      .map(([host, each]) => ({ host, ...each }))
      .filter(({ online, windows }) => online + Math.max(...windows) > 0)
      .toSorted((a, b) => (a.host < b.host ? -1 : 1));
    if (text(found) !== text(wanted)) this.wrong.push(`at ${this.at}: ${text(found)}; should be ${text(wanted)}`);
  }
}
