/** xmpp-active-users(1): what `--help` says of the program and of each of its commands. */
import { DEFAULT_FILE } from '../src/config/config.ts';
import { ENVIRONMENT_PREFIX, SERVICE_INDEXES } from '../src/config/settings.ts';
import type { CommandText, OptionText, ProgramText } from './description.ts';
import { bold, escaped, item, page, prose, sentence, typed } from './roff.ts';

export function commandPage(program: ProgramText, version: string, date: string): string {
  const { name } = program;
  return page({
    name,
    section: 1,
    what: 'active users of an XMPP server, counted from its logs',
    version,
    date,
    body: [
      '.SH SYNOPSIS',
      `${bold(name)} [options] command [arguments]`,
      '.SH DESCRIPTION',
      escaped(program.what),
      ...prose(program.more),
      '.SH COMMANDS',
      ...program.commands.flatMap((command) => commandSection(name, command)),
      '.SH OPTIONS OF ALL COMMANDS',
      ...optionItems(program.options),
      '.SH ENVIRONMENT',
      ...item(bold(`${ENVIRONMENT_PREFIX}CONFIG`), escaped('The same as --config.')),
      '.PP',
      'The variable of each setting is named in',
      '.BR xmpp\\-active\\-users.toml (5).',
      '.SH FILES',
      ...item(bold(DEFAULT_FILE), 'The configuration, if it exists.'),
      ...item(bold(SERVICE_INDEXES[0] ?? ''), 'The index of the service.'),
      '.SH SEE ALSO',
      '.BR xmpp\\-active\\-users.toml (5),',
      '.BR systemctl (1),',
      '.BR journalctl (1)',
    ],
  });
}

function commandSection(program: string, command: CommandText): string[] {
  const usage = [program, command.name, ...(command.options.length > 0 ? ['[options]'] : []), command.arguments];
  return [
    `.SS ${escaped(command.name)}`,
    typed(usage.join(' ').trim()),
    '.PP',
    escaped(sentence(command.what)),
    ...command.argumentTexts.flatMap(({ name, what }) => item(escaped(name), escaped(sentence(what)))),
    ...optionItems(command.options),
    ...prose(command.more),
  ];
}

function optionItems(options: readonly OptionText[]): string[] {
  return options.flatMap(({ flags, what }) => item(typed(flags), escaped(sentence(what))));
}
