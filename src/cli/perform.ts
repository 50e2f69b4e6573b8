/** One run of the program, from its arguments to its exit code, in whatever process. */
import { existsSync, readFileSync } from 'node:fs';
import { parseCommandLine } from './command-line.ts';
import type { Io, Level } from './io.ts';
import { ConfigError, loadConfig, type Config, type ConfigInput } from '../config/config.ts';
import { loadRe2 } from '../config/re2.ts';
import { defineDialects } from '../format/format.ts';
import { IndexError, type IndexErrorCode } from '../index/index-error.ts';

/** What is wrong with the index that only another configuration, or another installation, can put right. */
const WRONG_INDEX = new Set<IndexErrorCode>(['NOT_LEVELDB', 'NOT_WRITABLE', 'NEWER_SCHEMA']);

export interface Surroundings {
  /** What the configuration is made of beside flags and files. */
  readonly sources: Pick<ConfigInput, 'env' | 'isRoot' | 'defaultTimezone'>;
  /** Width of the terminal, for the help. */
  readonly columns: number;
  /** Of this program. */
  readonly version: string;
  /** Called with the command's name before it begins; `reloadConfig` as of `Io`. */
  readonly ioFor: (command: string, reloadConfig: () => Config) => Io;
  readonly stdout: Io['stdout'];
  readonly log: Io['log'];
}

/** Gives the exit code: 0 done, 1 failed while running, 2 wrong arguments or configuration. */
export async function perform(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { log, sources, version, columns } = surroundings;
  try {
    const asked = parseCommandLine(args, version, columns);
    if ('exitCode' in asked) {
      if (asked.exitCode === 0) surroundings.stdout.write(asked.text);
      else log('error', asked.text);
      return asked.exitCode;
    }
    const configFor = (): Config =>
      loadConfig({ ...sources, flags: asked.flags, readFile: textOf, exists: existsSync });
    const config = configFor();
    defineDialects(config.dialects, loadRe2);
    return await asked.begin(config, surroundings.ioFor(asked.command, configFor));
  } catch (error) {
    return failure(error, log, sources.env);
  }
}

/** Tells what went wrong, and gives the exit code for it. */
export function failure(
  error: unknown,
  log: (level: Level, message: string) => void,
  env: Readonly<Record<string, string | undefined>>,
): number {
  if (error instanceof ConfigError) {
    for (const problem of error.problems) log('error', problem);
    return 2;
  }
  const message = error instanceof Error ? error.message : String(error);
  log('error', env['DEBUG'] && error instanceof Error ? (error.stack ?? message) : message);
  return error instanceof IndexError && WRONG_INDEX.has(error.code) ? 2 : 1;
}

function textOf(path: string): string | undefined {
  try {
    return utf8Of(path, readFileSync(path));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A byte that is no UTF-8 would become another character, and a path that nobody meant. */
function utf8Of(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const line = bytes.toString('utf8').split('\ufffd', 1)[0]?.split('\n').length;
    throw new ConfigError([`${path} line ${line}: is not UTF-8; save the file as UTF-8`], { cause });
  }
}
