/**
 * Logs that are in the journal of systemd and in no file. In the place of a path they have a name, `journal:prosody.service` or
 * `journal:SYSLOG_IDENTIFIER=prosody`: in the configuration, on the command line and in the index.
 */
import { resolve } from 'node:path';

const PREFIX = 'journal:';
const UNIT = /^(?=.{1,255}$)[\w:.\\@-]+$/;
const MATCH = /^(?=.{1,64}=)[A-Z_][A-Z0-9_]*=[^\p{Cc}]+$/u;

/** Of which entries it consists: a unit, or FIELD=VALUE; undefined for the path of a file. */
export function journalOf(path: string): string | undefined {
  return path.startsWith(PREFIX) ? path.slice(PREFIX.length) : undefined;
}

/** The name of the log of these entries; undefined where the text is neither a unit nor FIELD=VALUE. */
export function journalName(entries: string): string | undefined {
  if (MATCH.test(entries)) return PREFIX + entries;
  if (!UNIT.test(entries) || entries.startsWith('-')) return undefined;
  return `${PREFIX}${entries}${entries.includes('.') ? '' : '.service'}`;
}

/** A log as it is typed: the name of one in the journal, or the path of a file, which is made absolute. */
export function logTyped(text: string): string {
  const entries = journalOf(text);
  return entries === undefined ? resolve(text) : (journalName(entries) ?? text);
}

/** What `journalctl` is given for them. Of a unit only what its processes wrote: not what systemd says of it. */
export function matchFor(entries: string): string {
  return entries.includes('=') ? entries : `_SYSTEMD_UNIT=${entries}`;
}
