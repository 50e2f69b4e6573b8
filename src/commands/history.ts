/** `history`: what the counts were at every full hour, from old logs alone; printed, drawn, or sent to Graphite. */
import { readFileSync } from 'node:fs';
import type { Sample } from '../activity/active-window.ts';
import { ConfigError, type Config } from '../config.ts';
import { replay, type ReplaySummary } from '../pipeline/replay.ts';
import { sendHistory, type CarbonResult } from '../report/carbon.ts';
import { chart } from '../report/chart.ts';
import { metricName } from '../report/metric-name.ts';
import { parseRetention, readStorageSchemas, RetentionError, type Retention } from '../report/retention.ts';
import { svg } from '../report/svg.ts';
import { csvHeader, csvLine, jsonLine } from '../report/table.ts';
import { tellCoverage, tellRejected } from './findings.ts';
import { withInputs, type Inputs } from './inputs.ts';
import { isUnicode, print, type Io } from './io.ts';
import { Progress } from './progress.ts';
import { showTime } from './instant.ts';

export interface HistoryArguments {
  /** At least one; `-` is stdin. */
  readonly files: readonly string[];
  /** Unix seconds. */
  readonly from?: number;
  readonly to?: number;
  /** Seconds, at least 60. */
  readonly step: number;
  /** Absent: a chart on a terminal, else CSV. */
  readonly format?: 'csv' | 'json' | 'chart' | 'svg';
  /** Send to Graphite's Carbon. */
  readonly carbon?: { readonly host: string; readonly port: number };
  readonly carbonProtocol?: 'plaintext' | 'pickle';
  /** As typed: `10s:6h,1m:6d`. Not together with `storageSchemas`. */
  readonly retention?: string;
  /** Path of a storage-schemas.conf. */
  readonly storageSchemas?: string;
  /** Before `statsd.prefix` in the names of Graphite's series. */
  readonly carbonPrefix: string;
  readonly dryRun: boolean;
}

interface Replayed {
  readonly samples: AsyncGenerator<readonly Sample[], ReplaySummary>;
  /** What the replay found, once it is over. */
  readonly summary: () => ReplaySummary | undefined;
}

export async function history(config: Config, args: HistoryArguments, io: Io): Promise<number> {
  checkArguments(args);
  const output = outputOf(config, args, io);
  const timezone = config.otherLogs.timezone;
  const span = {
    step: args.step,
    ...(args.from !== undefined && { from: args.from }),
    ...(args.to !== undefined && { to: args.to }),
  };
  return withInputs(args.files, config, io, async (inputs, said) => {
    if (inputs.failed && inputs.arrangement.chains.length === 0) return 1;
    let hasProblem = inputs.failed;
    const replayed = start(inputs, { config, span, io: said, onProblem: () => (hasProblem = true) });
    await output(replayed.samples);
    const summary = replayed.summary();
    if (io.signal.aborted) io.log('warning', 'stopped: what was printed is not all');
    if (!summary || io.signal.aborted) return 1;
    tellCoverage(summary.coverage, timezone, said);
    return tellRejected(summary.counts, said) || hasProblem ? 1 : 0;
  });
}

function checkArguments({ from, to, carbon, dryRun, retention, storageSchemas }: HistoryArguments): void {
  const problems: string[] = [];
  if (from !== undefined && to !== undefined && from > to) problems.push('--from must not be later than --to');
  if (carbon === undefined && (dryRun || retention !== undefined || storageSchemas !== undefined))
    problems.push('--dry-run, --retention and --storage-schemas are about Carbon: give --carbon HOST:PORT as well');
  if (problems.length > 0) throw new ConfigError(problems);
}

interface StartOptions {
  readonly config: Config;
  readonly span: { readonly from?: number; readonly to?: number; readonly step: number };
  readonly io: Io;
  readonly onProblem: () => void;
}

function start({ arrangement }: Inputs, { config, span, io, onProblem }: StartOptions): Replayed {
  const progress = new Progress(arrangement.chains, config.otherLogs.timezone, io);
  let summary: ReplaySummary | undefined;
  const source = replay({
    config,
    arrangement,
    ...span,
    now: io.now(),
    signal: io.signal,
    onProgress: (path, bytes, at) => progress.reached(path, bytes, at),
    onProblem: (sentence) => {
      onProblem();
      progress.io.log('error', sentence);
    },
  });
  async function* samples(): AsyncGenerator<readonly Sample[], ReplaySummary> {
    try {
      return (summary = yield* source);
    } finally {
      progress.done();
    }
  }
  return { samples: samples(), summary: () => summary };
}

type Target = NonNullable<HistoryArguments['carbon']>;
type Output = (samples: AsyncIterable<readonly Sample[]>) => Promise<void>;

function outputOf(config: Config, args: HistoryArguments, io: Io): Output {
  const format = args.format ?? (io.isTTY ? 'chart' : 'csv');
  if (args.carbon !== undefined) return toCarbon(config, args, args.carbon, io);
  if (format === 'csv') return (samples) => printEach(samples, csvHeader, (group) => group.map(csvLine).join(''), io);
  if (format === 'json') return (samples) => printEach(samples, '', (group) => jsonLine(group), io);
  const timezone = config.otherLogs.timezone;
  return async (samples) => {
    const all = await collect(samples);
    const look = {
      columns: io.columns,
      color: io.isTTY && io.env['NO_COLOR'] === undefined,
      unicode: isUnicode(io),
      timezone,
    };
    await print(io, format === 'svg' ? svg(all, { timezone }) : chart(all, look));
  };
}

async function printEach(
  samples: AsyncIterable<readonly Sample[]>,
  header: string,
  show: (group: readonly Sample[]) => string,
  io: Io,
): Promise<void> {
  if (header !== '') await print(io, header);
  for await (const group of samples) await print(io, show(group));
}

async function collect(samples: AsyncIterable<readonly Sample[]>): Promise<Sample[]> {
  const all: Sample[] = [];
  for await (const group of samples) for (const sample of group) all.push(sample);
  return all;
}

async function* flat(samples: AsyncIterable<readonly Sample[]>): AsyncGenerator<Sample> {
  for await (const group of samples) yield* group;
}

function toCarbon(config: Config, args: HistoryArguments, target: Target, io: Io): Output {
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
