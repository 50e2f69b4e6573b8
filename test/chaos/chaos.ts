/**
 * `npm run chaos -- --nodes 3 --hours 48 --seed 1`: real daemons on real logs, a real Redis, and in each hour something that goes wrong: daemons and
 * Redis are killed with -9, all keys are deleted, connections are broken, an old dump comes back, nodes stand still or are cut off from the
 * others, a replica is promoted. Each count that is sent has to be that of a pass over all that happened, or to be told to be a lower
 * bound. Exit code 1: one was not. `--without sequence`: a guard is taken away, and the exit code is 1 where nothing was found.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { GUARDS } from './guards.ts';
import { Random } from '../fuzz/random.ts';
import { Campaign, HOUR, type CampaignOptions } from './campaign.ts';
import { pass } from './faults.ts';
import { isoOf } from './judge.ts';
import { KEEPING, type Keeping } from './servers.ts';

const { values } = parseArgs({
  options: {
    ...{
      nodes: { type: 'string' },
      slots: { type: 'string' },
      keep: { type: 'string' },
      sentinel: { type: 'boolean' },
    },
    hours: { type: 'string', default: '48' },
    seed: { type: 'string', default: '1' },
    hosts: { type: 'string', default: '16' },
    users: { type: 'string', default: '800' },
    wait: { type: 'string', default: '10' },
    faults: { type: 'string', default: '4' },
    without: { type: 'string' },
  },
});

const seed = Number(values.seed);
const hours = Number(values.hours);
/** What is not given follows from the seed. */
const random = new Random(seed + 1000);
const guard = values.without === undefined ? undefined : GUARDS[values.without];
if (values.without !== undefined && !guard) throw new Error(`--without is one of ${Object.keys(GUARDS).join(', ')}`);
const options: CampaignOptions = {
  ...{ seed, hours, days: 35, hasNetwork: true },
  ...{ hosts: Number(values.hosts), users: Number(values.users), wait: Number(values.wait) },
  nodes: values.nodes === undefined ? random.pick([3, 3, 7]) : Number(values.nodes),
  slots: values.slots === undefined ? random.pick([1, 4]) : Number(values.slots),
  windows: random.chance(0.5) ? [1, 7, 30] : [1, 7, 30, 180],
  keeping: (values.keep ?? random.pick(Object.keys(KEEPING))) as Keeping,
  isReplicated: values.sentinel ?? random.chance(0.25),
  tell: (sentence) => console.error(sentence),
  ...(guard && { without: guard }),
};
const begin = performance.now();
const campaign = await Campaign.open(options);
const { nodes, slots, keeping, isReplicated } = options;
console.log(
  `seed ${seed}: ${nodes} nodes, ${slots} slots, Redis keeps ${keeping}${isReplicated ? ', three of them with sentinels' : ''}${campaign.network ? '' : '; no network namespaces: nothing is cut off'}`,
);

function summary(hour: number): string {
  const { exact, lower, above, wrong, repeated } = campaign.judge.verdicts;
  const { hoursWithout, contradictions, stuck } = campaign.totals;
  const faults = [...campaign.faults].map(([fault, times]) => `${fault} ${times}`).toSorted();
  const seconds = Math.round((performance.now() - begin) / 1000);
  return (
    `seed ${seed}, ${(hour - campaign.begin) / HOUR} hours in ${seconds} s: ${exact} samples exact, ${lower} told to be lower bounds (${above} of them above by what only the missing knew), ${wrong} wrong, ` +
    `${repeated} sent again; ${hoursWithout} hours without a count, ${stuck} not over in time, ${contradictions} not known to a node; ${faults.join(', ')}`
  );
}

/** What it has begun it ends, also when it is broken off. */
const over = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => over.abort());
const broken = once(over.signal, 'abort');
let hour = campaign.begin;
try {
  for (const end = campaign.begin + hours * HOUR; hour < end && !over.signal.aborted;) {
    hour += HOUR;
    await Promise.race([pass(campaign, hour, Number(values.faults)), broken]);
    if (guard && campaign.judge.verdicts.wrong > 0) break;
    if (((hour - campaign.begin) / HOUR) % 20 === 0) console.log(summary(hour));
  }
} finally {
  await campaign.close();
}
console.log(`${isoOf(hour)} ${summary(hour)}`);
const { wrong, exact } = campaign.judge.verdicts;
const isFound = wrong > 0 || campaign.totals.contradictions > 0;
if (over.signal.aborted) process.exit(2);
process.exitCode = isFound === (guard !== undefined) && exact > 0 ? 0 : 1;
