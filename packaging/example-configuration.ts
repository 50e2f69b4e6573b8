/** The configuration that the Debian package brings: every setting as it is without being set, behind a "#". */
import { sentence } from './roff.ts';
import { settingsTables, type SettingsTable } from './settings-tables.ts';

const WIDTH = 98;

export function exampleConfiguration(): string {
  return `${[comment(ABOUT), ...settingsTables().map(tableText)].join('\n\n')}\n`;
}

const ABOUT = `Configuration of xmpp-active-users, explained in xmpp-active-users.toml(5). All of it is optional: a line "#key = value" says what holds
without it, or is an example where the words above say what that is. "xmpp-active-users check" says what this file means, "systemctl reload
xmpp-active-users" makes the service read it. It must be readable by everybody, as the user of the service exists only while it runs, or by the
group adm, in which it is: with a password in it "chgrp adm" and "chmod 640".`;

/** A table without settings changes nothing, but for `[[log]]`, which must name a log. */
function tableText({ head, note, settings }: SettingsTable): string {
  const lines = settings.map(
    ({ name, setting: { what, must, toml } }) =>
      `${comment(`${sentence(what)} ${sentence(`must be ${must}`)}`)}\n#${name} = ${toml}`,
  );
  const begin = [...(note === '' ? [] : [comment(note)]), head.startsWith('[[') ? `#${head}` : head];
  return [...begin, ...lines].join('\n');
}

function comment(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > WIDTH) lines.push(`# ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join('\n');
}
