/** What is said of a command line that cannot be meant: one sentence, and where the right words are to be found. */
import type { CommanderError } from 'commander';
import { distance } from '../config/config-file.ts';

export const NAME = 'xmpp-active-users';

/** `text` is what commander says; `error` is undefined when nothing at all was asked for; `commands` are all names. */
export function wrongUsage(
  error: CommanderError | undefined,
  text: string,
  argv: readonly string[],
  commands: readonly string[],
): string {
  const command = argv.find((word) => commands.includes(word));
  const help = [NAME, ...(command === undefined ? [] : [command]), '--help'].join(' ');
  return `${complaint(error, text, commands)}; ${help} says what there is`;
}

function complaint(error: CommanderError | undefined, text: string, commands: readonly string[]): string {
  if (error === undefined || error.code === 'commander.help') return 'no command was given';
  const [, unknown] = /^unknown command '(.*?)'/.exec(text) ?? [];
  if (unknown === undefined) return text.trim().replaceAll('\n', ' ').replace(/\.$/, '');
  const near = commands.find((name) => isMeant(unknown, name));
  return `unknown command '${unknown}'${near === undefined ? '' : ` (Did you mean ${near}?)`}`;
}

/** `hist` is the beginning of `history`, and not a misspelt `last`. */
function isMeant(word: string, name: string): boolean {
  return name.startsWith(word) || (word[0] === name[0] && distance(word, name) <= 2);
}
