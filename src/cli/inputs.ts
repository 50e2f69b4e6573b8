/** The files that `history`, `backfill` and `explain` are given: by log, arranged by their content, standard input among them. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ConfigError, type Config } from '../config/config.ts';
import { arrange, type Arrangement } from '../service/archive/arrange.ts';
import { logsOf, type Doubtful, type GivenLog, type NamedFiles } from '../service/given-logs.ts';
import { filesLike } from '../source/files/glob.ts';
import { JournalFollower } from '../source/journal.ts';
import { journalOf, logTyped } from '../source/journal-name.ts';
import { tellEmpty, tellLogs } from './findings.ts';
import type { Io } from './io.ts';

/** `--log NAME=GLOB`, as typed. */
export interface NamedPattern {
  readonly name: string;
  readonly pattern: string;
}

export interface FileArguments {
  /** `-` is standard input; `journal:UNIT` is what the journal has of it. */
  readonly files: readonly string[];
  readonly logs?: readonly NamedPattern[];
  /** By default an error. */
  readonly doubtful?: Doubtful;
}

/** All that was typed. */
function allNamed({ files, logs = [] }: FileArguments): readonly string[] {
  return [...files, ...logs.map(({ pattern }) => pattern)];
}

export interface Inputs {
  readonly arrangement: Arrangement<GivenLog>;
  /** One of the files was wrong: exit code 1. */
  readonly failed: boolean;
}

/** What standard input is called in the index: it is the same log the next time. */
const STDIN = 'stdin';

/**
 * Calls `use` with the files in the order of time, and returns its exit code. Standard input, `-`, and what is in the
 * journal are kept in temporary files meanwhile; the `io` handed on does not name those.
 * @throws {ConfigError} when it is in doubt which log a file is of
 */
export async function withFiles(
  { files, logs = [], doubtful }: FileArguments,
  config: Config,
  io: Io,
  use: (inputs: Inputs, io: Io) => Promise<number>,
): Promise<number> {
  const typed = files.map((file) => (file === '-' ? file : logTyped(file)));
  const streams = [...new Set(typed)].filter((file) => file === '-' || journalOf(file) !== undefined);
  const paths = typed.filter((file) => !streams.includes(file));
  const given = logsOf(paths, logs.map(foundFiles), config, doubtful);
  const directory = streams.length > 0 ? await mkdtemp(join(tmpdir(), 'xmpp-active-users-')) : undefined;
  const kept = streams.map((stream, i) =>
    streamLog(stream, join(directory ?? '', stream === '-' ? STDIN : `journal-${i}`), config),
  );
  const said = sayingOnce(io, kept);
  try {
    for (const { log, files } of kept) await keep(log, files[0] ?? '', io);
    const arrangement = await arrangementOf([...given, ...kept], config, said);
    const failed = arrangement.problems.some(({ severity }) => severity === 'error');
    return await use({ arrangement, failed }, said);
  } catch (error) {
    if (!io.signal.aborted) throw error;
    io.log('warning', 'stopped');
    return 1;
  } finally {
    if (directory) await rm(directory, { recursive: true, force: true });
  }
}

/** As `withFiles`, for those who have nothing to do without a line. Tells which logs were found. */
export async function withLines(
  args: FileArguments,
  config: Config,
  io: Io,
  use: (inputs: Inputs, io: Io) => Promise<number>,
): Promise<number> {
  return withFiles(args, config, io, async (inputs, said) => {
    const { arrangement, failed } = inputs;
    tellLogs(arrangement, said);
    if (arrangement.allSeries.length > 0) return use(inputs, said);
    if (!failed) tellEmpty(allNamed(args), said);
    return 1;
  });
}

function foundFiles({ name, pattern }: NamedPattern): NamedFiles {
  const files = filesOf(name, pattern);
  if (files.length === 0)
    throw new ConfigError([`--log ${name}=${pattern}: there is no such file; correct the pattern`]);
  return { name, files };
}

function filesOf(name: string, pattern: string): string[] {
  try {
    return filesLike(pattern);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new ConfigError(
      [`--log ${name}=${pattern}: a range of characters in it goes backwards; write the lower one first, as in [a-z]`],
      { cause },
    );
  }
}

/** What is no file, and is kept in one. Nobody knows where standard input comes from, so it is a log of its own. */
function streamLog(stream: string, file: string, { otherLogs, logs }: Config): GivenLog {
  const log = stream === '-' ? STDIN : stream;
  const named = { ...otherLogs, path: log, name: stream === '-' ? 'standard input' : log };
  const settings = logs.find(({ path }) => path === stream) ?? named;
  const { timezone, timestamps, server } = settings;
  return { log, files: [file], timezone, timestamps, server, isByName: stream === '-', settings };
}

async function keep(log: string, file: string, { stdin, signal }: Io): Promise<void> {
  const entries = journalOf(log);
  const lines = entries === undefined ? stdin : linesOfJournal(log, entries, signal);
  await pipeline(lines, createWriteStream(file, { mode: 0o600 }), { signal });
}

async function* linesOfJournal(path: string, entries: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const source = new JournalFollower({ path, entries, position: undefined, follow: false });
  for await (const { bytes } of source.blocks(signal)) yield bytes;
}

/** What the first look at a file told need not be told again when it is read. */
function sayingOnce(io: Io, kept: readonly GivenLog[]): Io {
  const told = new Set<string>();
  const log: Io['log'] = (level, sentence) => {
    if (told.has(sentence)) return;
    if (level === 'error') told.add(sentence);
    const named = kept.reduce((text, { files, settings }) => text.replaceAll(files[0] ?? '', settings.name), sentence);
    io.log(level, named);
  };
  return { ...io, log };
}

async function arrangementOf(logs: readonly GivenLog[], config: Config, io: Io): Promise<Arrangement<GivenLog>> {
  const arrangement = await arrange(logs, {
    ...(config.year !== undefined && { year: config.year }),
    now: io.now(),
    signal: io.signal,
  });
  for (const { severity, sentence } of arrangement.problems) io.log(severity, sentence);
  for (const { sentence } of arrangement.duplicates) io.log('notice', sentence);
  return arrangement;
}
