/**
 * Writes what is made of the description of commands and settings: man pages, completion, an example configuration.
 *
 *   node dist/packaging/documents.js DIRECTORY
 *
 * The pages carry the date of SOURCE_DATE_EPOCH, as https://reproducible-builds.org has it, else that of today.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bashCompletion, fishCompletion, zshCompletion } from './completion.ts';
import { commandPage } from './command-page.ts';
import { programText } from './description.ts';
import { exampleConfiguration } from './example-configuration.ts';
import { settingsPage } from './settings-page.ts';

const [, , directory = '.'] = process.argv;
const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);
const epoch = process.env['SOURCE_DATE_EPOCH'];
const date = new Date(epoch ? Number(epoch) * 1000 : Date.now()).toISOString().slice(0, 10);
const program = programText(version);

mkdirSync(directory, { recursive: true });
for (const [name, text] of Object.entries({
  'xmpp-active-users.1': commandPage(program, version, date),
  'xmpp-active-users.toml.5': settingsPage(version, date),
  'xmpp-active-users.bash': bashCompletion(program),
  '_xmpp-active-users': zshCompletion(program),
  'xmpp-active-users.fish': fishCompletion(program),
  'config.toml': exampleConfiguration(),
}))
  writeFileSync(join(directory, name), text);
