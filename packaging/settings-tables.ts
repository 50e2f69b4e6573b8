/** The settings by the tables of the file, for the page and for the example. */
import { FILE_SETTINGS, KNOWN_LOGS } from '../src/config/settings.ts';
import type { FileSetting } from '../src/config/setting-values.ts';

export interface SettingsTable {
  /** As it stands in the file: `[statsd]`, `[[log]]`. */
  readonly head: string;
  /** What is to be said of it as a whole; empty where its settings say it. */
  readonly note: string;
  /** By the names that they have in it. */
  readonly settings: readonly { readonly name: string; readonly setting: FileSetting<unknown> }[];
}

const NOTES = new Map([
  [
    'log',
    `One table for each log. Without any, those of the usual ones that exist are followed: ${KNOWN_LOGS.join(', ')}.`,
  ],
  ['statsd', 'Where the counts go, and under which names.'],
  ['count', 'Who counts, and for how long.'],
  ['index', 'What is known of the users.'],
  ['openmetrics', 'The counts for Prometheus.'],
  ['cluster', 'Several nodes of one host that count together.'],
  ['control', 'Where the daemon is asked while it runs.'],
]);

export function settingsTables(): readonly SettingsTable[] {
  const places = FILE_SETTINGS.map((setting) => {
    const [table = '', name = ''] = setting.key.split('.');
    return { table, name, setting };
  });
  return [...new Set(places.map(({ table }) => table))].map((table) => ({
    head: table === 'log' ? '[[log]]' : `[${table}]`,
    note: NOTES.get(table) ?? '',
    settings: places.filter((place) => place.table === table),
  }));
}
