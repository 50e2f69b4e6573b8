/** `explain`: every line of a file beside the event found in it, for a log that is not understood. */
import type { Config, LogConfig } from '../config/config.ts';
import { dialectOf } from '../format/format.ts';
import { LineDecoder } from '../format/line-decoder.ts';
import { strftimeForm } from '../format/time/strftime.ts';
import { readArchivedFile, type Arrangement, type ArchivedFile } from '../service/archive/arrange.ts';
import { maxTime } from '../service/max-time.ts';
import { logsOf } from '../service/given-logs.ts';
import { firstLines } from '../service/log-reader.ts';
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
  let reader: LineDecoder | undefined;
  let line = 0;
  const onProblem = (sentence: string): void => io.log('warning', sentence);
  for await (const { bytes, position } of readArchivedFile(archivedFile, {
    signal: io.signal,
    complete: true,
    onProblem,
  })) {
    // A line that is passed over for its length is a line of the file all the same.
    if (bytes.length === 0 && !position.done) await print(io, `${show(undefined, ++line, '')}\n`);
    if (bytes.length === 0) continue;
    reader ??= readerOf(bytes, { server, timezone, timestamps, archivedFile, horizon });
    const events = new Map<number, ShownEvent>();
    reader.read(bytes, (event, index) => isShown(event) && events.set(index, event));
    columns.fit(events.values());
    for (const { kind } of events.values()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    const lines = bytes.toString('utf8').split('\n').slice(0, -1);
    await print(io, lines.map((text, i) => `${show(events.get(i), ++line, text)}\n`).join(''));
  }
  if (!reader) return;
  if (!json) for (const sentence of conclusion(kinds, reader.counts, timezone)) io.log('info', sentence);
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

function readerOf(bytes: Buffer, { server, timezone, timestamps, archivedFile, horizon }: ReaderSettings): LineDecoder {
  const dialect = dialectOf(server, firstLines(bytes));
  const { year, firstAt, lastAt, stamp } = archivedFile;
  const clock = { year, last: undefined, ...(lastAt > 0 && { near: firstAt }) };
  const state = { clock, stamp: stamp?.name };
  const until = { horizon: () => horizon, yearUntil: () => lastAt || Infinity };
  return new LineDecoder({ dialect, timezone, stamp: strftimeForm(timestamps), ...until, state });
}
