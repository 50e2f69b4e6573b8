/** `explain`: every line of a file beside the event found in it, for a log that is not understood. */
import type { Config, LogConfig } from '../config/config.ts';
import { LineDecoder, type LineCounts } from '../format/line-decoder.ts';
import type { SessionEvent } from '../format/dialects/dialect.ts';
import { LogFormat } from '../format/log-format.ts';
import type { LineFormat } from '../format/recogniser.ts';
import { strftimeForm } from '../format/time/strftime.ts';
import { readArchivedFile, type Arrangement, type ArchivedFile } from '../service/archive/arrange.ts';
import { maxTime } from '../service/max-time.ts';
import { logsOf } from '../service/given-logs.ts';
import { sumCounts } from '../service/log-reader.ts';
import { waitingWarning } from '../service/parse-health.ts';
import { conclusion, EventColumns, isShown, jsonOf, type ShownEvent } from './explained-lines.ts';
import { tellEmpty, tellRejected } from './findings.ts';
import { withFiles } from './inputs.ts';
import { print, type Io } from './io.ts';

export interface ExplainArguments {
  readonly file: string;
  readonly json: boolean;
}

export async function explain(config: Config, { file, json }: ExplainArguments, io: Io): Promise<number> {
  return withFiles({ files: [file], doubtful }, config, io, async ({ arrangement, failed }, said) => {
    const archivedFiles = arrangement.allSeries.flatMap(({ archivedFiles, of }) =>
      archivedFiles.map((archivedFile) => ({ archivedFile, of })),
    );
    const isEmpty = archivedFiles.length === 0 && !failed;
    if (isEmpty) tellEmpty([file], said);
    // What has no stamps is no log for the other commands; to see why is what this one is for.
    const unstamped = arrangement.problems
      .filter(({ code }) => code === 'NO_STAMPS')
      .flatMap(({ path }) =>
        logsOf([path], [], config, doubtful).map((of) => ({ archivedFile: plainFile(path, io), of })),
      );
    for (const { archivedFile, of } of [...archivedFiles, ...unstamped])
      await explainFile(archivedFile, { config, settings: of.settings, arrangement, json }, said);
    return isEmpty || (failed && unstamped.length === 0) || io.signal.aborted ? 1 : 0;
  });
}

/** What its lines say is the same in whatever log they are, and its zone is shown. */
const doubtful = (): void => {};

function plainFile(path: string, io: Io): ArchivedFile {
  const year = new Date(io.now() * 1000).getUTCFullYear();
  return { path, log: path, firstAt: 0, lastAt: 0, year, textBytes: 0, sampleLines: [], head: Buffer.alloc(0) };
}

interface How {
  readonly config: Config;
  readonly settings: LogConfig;
  readonly arrangement: Arrangement;
  readonly json: boolean;
}

async function explainFile(
  archivedFile: ArchivedFile,
  { config, settings, arrangement, json }: How,
  io: Io,
): Promise<void> {
  const { server, timezone, timestamps } = settings;
  const horizon = maxTime({ arrangement, year: config.year, now: io.now(), permanent: false });
  const columns = new EventColumns(timezone);
  const show: Show = json ? jsonOf : (event, _line, text) => columns.show(event, text);
  const kinds = new Map<ShownEvent['kind'], number>();
  const reader = new ExplainingReader({ server, timezone, timestamps, archivedFile, horizon });
  let line = 0;
  let waiting: string[] = [];
  const onProblem = (sentence: string): void => io.log('warning', sentence);
  const showAll = async (bytes: Buffer, isEnd = false): Promise<void> => {
    const events = reader.read(bytes, isEnd);
    columns.fit(events.values());
    for (const { kind } of events.values()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    const all = [...waiting, ...bytes.toString('utf8').split('\n').slice(0, -1)];
    const lines = all.slice(0, all.length - reader.waiting);
    waiting = all.slice(lines.length);
    await print(io, lines.map((text, i) => `${show(events.get(i), ++line, text)}\n`).join(''));
  };
  for await (const { bytes, position } of readArchivedFile(archivedFile, {
    signal: io.signal,
    complete: true,
    onProblem,
  })) {
    // A line that is passed over for its length is a line of the file all the same.
    if (bytes.length === 0 && !position.done) await print(io, `${show(undefined, ++line, '')}\n`);
    if (bytes.length > 0) await showAll(bytes);
  }
  await showAll(Buffer.alloc(0), true);
  await print(io, waiting.map((text) => `${show(undefined, ++line, text)}\n`).join(''));
  if (line === 0) return;
  if (!json) for (const sentence of conclusion(kinds, reader.counts, timezone)) io.log('info', sentence);
  const undecided = waitingWarning(archivedFile.path, waiting.length);
  if (undecided !== undefined) io.log('warning', undecided);
  tellRejected(reader.counts, archivedFile.sampleLines, io);
}

type Show = (event: ShownEvent | undefined, line: number, text: string) => string;

interface ReaderSettings {
  readonly server: string;
  readonly timezone: string;
  readonly timestamps: string;
  readonly archivedFile: ArchivedFile;
  readonly horizon: number;
}

/** Reads the lines of one file, and tells of each what it says. */
class ExplainingReader {
  readonly #settings: ReaderSettings;
  readonly #format: LogFormat;
  #decoder: LineDecoder | undefined;
  #decoded: LineFormat | undefined;
  /** Of decoders before. */
  #counted = sumCounts([]);

  constructor(settings: ReaderSettings) {
    this.#settings = settings;
    this.#format = new LogFormat(settings);
  }

  get counts(): LineCounts {
    return this.#decoder ? sumCounts([this.#counted, this.#decoder.counts]) : this.#counted;
  }

  /** So many of the last lines are told with those that come next. */
  get waiting(): number {
    return this.#format.waiting;
  }

  /** By the index of its line in the block, before which are the lines that waited. */
  read(bytes: Buffer, isEnd: boolean): Map<number, ShownEvent> {
    const events = new Map<number, ShownEvent>();
    let before = 0;
    this.#format.begin(bytes, isEnd ? 'end' : undefined);
    for (let run; (run = this.#format.run());) {
      const decoder = this.#decoderOf(run.format);
      const show = (event: SessionEvent, index: number) => isShown(event) && events.set(before + index, event);
      before += decoder.read(run.bytes, show, {
        endOf: (at) => this.#format.endOf(at, decoder),
        hold: (at) => this.#format.hold(at),
      });
    }
    return events;
  }

  #decoderOf(format: LineFormat): LineDecoder {
    if (this.#decoder && this.#decoded === format) return this.#decoder;
    const { timezone, timestamps, archivedFile, horizon } = this.#settings;
    const { year, firstAt, lastAt, stamp } = archivedFile;
    const clock = this.#decoder?.state.clock ?? { year, last: undefined, ...(lastAt > 0 && { near: firstAt }) };
    const until = { horizon: () => horizon, yearUntil: () => lastAt || Infinity };
    const { dialect, wrapping } = format;
    const given = wrapping && !wrapping.keepsInner ? undefined : strftimeForm(timestamps);
    this.#counted = this.counts;
    this.#decoded = format;
    this.#decoder = new LineDecoder({
      dialect,
      timezone,
      stamp: given,
      ...until,
      state: { clock, stamp: stamp?.name },
    });
    return this.#decoder;
  }
}
