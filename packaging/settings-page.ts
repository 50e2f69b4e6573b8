/** xmpp-active-users.toml(5): every setting, with what it may be and how else it can be set. */
import { DEFAULT_FILE } from '../src/config/config.ts';
import { DIALECT_PATTERNS, dialectPattern, environmentName, KEYS } from '../src/config/settings.ts';
import { bold, escaped, item, page, prose, sentence } from './roff.ts';
import { settingsTables, type SettingsTable } from './settings-tables.ts';

export function settingsPage(version: string, date: string): string {
  return page({
    name: 'xmpp-active-users.toml',
    section: 5,
    what: 'configuration of xmpp-active-users',
    version,
    date,
    body: [
      '.SH DESCRIPTION',
      ...prose(ABOUT).slice(1),
      '.SH SETTINGS',
      ...settingsTables().flatMap(tableSection),
      '.SS [dialect.NAME]',
      ...prose(DIALECT).slice(1),
      ...DIALECT_PATTERNS.flatMap((name) =>
        item(bold(name), escaped(sentence(`must be ${dialectPattern(name).must}`))),
      ),
      ...prose(DIALECT_EXAMPLE),
      '.SH FILES',
      bold(DEFAULT_FILE),
      '.SH SEE ALSO',
      '.BR xmpp\\-active\\-users (1)',
    ],
  });
}

const ABOUT = `The file is TOML. All of it is optional. Below each setting stands behind its name as it is without being set, where that is
not said otherwise. An unknown key or a wrong value is an error that names it.

Flags win over the environment, the environment over the file. Every setting that has a variable of the environment can
also be set by --set KEY=VALUE, as in

  xmpp-active-users check --set statsd.port=8125

The file must be readable by everybody, as the user of the service exists only while it runs, or by the group adm, in which
it is: with a password in it "chgrp adm" and "chmod 640". The service reads it again with

  systemctl reload xmpp-active-users`;

const DIALECT = `The log of a server that is not known, which server = "NAME" in its [[log]] then means. Both are regular expressions of RE2, and
name what they find: (?<time>...) the stamp, which the line begins with, (?<session>...) what tells the session from others, and
in start (?<user>...) the JID.`;

const DIALECT_EXAMPLE = `Example:

  [dialect.mine]
  start = '^(?<time>\\S+ \\S+) \\[(?<session>\\d+)\\] login (?<user>\\S+)'
  end = '^(?<time>\\S+ \\S+) \\[(?<session>\\d+)\\] logout'`;

function tableSection({ head, note, settings }: SettingsTable): string[] {
  return [
    `.SS ${escaped(head)}`,
    ...(note === '' ? [] : [escaped(note)]),
    ...settings.flatMap(({ name, setting: { key, what, must, toml } }) => {
      const variable = KEYS.includes(key) ? [`Environment: ${environmentName(key)}.`] : [];
      const meaning = [sentence(what), sentence(`It must be ${must}`), ...variable];
      return item(`${bold(name)} = ${escaped(toml)}`, meaning.map(escaped).join('\n'));
    }),
  ];
}
