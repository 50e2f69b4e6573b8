/** `history`: what the counts were at every full hour, from old logs alone; printed, drawn, or sent to Graphite. */
import type { Sample } from '../activity/active-window.ts';
import { Arrivals } from '../activity/arrivals.ts';
import { ConfigError, type Config } from '../config/config.ts';
import { replay, type ReplaySummary } from '../service/replay.ts';
import { isCovered, windowsOf, type Window } from '../report/metric-name.ts';
import { csvHeader, csvLine, jsonLine, printable, type CsvLook } from '../report/table.ts';
import { totalOf } from '../report/total.ts';
import { sampleOf, tellBoundsUntil, tellCoverage, tellRejected, tellUncounted } from './findings.ts';
import type { HistoryArguments } from './history-arguments.ts';
import { withLines, type Inputs } from './inputs.ts';
import { isUnicode, print, type Io } from './io.ts';
import { Progress } from './progress.ts';

const HOUR = 3600;
const DAY = 86_400;

interface Replayed {
  readonly samples: AsyncGenerator<readonly Sample[], ReplaySummary>;
  /** What the replay found, once it is over. */
  readonly summary: () => ReplaySummary | undefined;
}

export async function history(config: Config, args: HistoryArguments, io: Io): Promise<number> {
  checkArguments(args, config, io);
  const arrivals = arrivalsOf(config, args);
  const output = await outputOf(config, args, io, arrivals);
  return withLines(args, config, io, async (inputs, said) => {
    let hasProblem = inputs.failed;
    const replayed = start(inputs, {
      ...{ config, args, io: said, ...(arrivals && { arrivals }) },
      onProblem: () => (hasProblem = true),
    });
    const seen: Seen = { hosts: new Set(), boundsUntil: new Map() };
    await output(ofHosts(args.hosts, replayed.samples, seen), replayed.summary);
    const summary = replayed.summary();
    if (io.signal.aborted) io.log('warning', 'stopped: what was printed is not all');
    if (!summary || io.signal.aborted) return 1;
    tellCoverage(summary.coverage, config.otherLogs.timezone, said);
    tellBoundsUntil(seen.boundsUntil, config.otherLogs.timezone, said);
    tellUncounted(summary.uncounted, said);
    const isMissing = tellMissing(args, seen.hosts, summary, said);
    return tellRejected(summary.counts, sampleOf(inputs.arrangement), said) || isMissing || hasProblem ? 1 : 0;
  });
}

function checkArguments(args: HistoryArguments, { year }: Config, io: Io): void {
  const { from, to, step, format, carbon, dryRun, retention, storageSchemas, total, dates, coverage, store } = args;
  const problems: string[] = [];
  if (from !== undefined && to !== undefined && from > to) problems.push('--from must not be later than --to');
  if (from !== undefined && from > io.now() && year === undefined)
    problems.push('--from is in the future: no log knows of it');
  if (carbon === undefined && (dryRun || retention !== undefined || storageSchemas !== undefined))
    problems.push('--dry-run, --retention and --storage-schemas are about Carbon: give --carbon HOST:PORT as well');
  if (carbon !== undefined && total) problems.push('--total is never sent: leave it out, or --carbon');
  if ((dates || coverage) && (carbon !== undefined || (format ?? 'csv') !== 'csv'))
    problems.push('--dates and --coverage are about CSV: give --format csv, or leave them out');
  if (store && (step !== HOUR || carbon !== undefined || format !== undefined || total || dates || coverage))
    problems.push(
      '--store is for the counts of each hour, and prints none: leave out --step, --carbon and what is about CSV',
    );
  if (problems.length > 0) throw new ConfigError(problems);
}

/** What there was in the samples. */
interface Seen {
  readonly hosts: Set<string>;
  /** Per window the last instant, unix seconds, at which the logs did not cover it. */
  readonly boundsUntil: Map<Window, number>;
}

/** The samples of the hosts that are asked for; `seen` is of all hosts. */
async function* ofHosts(
  hosts: readonly string[],
  samples: AsyncIterable<readonly Sample[]>,
  seen: Seen,
): AsyncGenerator<readonly Sample[]> {
  for await (const group of samples) {
    for (const { host } of group) seen.hosts.add(host);
    const [any] = group;
    for (const window of any ? windowsOf(any) : [])
      if (any && !isCovered(any, window)) seen.boundsUntil.set(window, any.at);
    const asked = hosts.length === 0 ? group : group.filter(({ host }) => hosts.includes(host));
    if (asked.length > 0) yield asked;
  }
}

/** Why there is no count of what was asked for; false when there is one of everything. */
function tellMissing(
  { hosts, from = -Infinity, to = Infinity }: HistoryArguments,
  seen: ReadonlySet<string>,
  { coverage }: ReplaySummary,
  io: Io,
): boolean {
  if (seen.size === 0) {
    const isOutside = !coverage.some(([first, last]) => first <= to && last >= from);
    const why = isOutside
      ? 'the logs have no line between --from and --to'
      : 'no user was seen: nobody logs in in these logs, or whoever does is excluded; "xmpp-active-users explain" shows what is found in each line';
    io.log('error', `there is no count: ${why}`);
    return true;
  }
  const missing = hosts.filter((host) => !seen.has(host));
  const others = [...seen].toSorted().map(printable).join(', ');
  for (const host of missing) io.log('error', `no user of ${printable(host)} was seen; the hosts are ${others}`);
  return missing.length > 0;
}

/** Where they are shown, and each day ends with a sample. */
function arrivalsOf({ count }: Config, { format, step }: HistoryArguments): Arrivals | undefined {
  return format === 'html' && step < DAY && DAY % step === 0 ? new Arrivals(count) : undefined;
}

interface StartOptions {
  readonly config: Config;
  readonly arrivals?: Arrivals;
  readonly args: HistoryArguments;
  readonly io: Io;
  readonly onProblem: () => void;
}

function start({ arrangement }: Inputs, { config, args, io, onProblem, arrivals }: StartOptions): Replayed {
  const { step, from, to } = args;
  const manner = isStreamed(args, io) ? Progress.besideData(io) : undefined;
  const progress = new Progress(arrangement.allSeries, config.otherLogs.timezone, io, manner);
  let summary: ReplaySummary | undefined;
  const source = replay({
    config,
    arrangement,
    step,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(arrivals && { arrivals }),
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

function formatOf({ format, dates, coverage }: HistoryArguments, io: Io): NonNullable<HistoryArguments['format']> {
  return format ?? (io.isTTY && !dates && !coverage ? 'chart' : 'csv');
}

/** Whether data are printed while the logs are read. */
function isStreamed(args: HistoryArguments, io: Io): boolean {
  return args.carbon === undefined && !args.store && ['csv', 'json'].includes(formatOf(args, io));
}

/** `summary`: known when there are no more samples. */
type Output = (samples: AsyncIterable<readonly Sample[]>, summary: () => ReplaySummary | undefined) => Promise<void>;

/** What an output needs is loaded only for it: most of the time that a short log takes is the start. */
async function outputOf(config: Config, args: HistoryArguments, io: Io, arrivals?: Arrivals): Promise<Output> {
  if (args.carbon !== undefined)
    return (await import('./history-to-carbon.ts')).toCarbon(config, args, args.carbon, io);
  if (args.store) {
    const { toIndex } = await import('./history-to-index.ts');
    return (samples, summary) => toIndex(config, samples, summary, io);
  }
  const { timezone } = config.otherLogs;
  const format = formatOf(args, io);
  if (format === 'csv') {
    const look = csvLook(args, timezone);
    const lines = (group: readonly Sample[]): string => group.map((each) => csvLine(each, look)).join('');
    return async (samples) => {
      await print(io, csvHeader(look, config.count.windows));
      return printEach(samples, args, lines, io);
    };
  }
  if (format === 'json') return (samples) => printEach(samples, args, jsonLine, io);
  return async (samples) => {
    const groups = await collect(samples);
    if (format === 'html') return groups.length > 1 ? print(io, await html(groups, timezone, io, arrivals)) : undefined;
    const all = groups.flat();
    if (format !== 'svg') return print(io, await terminalChart(all, timezone, io));
    const { svg } = await import('../report/charts/svg.ts');
    return print(io, svg(all, { timezone }));
  };
}

async function terminalChart(samples: readonly Sample[], timezone: string, io: Io): Promise<string> {
  const { chart } = await import('../report/charts/terminal.ts');
  const color = io.isTTY && io.env['NO_COLOR'] === undefined;
  return chart(samples, { columns: io.columns, color, unicode: isUnicode(io), timezone });
}

function csvLook({ dates, coverage }: HistoryArguments, timezone: string): CsvLook {
  return { coverage, ...(dates && { timezone }) };
}

async function printEach(
  samples: AsyncIterable<readonly Sample[]>,
  args: HistoryArguments,
  show: (group: readonly Sample[]) => string,
  io: Io,
): Promise<void> {
  for await (const group of samples) await print(io, show(args.total ? withTotal(group) : group));
}

/** The total first, where `*` is in the order of the hosts. */
function withTotal(group: readonly Sample[]): readonly Sample[] {
  const total = totalOf(group);
  return total ? [total, ...group] : group;
}

async function html(
  groups: readonly (readonly Sample[])[],
  timezone: string,
  io: Io,
  arrivals: Arrivals | undefined,
): Promise<string> {
  const { htmlReport } = await import('../report/html.ts');
  const about = { timezone, version: io.version, now: io.now() };
  return htmlReport(groups, { ...about, ...(arrivals && { arrivals: arrivals.days }) });
}

async function collect(samples: AsyncIterable<readonly Sample[]>): Promise<(readonly Sample[])[]> {
  const all: (readonly Sample[])[] = [];
  for await (const group of samples) all.push(group);
  return all;
}
