/** The files that `history`, `backfill` and `explain` are given: arranged by their content, standard input among them. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Config } from '../config.ts';
import { arrange, type Arrangement, type Chain } from '../log/archive.ts';
import { rotatedName } from '../log/rotated-name.ts';
import type { Io } from './io.ts';

export interface Inputs {
  readonly arrangement: Arrangement;
  /** One of the files was wrong: exit code 1. */
  readonly failed: boolean;
}

/** What standard input is called in the index: it is the same log the next time. */
const STDIN = 'stdin';

/**
 * Calls `use` with the files in the order of time, and returns its exit code. Standard input, `-`, is kept in a temporary
 * file meanwhile; the `io` handed on does not name that.
 */
export async function withInputs(
  files: readonly string[],
  config: Config,
  io: Io,
  use: (inputs: Inputs, io: Io) => Promise<number>,
): Promise<number> {
  const directory = files.includes('-') ? await mkdtemp(join(tmpdir(), 'xmpp-active-users-')) : undefined;
  const stdin = directory && join(directory, STDIN);
  const said = sayingOnce(io, stdin);
  try {
    if (stdin) await pipeline(io.stdin, createWriteStream(stdin, { mode: 0o600 }), { signal: io.signal });
    const paths = files.map((file) => (file === '-' && stdin ? stdin : resolve(file)));
    const arrangement = await arrangementOf(paths, stdin, config, said);
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

async function arrangementOf(
  paths: readonly string[],
  stdin: string | undefined,
  config: Config,
  io: Io,
): Promise<Arrangement> {
  const arrangement = await arrange(paths, {
    timezone: config.otherLogs.timezone,
    ...(config.year !== undefined && { year: config.year }),
    now: io.now(),
    signal: io.signal,
  });
  for (const { severity, sentence } of arrangement.problems) io.log(severity, sentence);
  for (const { sentence } of arrangement.duplicates) io.log('notice', sentence);
  const named = (chain: Chain): Chain => (chain.log === stdin ? { ...chain, log: nameOf(chain, stdin) } : chain);
  return { ...arrangement, chains: arrangement.chains.map(named) };
}

/** Standard input that goes on from files is of their log. */
function nameOf({ pieces }: Chain, stdin: string): string {
  const before = pieces.findLast(({ path }) => path !== stdin);
  return before ? rotatedName(before.path).log : STDIN;
}
