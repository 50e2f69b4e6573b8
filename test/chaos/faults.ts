/** What goes wrong, at moments that a seed chooses. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Campaign } from './campaign.ts';
import { HOUR } from './campaign.ts';

/** While an hour is being counted; milliseconds. */
const COUNTING = 500;
/** So soon it is noticed that Redis has lost all; milliseconds. */
const BEGINNING = 4000;

interface Fault {
  readonly weight: number;
  readonly happen: (campaign: Campaign, hour: number) => Promise<void>;
}

const anyNode = ({ random, nodes }: Campaign): number => random.int(0, nodes.length - 1);

async function killNode(campaign: Campaign): Promise<void> {
  const node = anyNode(campaign);
  if (!campaign.nodes[node]!.isRunning) return;
  await campaign.restart(node);
  campaign.note('kill -9 of a daemon');
}

async function killRedis({ servers, note }: Bound): Promise<void> {
  const isPromoted = await servers.kill();
  note('kill -9 of Redis');
  if (isPromoted) note('replica promoted');
}

async function flush({ servers, note }: Bound): Promise<void> {
  await servers.ask((client) => client.flushall());
  note('FLUSHALL');
}

/**
 * There is too little memory for all that is sent again, so that some of it is refused; daemons that are begun anew then do not remember that
 * they were about to send it.
 */
async function shortenMemory(campaign: Campaign, hour: number): Promise<void> {
  const { servers, random, nodes } = campaign;
  // Mostly behind the hour: what was sent up to it is stored by then.
  if (random.chance(0.8)) await campaign.passed(hour, BEGINNING);
  await servers.takeMemory(random.next() * 0.8);
  try {
    let begun: ReadonlySet<string> = new Set();
    for (const end = performance.now() + BEGINNING; begun.size === 0 && performance.now() < end; await pause(10))
      begun = await servers.begun();
    if (random.chance(0.5)) {
      await pause(random.int(0, COUNTING));
      // What was sent by then is stored with them.
      campaign.writeUntil(hour + random.int(0, HOUR));
    }
    await pause(random.int(0, COUNTING));
    begun = await servers.begun();
    const numbers = [...nodes.keys()].filter((number) => nodes[number]!.isRunning && begun.has(nodes[number]!.name));
    for (const number of random.shuffle(numbers).slice(0, random.chance(0.5) ? 1 : numbers.length)) {
      await campaign.restart(number);
      campaign.note('kill -9 of a daemon');
    }
  } finally {
    await servers.giveMemory();
  }
  campaign.note('memory of Redis was short');
}

type Bound = Pick<Campaign, 'servers' | 'note'>;
const bound = (campaign: Campaign): Bound => ({ servers: campaign.servers, note: (fault) => campaign.note(fault) });

/** Fewer than half of the nodes may be away at once, or nothing is counted; now and then that is tried, too. */
function mayBeAway(campaign: Campaign): boolean {
  const { nodes, down, cut, random } = campaign;
  return 2 * (down.size + cut.size + 1) < nodes.length || random.chance(0.03);
}

export const FAULTS: readonly Fault[] = [
  { weight: 10, happen: killNode },
  { weight: 6, happen: (campaign) => killRedis(bound(campaign)) },
  { weight: 2, happen: (campaign) => flush(bound(campaign)) },
  {
    // Whoever sends all again then is broken off.
    weight: 3,
    happen: async (campaign) => {
      await (campaign.random.chance(0.5) ? flush(bound(campaign)) : killRedis(bound(campaign)));
      await pause(campaign.random.int(0, COUNTING));
      await killNode(campaign);
    },
  },
  {
    weight: 2,
    happen: async (campaign) => {
      await Promise.all([killNode(campaign), killRedis(bound(campaign))]);
    },
  },
  { weight: 3, happen: shortenMemory },
  {
    weight: 2,
    happen: async (campaign) => {
      await campaign.servers.ask((client) => client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'));
      campaign.note('connections broken');
    },
  },
  {
    weight: 1,
    happen: async (campaign) => {
      await campaign.servers.dump();
      campaign.note('dump put aside');
    },
  },
  {
    weight: 1.5,
    happen: async (campaign) => {
      if (!(await campaign.servers.restore())) return;
      campaign.note('kill -9 of Redis');
      campaign.note('old dump restored');
    },
  },
  {
    weight: 1,
    happen: async (campaign) => {
      await campaign.servers.freeze(campaign.random.int(50, 1500));
      campaign.note('Redis stood still');
    },
  },
  {
    // Also for longer than it is waited for.
    weight: 1.5,
    happen: async (campaign) => {
      const number = anyNode(campaign);
      const node = campaign.nodes[number]!;
      if (!node.isRunning || node.isFrozen) return;
      campaign.disturbed.add(number);
      node.freeze();
      await pause(campaign.random.int(100, 1000 * campaign.seconds * 1.3));
      node.thaw();
      campaign.note('a daemon stood still');
    },
  },
  {
    weight: 0.4,
    happen: async (campaign, hour) => {
      const number = anyNode(campaign);
      if (!mayBeAway(campaign) || campaign.down.has(number) || campaign.cut.has(number)) return;
      campaign.down.set(number, hour + campaign.random.int(1, 3) * HOUR);
      campaign.disturbed.add(number);
      await campaign.nodes[number]!.kill();
      campaign.note('kill -9 of a daemon');
      campaign.note('a daemon was down for hours');
    },
  },
  {
    weight: 0.4,
    happen: async (campaign, hour) => {
      const number = anyNode(campaign);
      if (!campaign.network || !mayBeAway(campaign) || campaign.down.has(number) || campaign.cut.has(number)) return;
      campaign.cut.set(number, hour + campaign.random.int(0, 2) * HOUR);
      campaign.disturbed.add(number);
      campaign.network.cut([number]);
      campaign.note('network split');
    },
  },
  {
    // The master, and a node with it: a replica is promoted on the other side.
    weight: 0.4,
    happen: async (campaign, hour) => {
      const number = anyNode(campaign);
      const { network, servers, cut, down } = campaign;
      if (!network || !servers.isReplicated || !mayBeAway(campaign) || down.has(number) || cut.has(number)) return;
      const master = await servers.masterNumber();
      const both = [number, campaign.machineOf(master)];
      cut.set(number, hour);
      campaign.disturbed.add(number);
      network.cut(both);
      if (await servers.promotedOver(master)) campaign.note('replica promoted');
      network.heal([campaign.machineOf(master)]);
      campaign.note('network split, with the master');
    },
  },
];

/** In an hour that has struck. */
async function goWrong(campaign: Campaign, hour: number, most: number): Promise<void> {
  const { random } = campaign;
  const all: Promise<void>[] = [];
  for (let n = random.int(0, most); n > 0; n--) {
    await pause(random.int(0, COUNTING));
    const fault = random.weighted(FAULTS.map((each) => [each, each.weight] as const));
    // Mostly one after the other, and sometimes at once.
    // What was asked of a Redis that is being killed at the same time has no answer.
    const done = fault
      .happen(campaign, hour)
      .catch((error: unknown) => campaign.log(`a fault failed: ${String(error)}`));
    all.push(done);
    if (random.chance(0.8)) await done;
  }
  await Promise.all(all);
}

/** What was away comes again, before the hour strikes. */
function mend(campaign: Campaign, hour: number): void {
  const { down, cut, network, nodes } = campaign;
  for (const [number, until] of down)
    if (until < hour) {
      down.delete(number);
      nodes[number]!.start(hour - HOUR);
      campaign.disturbed.add(number);
    }
  for (const [number, until] of cut)
    if (until < hour) {
      cut.delete(number);
      network?.heal([number]);
      campaign.disturbed.add(number);
    }
}

/** The next hour of all, with at most so many faults. */
export async function pass(campaign: Campaign, hour: number, mostFaults: number): Promise<void> {
  mend(campaign, hour);
  campaign.write(hour);
  campaign.strike(hour);
  await goWrong(campaign, hour, mostFaults);
  await campaign.settle(hour);
}
