/**
 * Which of the files that are given are one log, and how it is to be read: never guessed from what is in them. Files of one
 * directory whose names differ in what rotation adds are one log; a table of the configuration names its log by path; and a
 * backup of a configured log is known by its name, as long as only one log and only one directory can be meant.
 */
import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ConfigError, type Config, type LogConfig } from '../config/config.ts';
import type { LogFiles } from './archive/arrange.ts';
import { filesLike } from '../source/files/glob.ts';
import { rotatedName } from '../source/files/rotated-name.ts';

/** A log and the files of it that are given. */
export interface GivenLog extends LogFiles {
  readonly settings: LogConfig;
}

/** `--log NAME=GLOB`: these files are of one log. */
export interface NamedFiles {
  readonly name: string;
  readonly files: readonly string[];
}

/**
 * `files` are absolute paths; of those that `named` names no more is to be found out.
 * @throws {ConfigError} when it is in doubt which log a file is of
 */
export function logsOf(
  files: readonly string[],
  named: readonly NamedFiles[],
  config: Config,
  doubtful: Doubtful = refuse,
): GivenLog[] {
  const known = new Set(named.flatMap((each) => each.files));
  const configured = rotatedOf(
    files.filter((path) => !known.has(path)),
    config,
  );
  for (const path of configured.flatMap((each) => each.files)) known.add(path);
  const unnamed = [...new Set(files)].filter((path) => !known.has(path));
  const logs = [
    ...[...named, ...configured].map((each) => namedLog(each, config)),
    ...unnamedLogs(unnamed, config, doubtful),
  ];
  const merged = new Map<string, GivenLog>();
  for (const log of logs) {
    const other = merged.get(log.log);
    merged.set(log.log, other ? { ...other, files: [...new Set([...other.files, ...log.files])] } : log);
  }
  refuseShared([...merged.values()]);
  return [...merged.values()];
}

/** What the configuration says that it is of a log. */
function rotatedOf(files: readonly string[], { logs }: Config): NamedFiles[] {
  return logs.flatMap(({ name, rotated }) => {
    const like = new Set(rotated.flatMap(filesLike));
    const own = files.filter((path) => like.has(path));
    return own.length > 0 ? [{ name, files: own }] : [];
  });
}

/** What is done where a file may be of several logs; when it returns, the file is taken to be of none of them. */
export type Doubtful = (sentence: string) => void;

function refuse(sentence: string): never {
  throw new ConfigError([sentence]);
}

function refuseShared(logs: readonly GivenLog[]): void {
  const owners = new Map<string, GivenLog>();
  for (const log of logs)
    for (const path of log.files) {
      const other = owners.get(path);
      if (other)
        throw new ConfigError([
          `${path} is given to two logs, ${other.settings.name} and ${log.settings.name}: keep one`,
        ]);
      owners.set(path, log);
    }
}

function namedLog({ name, files }: NamedFiles, config: Config): GivenLog {
  const configured = config.logs.find((log) => log.name === name || log.path === name);
  const settings = configured ?? { ...config.otherLogs, path: name, name };
  return {
    log: settings.path,
    files: [...new Set(files)],
    timezone: settings.timezone,
    timestamps: settings.timestamps,
    server: settings.server,
    isByName: false,
    settings,
  };
}

function unnamedLogs(files: readonly string[], config: Config, doubtful: Doubtful): GivenLog[] {
  const byLivePath = new Map<string, string[]>();
  for (const path of files) {
    const live = configuredAt(path, config) ? path : rotatedName(path).log;
    byLivePath.set(live, [...(byLivePath.get(live) ?? []), path]);
  }
  const homes = [...byLivePath.keys()].filter((live) => !configuredAt(live, config));
  return [...byLivePath].map(([live, paths]) => {
    const settings = configuredAt(live, config) ?? backedUp(live, homes, config, doubtful);
    return settings
      ? {
          log: settings.path,
          files: paths,
          timezone: settings.timezone,
          timestamps: settings.timestamps,
          server: settings.server,
          isByName: false,
          settings,
        }
      : unconfigured(live, paths, config);
  });
}

function unconfigured(path: string, files: readonly string[], { otherLogs }: Config): GivenLog {
  return {
    log: path,
    files,
    timezone: otherLogs.timezone,
    timestamps: otherLogs.timestamps,
    server: otherLogs.server,
    isByName: true,
    settings: { ...otherLogs, path, name: path },
  };
}

/** The same log by whatever links it is reached, so that what `backfill` has read need not be read again by `run`. */
function configuredAt(path: string, { logs }: Config): LogConfig | undefined {
  const place = placeOf(path);
  return logs.find((log) => log.path === path) ?? logs.find((log) => placeOf(log.path) === place);
}

/** The configured log of which `live`, in another directory, is a backup. */
function backedUp(live: string, homes: readonly string[], config: Config, doubtful: Doubtful): LogConfig | undefined {
  const name = basename(live);
  const candidates = config.logs.filter((log) => basename(log.path) === name);
  const [only] = candidates;
  const alike = homes.filter((home) => basename(home) === name);
  if (candidates.length <= 1 && alike.length === 1) return only;
  // A log that nobody has configured claims nothing that is not clearly its own.
  if (candidates.every((log) => config.origin.get(`log.${config.logs.indexOf(log)}.path`) === 'default'))
    return undefined;
  const logs = candidates.map((log) => log.name).join(' or ');
  doubtful(
    `${alike.join(' and ')}: it is not clear which files are of the log ${logs}: say it with --log NAME=GLOB, as in --log '${only?.name ?? name}=${dirname(live)}/${name}*'`,
  );
  return undefined;
}

/** The path without links; the file itself need not be there. */
function placeOf(path: string): string {
  return real(path) ?? join(real(dirname(path)) ?? dirname(path), basename(path));
}

function real(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
