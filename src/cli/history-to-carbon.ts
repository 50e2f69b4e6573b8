/** `history --carbon`: the counts of the past into the series that Graphite has of StatsD's gauges. */
import { readFileSync } from 'node:fs';
import type { Sample } from '../activity/active-window.ts';
import { ConfigError, type Config } from '../config/config.ts';
import { sendHistory, type CarbonResult } from '../report/graphite/carbon.ts';
import { metricName } from '../report/metric-name.ts';
import { parseRetention, readStorageSchemas, RetentionError, type Retention } from '../report/graphite/retention.ts';
import type { HistoryArguments } from './history-arguments.ts';
import { showTime } from './times.ts';
import { print, type Io } from './io.ts';

type Target = NonNullable<HistoryArguments['carbon']>;

async function* flat(samples: AsyncIterable<readonly Sample[]>): AsyncGenerator<Sample> {
  for await (const group of samples) yield* group;
}

/** Sends the samples, or says what would be sent. A wrong retention is told at once, before anything is read. */
export function toCarbon(
  config: Config,
  args: HistoryArguments,
  target: Target,
  io: Io,
): (samples: AsyncIterable<readonly Sample[]>) => Promise<void> {
  const prefix = `${args.carbonPrefix}${config.statsd.prefix}`;
  const retention = retentionOf(args, metricName(prefix, 1, 'host.example'));
  return async (samples) => {
    const result = await sendHistory(flat(samples), {
      ...target,
      protocol: args.carbonProtocol ?? 'plaintext',
      name: (window, host) => metricName(prefix, window, host),
      ...(retention && { retention }),
      dryRun: args.dryRun ?? false,
      now: () => io.now(),
      signal: io.signal,
    });
    await tellSent(result, args, target, config.otherLogs.timezone, io);
  };
}

function retentionOf(
  { retention, storageSchemas }: HistoryArguments,
  sampleName: string,
): readonly Retention[] | ((name: string) => readonly Retention[]) | undefined {
  if (retention !== undefined) return asGiven('--retention', () => parseRetention(retention));
  if (storageSchemas === undefined) return undefined;
  const text = readText(storageSchemas);
  const schemasFor = (name: string): readonly Retention[] =>
    asGiven(`--storage-schemas ${storageSchemas}`, () => readStorageSchemas(text, name));
  // Better told now than after an hour of reading.
  schemasFor(sampleName);
  return schemasFor;
}

/** What is wrong with a flag is a wrong argument. */
function asGiven<T>(flag: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof RetentionError)) throw cause;
    throw new ConfigError([`${flag}: ${cause.message}`], { cause });
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError([`--storage-schemas ${path}: cannot be read; name a file that is there`], { cause });
  }
}

async function tellSent(
  result: CarbonResult,
  args: HistoryArguments,
  target: Target,
  timezone: string,
  io: Io,
): Promise<void> {
  if (args.dryRun) {
    for (const { name, points, from, to } of result.plan) {
      const span =
        from === undefined || to === undefined ? '' : `, ${showTime(from, timezone)} to ${showTime(to, timezone)}`;
      await print(io, `${name}: ${points} points${span}\n`);
    }
    io.log('info', `nothing was sent; sending would take at least ${Math.ceil(result.seconds)} s`);
  } else {
    io.log('info', `${result.sent} points of ${result.series} series were sent to ${target.host}:${target.port}`);
  }
  const { points, oldest } = result.outside;
  if (points > 0 && oldest !== undefined) {
    io.log(
      'warning',
      `${points} counts, from ${showTime(oldest, timezone)} on, are older than the longest retention and were not sent`,
    );
  }
}
