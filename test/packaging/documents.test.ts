/** What is made of the description of commands and settings names all of them, and says nothing untrue. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bashCompletion, fishCompletion, zshCompletion } from '../../packaging/completion.ts';
import { commandPage } from '../../packaging/command-page.ts';
import { programText } from '../../packaging/description.ts';
import { exampleConfiguration } from '../../packaging/example-configuration.ts';
import { escaped } from '../../packaging/roff.ts';
import { settingsPage } from '../../packaging/settings-page.ts';
import { parseCommandLine } from '../../src/cli/command-line.ts';
import { DEFAULT_FILE, loadConfig, type Config } from '../../src/config/config.ts';
import { environmentName, FILE_SETTINGS, KEYS } from '../../src/config/settings.ts';

const program = programText('1.2.3');
const helpOf = (...command: readonly string[]): string => {
  const answer = parseCommandLine([...command, '--help'], '1.2.3', 200);
  assert('text' in answer);
  return answer.text;
};
/** Names of commands and long options, as `--help` lists them. */
const listed = (help: string): string[] =>
  [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+|[a-z]+(?= ))/gm)].map(([, name = '']) => name);

test('every command and option of --help is in the man page and in each completion [11.5]', () => {
  const page = commandPage(program, '1.2.3', '2026-11-26');
  const commands = listed(helpOf()).filter((name) => !name.startsWith('--'));
  assert.ok(commands.includes('run') && commands.includes('forget'), String(commands));
  const options = commands
    .filter((name) => name !== 'help')
    .flatMap((command) => listed(helpOf(command)).filter((name) => name.startsWith('--')));
  const names = new Set([...commands, ...options]);
  const bash = bashCompletion(program);
  const zsh = zshCompletion(program);
  const fish = fishCompletion(program);
  for (const name of names) {
    const isOption = name.startsWith('--');
    assert.ok(page.includes(isOption ? `\\fB${escaped(name)}` : `.SS ${name}\n`), `xmpp-active-users.1: ${name}`);
    assert.match(bash, new RegExp(`[ ']${name}[ ']`), `bash: ${name}`);
    assert.match(zsh, new RegExp(isOption ? `'\\*${name}\\[` : `'${name}:`), `zsh: ${name}`);
    assert.match(
      fish,
      new RegExp(isOption ? `--long-option ${name.slice(2)} ` : `--arguments ${name} `),
      `fish: ${name}`,
    );
  }
});

test('every setting, what it must be and its variable are in the man page of the file [11.5]', () => {
  const page = settingsPage('1.2.3', '2026-11-26');
  for (const { key, must, toml } of FILE_SETTINGS) {
    assert.ok(page.includes(`\n\\fB${key.split('.')[1]}\\fR = ${escaped(toml)}\n`), key);
    assert.ok(page.includes(escaped(must)), key);
    if (KEYS.includes(key)) assert.ok(page.includes(environmentName(key)), key);
  }
});

test('the example configuration changes nothing as it is, and holds the defaults behind its "#" [11.5]', () => {
  const example = exampleConfiguration();
  for (const { key } of FILE_SETTINGS) assert.match(example, new RegExp(`^#${key.split('.')[1]} = `, 'm'), key);
  const without = taken('');
  assert.deepEqual(taken(example), without);
  for (const { key, what, toml } of FILE_SETTINGS.filter(({ key }) => !key.startsWith('log.'))) {
    const [table, name] = key.split('.');
    // Who names a Redis has to say for how many nodes.
    const beside = key === 'cluster.url' ? '\nnodes = 3' : '';
    const set = taken(`[${table}]\n${name} = ${toml}${beside}`);
    if (!/by default/.test(what)) assert.deepEqual(set, without, key);
  }
  const ofLog = FILE_SETTINGS.filter(({ key }) => key.startsWith('log.'));
  // A log is either in a file or in the journal.
  for (const others of [['log.journal'], ['log.path', 'log.rotated']]) {
    const lines = ofLog.filter(({ key }) => !others.includes(key)).map(({ key, toml }) => `${key.slice(4)} = ${toml}`);
    assert.equal(taken(['[[log]]', ...lines].join('\n')).logs.length, 1);
  }
});

function taken(toml: string): Omit<Config, 'origin' | 'file'> {
  const {
    origin: _origin,
    file: _file,
    ...config
  } = loadConfig({
    flags: {},
    env: { STATE_DIRECTORY: '/var/lib/xmpp-active-users', RUNTIME_DIRECTORY: '/run/xmpp-active-users' },
    readFile: (path) => (path === DEFAULT_FILE ? toml : undefined),
    exists: () => false,
    defaultTimezone: 'UTC',
  });
  return config;
}
