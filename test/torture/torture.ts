/**
 * `npm run torture -- --seconds 60 --rate 200`: logrotate-torture.ts for as long as one likes, half of the time with lives of the
 * daemon up to some seconds, and half with lives of 0.1 to 0.5 seconds beside a busy loop on each core. Exit code 1: a line was
 * lost. `--life 100,500` and `--busy 2`: that only.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { tortureWithLogrotate, type TortureOptions, type TortureResult } from './logrotate-torture.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '200' },
    life: { type: 'string' },
    busy: { type: 'string' },
  },
});

type Round = Pick<TortureOptions, 'life' | 'busy'>;
const LONG: Round = { life: [200, 3200], busy: 0 };
const SHORT: Round = { life: [100, 500], busy: availableParallelism() };

function rounds(): readonly Round[] {
  const { life, busy } = values;
  if (life === undefined && busy === undefined) return [LONG, SHORT];
  const [shortest = 200, longest = shortest] = (life ?? '200,3200').split(',').map(Number);
  return [{ life: [shortest, longest], busy: Number(busy ?? 0) }];
}

function tell({ life, busy }: Round, { rotations, kills, livesInVain, logs, directory }: TortureResult): void {
  console.log(`lives of ${life.join(' to ')} ms beside ${busy} busy loops: ${rotations} rotations, ${kills} kill -9`);
  console.log(`at most ${livesInVain} lives in a row in which nothing of a log was read`);
  for (const { rule, written, indexed, lost, invented, destroyed } of logs) {
    const faults = `${lost.length} lost, ${invented.length} invented`;
    console.log(
      `${rule}: ${written} users written, ${indexed} in the index; ${faults}, ${destroyed} destroyed by copytruncate`,
    );
    if (lost.length > 0) console.log(`  lost: ${lost.slice(0, 20).join(' ')}`);
  }
  if (directory === undefined) return;
  console.log(`kept for a look: ${directory}`);
  process.exitCode = 1;
}

const all = rounds();
for (const round of all) {
  const seconds = Number(values.seconds) / all.length;
  const options = { ...round, seconds, rate: Number(values.rate), say: (sentence: string) => console.error(sentence) };
  tell(round, await tortureWithLogrotate(options));
}
