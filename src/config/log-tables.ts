/** The logs: from the tables of the file, from flags and environment, or the usual ones. */
import type { ConfigFile } from './config-file.ts';
import { shown, type ConfigLayers, type Value } from './layers.ts';
import type { Setting } from './setting-values.ts';
import * as settings from './settings.ts';

/** How one log is to be read. */
export interface LogConfig {
  /** What it is called in `--log NAME=GLOB`; each log has another name. */
  readonly name: string;
  /** Absolute; `journal:` and what it is of, for one in the journal. */
  readonly path: string;
  /** The name of a dialect, or `auto`. */
  readonly server: string;
  /** IANA name of the zone of its stamps, where they name none. */
  readonly timezone: string;
  /** The form of its stamps, as strftime has it; empty where the lines tell. */
  readonly timestamps: string;
  /** Globs, absolute, of its rotated files that are not beside it. */
  readonly rotated: readonly string[];
}

interface Surroundings {
  readonly exists: (path: string) => boolean;
  readonly defaultTimezone: string;
  readonly server: Setting<string>;
}

/** Flags and environment that hold for all logs. */
export type ReadAs = { readonly [key in 'server' | 'timezone' | 'timestamps']: string | undefined };

/** Paths by flag or environment take the place of the configured ones; the table of a path that is configured still applies. */
export function takeLogs(
  surroundings: Surroundings,
  layers: ConfigLayers,
  content: ConfigFile,
  readAs: ReadAs,
): LogConfig[] {
  const tables = (content.logs ?? []).map((table, i) => readTable(layers, surroundings.server, table, `log.${i}`));
  const paths = layers.optional(settings.LOG_PATHS);
  const chosen = paths
    ? paths.map((path) => tables.find((table) => table.path === path) ?? { path, origin: layers.originOf('log.path') })
    : content.logs
      ? tables
      : settings.KNOWN_LOGS.filter(surroundings.exists).map((path) => ({ path, origin: 'default' }));
  refuseRepeated(layers, chosen);
  return chosen.map((log, i) => finish(surroundings, layers, log, readAs, `log.${i}`));
}

interface LogTable {
  readonly path: string;
  readonly name?: { readonly name: string; readonly origin: string } | undefined;
  readonly origin: string;
  readonly server?: { readonly name: string; readonly origin: string } | undefined;
  readonly timezone?: { readonly name: string; readonly origin: string } | undefined;
  readonly timestamps?: { readonly name: string; readonly origin: string } | undefined;
  readonly rotated?: Value | undefined;
}

function readTable(
  layers: ConfigLayers,
  server: Setting<string>,
  table: NonNullable<ConfigFile['logs']>[number],
  place: string,
): LogTable {
  const take = (setting: Setting<string>, name: string): { name: string; origin: string } | undefined => {
    const value = table.values.get(setting.key);
    const read = value && layers.read(setting, `${place}.${name}`, value);
    return value && read !== undefined ? { name: read, origin: value.origin } : undefined;
  };
  const path = take(settings.LOG_PATH, 'path') ?? take(settings.LOG_JOURNAL, 'journal');
  const [isFile, isJournal] = [settings.LOG_PATH, settings.LOG_JOURNAL].map(({ key }) => table.values.has(key));
  if (!isFile && !isJournal)
    layers.problems.push(
      `${table.origin}: this [[log]] has no path and no journal: add path = "/var/log/..." or journal = "prosody.service", or remove the table`,
    );
  if (isFile && isJournal)
    layers.problems.push(
      `${table.values.get(settings.LOG_JOURNAL.key)?.origin}: a log has either path or journal: remove one of them, or write a second [[log]]`,
    );
  if (isJournal && table.values.has(settings.LOG_ROTATED.key))
    layers.problems.push(
      `${table.values.get(settings.LOG_ROTATED.key)?.origin}: rotated is about files, and this log is in the journal: remove it`,
    );
  const origin = path?.origin ?? table.origin;
  return {
    path: path?.name ?? '',
    origin,
    name: take(settings.LOG_NAME, 'name'),
    server: take(server, 'server'),
    timezone: take(settings.TIMEZONE, 'timezone'),
    timestamps: take(settings.TIMESTAMPS, 'timestamps'),
    rotated: table.values.get(settings.LOG_ROTATED.key),
  };
}

function refuseRepeated(layers: ConfigLayers, logs: readonly LogTable[]): void {
  for (const [i, { path, origin }] of logs.entries())
    if (path !== '' && logs.findIndex((other) => other.path === path) < i)
      layers.problems.push(
        `${origin}: the log ${shown(path)} is named twice: remove one, or its lines would count twice`,
      );
  const names = logs.map(nameOf);
  for (const [i, log] of logs.entries()) {
    const first = logs[names.indexOf(nameOf(log))];
    if (first && first.path !== log.path)
      layers.problems.push(`${log.origin}: two logs have the name ${shown(names[i])}: give each a name of its own`);
  }
}

const nameOf = ({ name, path }: LogTable): string => name?.name ?? path;

function finish(
  { defaultTimezone }: Surroundings,
  layers: ConfigLayers,
  log: LogTable,
  readAs: ReadAs,
  place: string,
): LogConfig {
  const by = (key: string, over: string | undefined, own: LogTable['server'], fallback: string): string => {
    layers.origin.set(
      `${place}.${key}`,
      over === undefined ? (own?.origin ?? 'default') : layers.originOf(`log.${key}`),
    );
    return over ?? own?.name ?? fallback;
  };
  layers.origin.set(`${place}.path`, log.origin);
  layers.origin.set(`${place}.name`, log.name?.origin ?? 'default');
  const server = by('server', readAs.server, log.server, 'auto');
  const timezone = by('timezone', readAs.timezone, log.timezone, defaultTimezone);
  const timestamps = by('timestamps', readAs.timestamps, log.timestamps, '');
  const rotated = (log.rotated && layers.read(settings.LOG_ROTATED, `${place}.rotated`, log.rotated)) ?? [];
  return { name: nameOf(log), path: log.path, server, timezone, timestamps, rotated };
}
