/**
 * `history`: what the counts were at every full hour, by reading old logs from their beginning to their end. No index; the
 * same sessions and the same windows as the daemon's, with the time of the lines for a clock.
 */
import type { Sample } from '../activity/active-window.ts';
import type { Arrivals } from '../activity/arrivals.ts';
import type { Span } from '../activity/coverage.ts';
import type { Users } from '../activity/user-table.ts';
import { newUsers } from './new-users.ts';
import type { Config } from '../config/config.ts';
import type { EventBatch } from '../format/event-batch.ts';
import type { LineCounts } from '../format/line-decoder.ts';
import { readArchivedFile, type Arrangement, type Series } from './archive/arrange.ts';
import { maxTime } from './max-time.ts';
import type { GivenLog } from './given-logs.ts';
import { lastStep, Sampler, stepsOf, type ReplayedLog } from './sampler.ts';
import { sumCounts } from './log-reader.ts';
import { LogState } from './log-state.ts';
import { uncountedIn } from './uncounted.ts';

const HOUR = 3600;

export interface ReplayOptions {
  readonly config: Config;
  readonly arrangement: Arrangement<GivenLog>;
  /** Unix seconds. */
  readonly now: number;
  /** The first and the last instant wanted, unix seconds; without them from the first line to the last. */
  readonly from?: number;
  readonly to?: number;
  /** Seconds between samples. */
  readonly step: number;
  readonly signal: AbortSignal;
  /** Is told who came each day; the steps are parts of one. */
  readonly arrivals?: Arrivals;
  readonly onProgress?: (path: string, bytes: number, at: number | undefined) => void;
  /** What is wrong with a file, found while it is read. */
  readonly onProblem: (sentence: string) => void;
}

/** What the logs were found to hold, known when the replay is over. */
export interface ReplaySummary {
  readonly counts: LineCounts;
  readonly coverage: readonly Span[];
  /** Sentences about lines that are not counted. */
  readonly uncounted: readonly string[];
}

interface Source extends ReplayedLog {
  readonly series: Series<GivenLog>;
}

/** The samples in the order of time, those of one instant together. */
export async function* replay(options: ReplayOptions): AsyncGenerator<readonly Sample[], ReplaySummary> {
  const { arrangement, config, step, now, from = -Infinity, to = Infinity } = options;
  const users = newUsers(config);
  const horizon = maxTime({ arrangement, year: config.year, now, permanent: false });
  const sources = arrangement.allSeries.map((series) => ({
    series,
    logState: logStateOf(series, users, config, horizon),
    lastAt: Math.min(horizon, series.archivedFiles.at(-1)?.lastAt ?? -Infinity),
  }));
  if (sources.length === 0) return summary([]);
  const logStates = sources.map(({ logState }) => logState);
  const { firstAt, lastAt } = extent(arrangement.allSeries, horizon);
  const steps = stepsOf(step, config.otherLogs.timezone);
  const samplerFrom = (at: number): Sampler => {
    const begun = new Sampler(users, sources, at, steps);
    begun.atMidnight = (day) => options.arrivals?.endDay(users.names, day);
    return begun;
  };
  let begin = firstAt;
  let sampler = Number.isFinite(begin) ? samplerFrom(begin) : undefined;
  let isWhole = true;
  const onProblem = (sentence: string): void => {
    isWhole = false;
    options.onProblem(sentence);
  };
  for await (const { logState, batch, first, end } of inOrder(sources, { ...options, onProblem })) {
    sampler ??= samplerFrom((begin = batch.at(first)));
    for (let event = first; event < end;) {
      const stop = batch.firstAfter(sampler.next, event, end);
      sampler.takeInTime(logState, batch, event, stop);
      event = stop;
      if (stop === end) break;
      const due = sampler.takeDue(batch, stop, end);
      if (!due) event++;
      for (const samples of due ? [due] : sampler.takeEarly(logState, batch, stop))
        if (isWanted(samples, from, to)) yield samples;
    }
    users.settle();
  }
  if (options.signal.aborted) return summary(sources);
  // Of a file that could not be read to its end nobody knows what it says of the time behind.
  const ofLines = Math.max(isWhole ? lastAt : -Infinity, ...logStates.map((logState) => logState.last ?? -Infinity));
  // The last line of all may be late, but one that is far ahead of it is a stray.
  const last = sampler && sampler.latest < ofLines + HOUR ? Math.max(ofLines, sampler.latest) : ofLines;
  const end = Math.min(to, lastStep(last, begin, step));
  for (const samples of sampler?.until(end) ?? []) if (isWanted(samples, from, to)) yield samples;
  return summary(sources);
}

function isWanted(samples: readonly Sample[], from: number, to: number): boolean {
  const at = samples[0]?.at;
  return at !== undefined && at >= from && at <= to;
}

/**
 * From the first line to the last that is believed; `firstAt` is Infinity when no file begins with a line that is. Of a file
 * that ends with one that is not, only reading tells where it ends.
 */
function extent(allSeries: readonly Series[], horizon: number): { firstAt: number; lastAt: number } {
  const archivedFiles = allSeries.flatMap((series) => series.archivedFiles);
  return {
    firstAt: Math.min(...archivedFiles.map(({ firstAt }) => (firstAt > horizon ? Infinity : firstAt))),
    lastAt: Math.max(...archivedFiles.map(({ lastAt }) => (lastAt > horizon ? -Infinity : lastAt))),
  };
}

function logStateOf({ of }: Series<GivenLog>, users: Users, config: Config, horizon: number): LogState {
  return new LogState(users, { ...config.count, ...of.settings, horizon: () => horizon, isStored: false });
}

/** Events of a batch, from `first` up to `end`, exclusive. */
interface Run {
  readonly logState: LogState;
  readonly batch: EventBatch;
  readonly first: number;
  readonly end: number;
}

/** The events of all sources by time, in runs of one source; those of one source in the order of its lines. */
async function* inOrder(sources: readonly Source[], options: ReplayOptions): AsyncGenerator<Run> {
  const heads = await Promise.all(sources.map((source) => Head.of(source.logState, eventsOf(source, options))));
  for (;;) {
    const first = heads.reduce((a, b) => (b.at < a.at ? b : a));
    // Of a log that was not read on nobody knows what it says of the time of the others.
    if (first.at === Infinity || options.signal.aborted) return;
    const others = Math.min(...heads.map((head) => (head === first ? Infinity : head.at)));
    yield first.takeUntil(others);
    await first.refill();
  }
}

/** What a source has to give next. */
class Head {
  readonly #logState: LogState;
  readonly #batches: AsyncIterator<EventBatch>;
  #batch: EventBatch | undefined;
  #from = 0;

  private constructor(logState: LogState, batches: AsyncIterator<EventBatch>) {
    this.#logState = logState;
    this.#batches = batches;
  }

  static async of(logState: LogState, batches: AsyncIterable<EventBatch>): Promise<Head> {
    const head = new Head(logState, batches[Symbol.asyncIterator]());
    await head.refill();
    return head;
  }

  /** The instant of the next event, or of the one behind it, as the next may be a stray from a later time; Infinity when there is none. */
  get at(): number {
    const { count } = this.#batch ?? { count: 0 };
    if (!this.#batch || this.#from >= count) return Infinity;
    const at = this.#batch.at(this.#from);
    return this.#from + 1 < count ? Math.min(at, this.#batch.at(this.#from + 1)) : at;
  }

  /** The next event, and those behind it that are not after `at`; there is one. */
  takeUntil(at: number): Run {
    const batch = this.#batch!;
    const first = this.#from++;
    if (at === Infinity) this.#from = batch.count;
    while (this.#from < batch.count && batch.at(this.#from) <= at) this.#from++;
    return { logState: this.#logState, batch, first, end: this.#from };
  }

  async refill(): Promise<void> {
    while (!this.#batch || this.#from >= this.#batch.count) {
      const next = await this.#batches.next();
      if (next.done) return;
      [this.#batch, this.#from] = [next.value, 0];
    }
  }
}

async function* eventsOf({ series, logState }: Source, options: ReplayOptions): AsyncGenerator<EventBatch> {
  const { signal, onProblem, onProgress } = options;
  for (const archivedFile of series.archivedFiles) {
    let continues = false;
    logState.beginFile(archivedFile);
    for await (const block of readArchivedFile(archivedFile, { signal, complete: true, isOnce: true, onProblem })) {
      const batch = logState.decode(block.bytes, continues);
      continues = true;
      onProgress?.(archivedFile.path, block.position.offset, logState.last);
      yield batch;
    }
    if (!signal.aborted) yield logState.decodeRest('file');
  }
  if (!signal.aborted) yield logState.decodeRest();
}

function summary(sources: readonly Source[]): ReplaySummary {
  const logStates = sources.map(({ logState }) => logState);
  return {
    uncounted: sources.flatMap(({ series, logState }) => uncountedIn(logState, series)),
    counts: sumCounts(logStates.map(({ counts }) => counts)),
    coverage: logStates.flatMap(({ coverage }) => coverage),
  };
}
