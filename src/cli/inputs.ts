/** The files that `history`, `backfill` and `explain` are given: by log, arranged by their content, standard input among them. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ConfigError, type Config } from '../config/config.ts';
import { arrange, type Arrangement } from '../service/archive/arrange.ts';
import { logsOf, type Doubtful, type GivenLog, type NamedFiles } from '../service/given-logs.ts';
import { filesLike } from '../source/files/glob.ts';
import { tellEmpty, tellLogs } from './findings.ts';
import type { Io } from './io.ts';

/** `--log NAME=GLOB`, as typed. */
export interface NamedPattern {
  readonly name: string;
  readonly pattern: string;
}

export interface FileArguments {
  /** `-` is standard input. */
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
 * Calls `use` with the files in the order of time, and returns its exit code. Standard input, `-`, is kept in a temporary
 * file meanwhile; the `io` handed on does not name that.
 * @throws {ConfigError} when it is in doubt which log a file is of
 */
export async function withFiles(
  { files, logs = [], doubtful }: FileArguments,
  config: Config,
  io: Io,
  use: (inputs: Inputs, io: Io) => Promise<number>,
): Promise<number> {
  const paths = files.filter((file) => file !== '-').map((file) => resolve(file));
  const given = logsOf(paths, logs.map(foundFiles), config, doubtful);
  const directory = files.includes('-') ? await mkdtemp(join(tmpdir(), 'xmpp-active-users-')) : undefined;
  const stdin = directory && join(directory, STDIN);
  const said = sayingOnce(io, stdin);
  try {
    if (stdin) await pipeline(io.stdin, createWriteStream(stdin, { mode: 0o600 }), { signal: io.signal });
    const arrangement = await arrangementOf(stdin ? [...given, stdinLog(stdin, config)] : given, config, said);
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

/** Nobody knows where it comes from, so it is a log of its own. */
function stdinLog(path: string, { otherLogs }: Config): GivenLog {
  const settings = { ...otherLogs, path: STDIN, name: 'standard input' };
  return {
    log: STDIN,
    files: [path],
    timezone: otherLogs.timezone,
    timestamps: otherLogs.timestamps,
    isByName: true,
    settings,
  };
}

/** What the first look at a file told need not be told again when it is read. */
function sayingOnce(io: Io, stdin: string | undefined): Io {
  const told = new Set<string>();
  const log: Io['log'] = (level, sentence) => {
    if (told.has(sentence)) return;
    if (level === 'error') told.add(sentence);
    io.log(level, stdin ? sentence.replaceAll(stdin, 'standard input') : sentence);
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
