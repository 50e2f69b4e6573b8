/** What nodes send comes in whatever order, and again: in a slot of a real Redis it makes what happened, at each instant that all of them have come to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redisAddress } from '../../src/cluster/address.ts';
import { closeSessions } from '../../src/cluster/close-sessions.ts';
import { Connection } from '../../src/cluster/connection.ts';
import { addUp } from '../../src/cluster/counts.ts';
import { Keys } from '../../src/cluster/keys.ts';
import { Pseudonyms } from '../../src/cluster/pseudonyms.ts';
import { operationsBySlot } from '../../src/cluster/shipment.ts';
import { KEY, WINDOWS } from '../cluster/model-cluster.ts';
import { countBrute, moreEvents, randomFrom, type NodeEvent } from '../cluster/model.ts';
import { ModelOutbox } from '../cluster/model-node.ts';
import { SEED } from '../properties.ts';
import { RedisLab } from './redis-lab.ts';

const DAY = 86_400;
const STEP = 12 * 3600;
const STEPS = 120;
/** Later than anything that happens. */
const LATEST = 4_000_000_000;
const NODES = [0, 1, 2];

const pseudonyms = new Pseudonyms(KEY);
const [key = ''] = new Keys(pseudonyms.id, 1).all;

/** A node without a clock: what it sends, and when, is decided for it. */
class Sender {
  readonly outbox = new ModelOutbox(KEY);
  readonly name: string;
  readonly #connection: Connection;
  #epoch = 0;
  #seq = 0;

  constructor(connection: Connection, node: number) {
    this.#connection = connection;
    this.name = `node${node}`;
  }

  get mark(): readonly [string, number, string] {
    return [this.name, this.#seq, String(this.#epoch)];
  }

  /** All that it knows is sent again from now on. */
  async begin(): Promise<void> {
    const epoch = String(++this.#epoch);
    await this.#connection.run('hello', key, this.name, epoch, 'life', 0, LATEST);
    this.outbox.again();
    await closeSessions(this.#connection, key, this.name, [epoch, this.#seq, 'life']);
  }

  /** Gives whether there was something. */
  async send(most: number): Promise<boolean> {
    this.outbox.most = most;
    const piece = this.outbox.take(most);
    const operations = operationsBySlot(piece, pseudonyms, 1).get(0);
    if (!operations) return false;
    const batch = [this.name, String(this.#epoch), ++this.#seq, 0, LATEST, ...operations];
    assert.deepEqual(await this.#connection.run('apply', key, ...batch), ['OK', this.#seq]);
    this.outbox.sent(piece);
    return true;
  }

  async whole(): Promise<void> {
    while (await this.send(9));
    await this.#connection.run('whole', key, this.name, String(this.#epoch));
  }
}

test(`whatever comes first of what nodes send, what is counted is what happened (seed ${SEED}) [12.2]`, async (t) => {
  const lab = await RedisLab.start();
  const connection = await Connection.open(redisAddress(lab.url)!);
  t.after(async () => {
    connection.close();
    await lab.close();
  });
  const random = randomFrom(SEED);
  const senders = NODES.map((node) => new Sender(connection, node));
  for (const sender of senders) await sender.begin();
  const events: NodeEvent[] = [];
  let at = 1_770_000_000;
  for (let step = 0; step < STEPS; step++) {
    events.push(...moreEvents(events, { from: at, to: at + STEP, nodes: NODES.length, users: 5, random }));
    at += STEP;
    const left = NODES.map((node) =>
      events.filter((event) => event.node === node).slice(senders[node]!.outbox.position),
    );
    while (left.some((log) => log.length > 0)) {
      const node = random(NODES.length);
      const sender = senders[node]!;
      for (const event of left[node]!.splice(0, 1 + random(6))) sender.outbox.read(event);
      if (random(40) === 0) await sender.begin();
      if (random(3) > 0) await sender.send(1 + random(5));
    }
    for (const sender of senders) await sender.whole();
    const seconds = WINDOWS.map((days) => days * DAY);
    const marks = senders.flatMap(({ mark }) => mark);
    const answer = (await connection.run('count', key, at, WINDOWS.length, ...seconds, ...marks)) as unknown[];
    assert.equal(answer[0], 'OK');
    const found = addUp([answer], WINDOWS.length).filter(({ windows }) => Math.max(...windows) > 0);
    const truth = [...countBrute(events, at, WINDOWS)].map(([host, counts]) => ({ host, ...counts }));
    assert.deepEqual(
      found,
      truth.filter(({ windows }) => Math.max(...windows) > 0).toSorted((a, b) => (a.host < b.host ? -1 : 1)),
      `step ${step}`,
    );
  }
});
