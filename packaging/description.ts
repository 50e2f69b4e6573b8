/**
 * Commands and options as data, taken from the command line itself, so that man page and completion cannot say anything
 * else than `--help`.
 */
import type { Argument, Command, Help, Option } from 'commander';
import { describeProgram } from '../src/cli/command-line.ts';
import { KEYS, SERVERS } from '../src/config/settings.ts';

/** What a shell offers in a place. */
export type Completion =
  | { readonly kind: 'nothing' | 'files' | 'directories' }
  /** `open`: more is to be typed behind the word. */
  | { readonly kind: 'words'; readonly words: readonly string[]; readonly open: boolean };

export interface OptionText {
  /** As in `-h, --help` or `--log <file>`. */
  readonly flags: string;
  /** `--help`. */
  readonly long: string;
  /** `-h`, where there is one. */
  readonly short: string | undefined;
  readonly what: string;
  /** What stands behind it; undefined where nothing does. */
  readonly value: Completion | undefined;
}

export interface CommandText {
  readonly name: string;
  readonly what: string;
  /** As in `[file...]`. */
  readonly arguments: string;
  readonly argumentTexts: readonly { readonly name: string; readonly what: string }[];
  readonly argument: Completion;
  readonly options: readonly OptionText[];
  /** What `--help` says behind the options. */
  readonly more: string;
}

export interface ProgramText {
  readonly name: string;
  readonly what: string;
  readonly commands: readonly CommandText[];
  /** Those that can be given with every command. */
  readonly options: readonly OptionText[];
  readonly more: string;
}

export function programText(version: string): ProgramText {
  const program = describeProgram(version, () => {});
  const help = program.createHelp();
  const commands = help.visibleCommands(program);
  const names = commands.map((command) => command.name());
  return {
    name: program.name(),
    what: program.description(),
    commands: commands.map((command) => commandText(command, help, names)),
    options: help.visibleOptions(program).map((option) => optionText(option, help)),
    more: textBehind(program),
  };
}

function commandText(command: Command, help: Help, names: readonly string[]): CommandText {
  const given = command.registeredArguments;
  return {
    name: command.name(),
    what: command.description(),
    arguments: given
      .map((argument) => help.argumentTerm(argument))
      .map(bracketed(given))
      .join(' '),
    argumentTexts: help
      .visibleArguments(command)
      .map((argument) => ({ name: help.argumentTerm(argument), what: help.argumentDescription(argument) })),
    argument: argumentCompletion(given, names),
    // --help is among the options of the program.
    options: help
      .visibleOptions(command)
      .filter(({ long }) => long !== '--help')
      .map((option) => optionText(option, help)),
    more: textBehind(command),
  };
}

const bracketed =
  (given: readonly Argument[]) =>
  (name: string, i: number): string => {
    const { required = false, variadic = false } = given[i] ?? {};
    const words = variadic ? `${name}...` : name;
    return required ? `<${words}>` : `[${words}]`;
  };

function argumentCompletion(given: readonly Argument[], names: readonly string[]): Completion {
  const [first] = given;
  if (first?.name() === 'command') return { kind: 'words', words: names, open: false };
  return { kind: first?.name() === 'file' ? 'files' : 'nothing' };
}

function optionText(option: Option, help: Help): OptionText {
  const { flags, long = '', short } = option;
  return { flags, long, short, what: help.optionDescription(option), value: optionCompletion(option) };
}

function optionCompletion({ flags, long, argChoices }: Option): Completion | undefined {
  const [, placeholder] = /[<[](.+)[>\]]/.exec(flags) ?? [];
  if (placeholder === undefined) return undefined;
  if (argChoices) return { kind: 'words', words: argChoices, open: false };
  if (long === '--server') return { kind: 'words', words: SERVERS, open: false };
  if (long === '--set') return { kind: 'words', words: KEYS.map((key) => `${key}=`), open: true };
  return { kind: placeholder === 'file' ? 'files' : placeholder === 'directory' ? 'directories' : 'nothing' };
}

function textBehind(command: Command): string {
  let whole = '';
  command.configureOutput({ writeOut: (part) => (whole += part) });
  command.outputHelp();
  return whole.slice(command.helpInformation().length).trim();
}
