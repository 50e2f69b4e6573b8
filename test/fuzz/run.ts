/**
 * `npm run fuzz -- --minutes N [--seed S] [--way WAY] [--cases N] [--until T] [--keep DIRECTORY]`: random cases, as many as the
 * time allows, the program against the model; `--first` ends with the first difference. Each difference is told with the seed that repeats it, made small, and kept
 * with its files. Exit code 1 when there was one.
 */
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { now } from './check-cli.ts';
import { describe, endsNow, isWay, keep, smallest, tryCase, wayOf, type Found, type Way } from './fuzz.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    cases: { type: 'string' },
    way: { type: 'string' },
    until: { type: 'string' },
    first: { type: 'boolean', default: false },
    keep: { type: 'string', default: join(tmpdir(), 'xmpp-active-users-fuzz') },
  },
});

const SHRINK_MS = 60_000;
const TOLD = 3;
const LONGEST_TEXT = 6000;

const first = values.seed === undefined ? now() : Number(values.seed);
const most = values.cases === undefined ? Infinity : Number(values.cases);
const end = performance.now() + Number(values.minutes) * 60_000;
const only: Way | undefined = values.way !== undefined && isWay(values.way) ? values.way : undefined;

const cases = new Map<Way, number>();
let differing = 0;
mkdirSync(values.keep, { recursive: true });
console.log(`first seed ${first}`);
for (let seed = first; seed < first + most && performance.now() < end; seed++) {
  const way = only ?? wayOf(seed);
  const until = values.until === undefined ? now() : Number(values.until);
  const found = await tryCase(seed, way, endsNow(way) ? { until } : {});
  cases.set(way, (cases.get(way) ?? 0) + 1);
  if (!found) continue;
  differing++;
  if (values.first) break;
  await tell(found);
}
const total = [...cases.values()].reduce((a, b) => a + b, 0);
const ways = [...cases].map(([way, n]) => `${way} ${n}`).join(', ');
console.log(`seeds ${first} to ${first + total - 1}: ${total} cases (${ways}), ${differing} differ`);
process.exit(differing > 0 ? 1 : 0);

async function tell(found: Found): Promise<void> {
  const { seed, way, options, differences } = found;
  const until = options.until === undefined ? '' : ` --until ${options.until}`;
  console.log(`\nDIFFERENT: npm run fuzz -- --way ${way} --seed ${seed} --cases 1${until}`);
  for (const { sentence } of differences.slice(0, TOLD)) console.log(`  ${sentence}`);
  if (differences.length > TOLD) console.log(`  and ${differences.length - TOLD} more`);
  const small = await smallest(found, SHRINK_MS);
  const directory = await keep(values.keep, found, small);
  console.log(`made small, in ${directory}:\n${describe(small).slice(0, LONGEST_TEXT)}`);
}
