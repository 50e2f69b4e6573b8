/** `history --store`: the counts of the past from old logs, into the index; over the socket of the daemon that holds it. */
import type { Sample } from '../activity/active-window.ts';
import type { Config } from '../config/config.ts';
import { askDaemon } from '../control/client.ts';
import { STORE } from '../control/requests.ts';
import { withIndex } from '../service/open-index.ts';
import { PastCounts } from '../service/past-counts.ts';
import type { ReplaySummary } from '../service/replay.ts';
import { print, type Io } from './io.ts';

type Day = readonly [key: string, packed: string];

/** So much of them, characters, goes into one request. */
const AT_ONCE = 6000;

/** `summary`: known when there are no more samples. @throws as `ask` */
export async function toIndex(
  config: Config,
  samples: AsyncIterable<readonly Sample[]>,
  summary: () => ReplaySummary | undefined,
  io: Io,
): Promise<void> {
  const past = new PastCounts();
  const all: (readonly Sample[])[] = [];
  for await (const group of samples) all.push(group);
  if (io.signal.aborted) return;
  // Of the hour in which the logs end they do not tell all.
  const end = Math.min(io.now(), Math.max(...(summary()?.coverage ?? []).map(([, to]) => to)));
  const counted = past.fill(all.flat().filter(({ at }) => at <= end));
  const stored = await storeDays([...past.all()], config, io.now());
  await print(
    io,
    `${stored} of ${counted} counts (one for each hour and host) were stored in the index; of the others it holds one already that covers as much\n`,
  );
}

async function storeDays(days: readonly Day[], config: Config, now: number): Promise<number> {
  let stored = 0;
  for (const part of inParts(days)) {
    const reply = await askDaemon(STORE, { days: part }, config);
    if (!reply) return stored + (await storeHere(days, config, now));
    if ('problem' in reply) throw new Error(reply.problem);
    stored += reply.value.stored;
  }
  return stored;
}

/** Where there is no daemon, or none any more: what it has stored is not counted again. */
async function storeHere(days: readonly Day[], config: Config, now: number): Promise<number> {
  const reply = await withIndex(config, { now, create: true }, async (open) => STORE.run(open, { days }, now));
  if ('problem' in reply) throw new Error(reply.problem);
  return reply.value.stored;
}

function* inParts(days: readonly Day[]): Generator<readonly Day[]> {
  let part: Day[] = [];
  let length = 0;
  for (const day of days) {
    const added = encodeURIComponent(day[0]).length + day[1].length + 2;
    if (part.length > 0 && length + added > AT_ONCE) {
      yield part;
      [part, length] = [[], 0];
    }
    part.push(day);
    length += added;
  }
  if (part.length > 0) yield part;
}
