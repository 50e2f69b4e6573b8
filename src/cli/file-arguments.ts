/** The arguments of the commands that read the files of logs, and follow none: `history` and `backfill`. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { FileArguments, NamedPattern } from './inputs.ts';

/** Of `--log`, by commander's name. */
export type LogFlags = { readonly log?: readonly NamedPattern[] };

/** For a command that reads the files of logs, and follows none. */
export function takingFiles(command: Command): Command {
  return command
    .argument(
      '[file...]',
      'logs: plain, .gz, .xz, .zst or .bz2, in any order; - is stdin, journal:UNIT what the journal has',
    )
    .addOption(
      new Option('--log <name=glob>', 'files of one log, repeatable; NAME of a configured one, or a new one').argParser(
        namedPattern,
      ),
    );
}

/** Ends with the usage when nothing is given at all. */
export function fileArguments(files: readonly string[], logs: LogFlags['log'] = [], command: Command): FileArguments {
  if (files.length === 0 && logs.length === 0) command.error("missing required argument 'file'");
  return { files, logs };
}

function namedPattern(text: string, before: readonly NamedPattern[] = []): NamedPattern[] {
  const [, name, pattern] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || pattern === undefined)
    throw new InvalidArgumentError(
      "It must be NAME=GLOB, as in 'main=/backup/prosody.log.*.gz': the files of one log.",
    );
  return [...before, { name, pattern }];
}
