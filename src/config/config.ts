/**
 * Flags, environment and TOML in, one frozen configuration out, or every problem at once.
 *
 * Pure but for the two functions it is given. A flag wins over the environment, the environment over the file, the file over
 * the defaults; where each value came from is kept, for `check` to print.
 */
import { join, resolve } from 'node:path';
import { readConfigFile, unknownKey, type ConfigFile } from './config-file.ts';
import { takeCluster, type ClusterConfig } from './cluster-settings.ts';
import type { DialectDefinition } from '../format/dialects/custom.ts';
import { takeDialects } from './dialects.ts';
import { ConfigLayers, shown, type Value } from './layers.ts';
import { logTyped } from '../source/journal-name.ts';
import { takeLogs, type LogConfig } from './log-tables.ts';
import { listFromText } from './setting-values.ts';
import * as settings from './settings.ts';
import { takeRetention, takeWindows } from './windows.ts';

export type { LogConfig } from './log-tables.ts';

export const DEFAULT_FILE = '/etc/xmpp-active-users/config.toml';

export interface Config {
  /** The configuration file that was read. */
  readonly file: string | undefined;
  readonly logs: readonly LogConfig[];
  /** Those that `server` may name beside the ones that are built in. */
  readonly dialects: readonly DialectDefinition[];
  /** How files are read that belong to no configured log. */
  readonly otherLogs: Omit<LogConfig, 'name' | 'path'>;
  readonly statsd: {
    /** With the protocol `uds` the path of a socket, and the port means nothing. */
    readonly host: string;
    readonly port: number;
    readonly protocol: settings.Protocol;
    readonly prefix: string;
    readonly tags: Readonly<Record<string, string>>;
    /** Whether the host is a tag and not in the name. */
    readonly hostTag: boolean;
    /** 0: counts are sent only when they are new. */
    readonly repeatSeconds: number;
  };
  readonly count: {
    /** Hosts and bare JIDs, case-folded. */
    readonly exclude: readonly string[];
    readonly includeDisabled: boolean;
    /** Days: 1, 7, 30, and where that is asked for 180. */
    readonly windows: readonly number[];
    readonly hibernationSeconds: number;
    readonly boshSeconds: number;
    /** Whether the daemon leaves out the line with the counts of each hour. */
    readonly quiet: boolean;
  };
  readonly index: {
    readonly path: string;
    readonly retentionDays: number;
    /** So long the counts of each hour are kept. */
    readonly historyDays: number;
  };
  /** The socket on which the daemon is asked, where it is not in the directory of the index. */
  readonly control: { readonly socket?: string };
  readonly openmetrics: {
    /** The file that node_exporter reads. */
    readonly path?: string;
    /** Whether counts have the names of Prosody's module, too. */
    readonly prosodyNames: boolean;
  };
  readonly nodeinfo: {
    /** The document that a web server hands out. */
    readonly path?: string;
    /** Those whose users are counted, folded; all where there is none. */
    readonly hosts: readonly string[];
    /** What the logs say where it is not given. */
    readonly software?: string;
    readonly version?: string;
    readonly openRegistrations: boolean;
  };
  /** Only where several nodes count together. */
  readonly cluster?: ClusterConfig;
  /** Of the last line, for stamps without one. */
  readonly year?: number;
  /** Dotted key (`statsd.host`, `log.0.path`) to where its value came from. */
  readonly origin: ReadonlyMap<string, string>;
}

/** The configuration cannot be used. Each problem is a sentence that names file, key and value, and says what to do. */
export class ConfigError extends Error {
  readonly code = 'CONFIG';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

export interface ConfigInput {
  /** By commander's names: config, log, server, timezone, timestamps, year, index, statsd, prefix, quietCounts, set. Others are ignored. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Undefined when there is no such file; throws when it cannot be read. */
  readonly readFile: (path: string) => string | undefined;
  readonly exists: (path: string) => boolean;
  /** Whether it is the superuser who asks. */
  readonly isRoot?: boolean;
  readonly defaultTimezone: string;
}

/** @throws {ConfigError} */
export function loadConfig(input: ConfigInput): Config {
  const problems: string[] = [];
  const { path: file, content } = openFile(input, problems);
  const environment = environmentValues(input.env, problems);
  const flags = flagValues(input.flags, problems);
  const layers = new ConfigLayers([content.values, environment, flags]);
  const config = build(input, layers, content, file);
  const all = [...problems, ...content.problems, ...layers.problems];
  if (all.length > 0) throw new ConfigError(all);
  return freeze(config);
}

function build(input: ConfigInput, layers: ConfigLayers, content: ConfigFile, file: string | undefined): Config {
  const year = layers.optional(settings.YEAR);
  const windows = takeWindows(layers);
  const server = settings.serverSetting([...content.dialects.keys()]);
  const readAs = {
    server: layers.optional(server),
    timezone: layers.optional(settings.TIMEZONE),
    timestamps: layers.optional(settings.TIMESTAMPS),
  };
  return {
    file,
    logs: takeLogs({ ...input, server }, layers, content, readAs),
    dialects: takeDialects(layers, content),
    otherLogs: {
      server: readAs.server ?? 'auto',
      timezone: readAs.timezone ?? input.defaultTimezone,
      timestamps: readAs.timestamps ?? '',
      rotated: [],
    },
    statsd: {
      ...takeDestination(layers),
      prefix: layers.take(settings.STATSD_PREFIX, 'xmpp.'),
      ...takeTags(layers),
      repeatSeconds: layers.take(settings.STATSD_REPEAT, 0),
    },
    count: {
      exclude: layers.take(settings.COUNT_EXCLUDE, []),
      includeDisabled: layers.take(settings.COUNT_DISABLED, false),
      windows,
      hibernationSeconds: layers.take(settings.COUNT_HIBERNATION, 600),
      boshSeconds: layers.take(settings.COUNT_BOSH, 43_200),
      quiet: layers.take(settings.COUNT_QUIET, false),
    },
    index: {
      path: layers.take(settings.INDEX_PATH, defaultIndex(input)),
      retentionDays: takeRetention(layers, windows),
      historyDays: layers.take(settings.INDEX_HISTORY, 3650),
    },
    control: takeControl(input, layers),
    openmetrics: {
      ...given('path', layers.optional(settings.OPENMETRICS_PATH)),
      prosodyNames: layers.take(settings.OPENMETRICS_PROSODY, false),
    },
    nodeinfo: {
      ...given('path', layers.optional(settings.NODEINFO_PATH)),
      hosts: layers.take(settings.NODEINFO_HOSTS, []),
      ...given('software', layers.optional(settings.NODEINFO_SOFTWARE)),
      ...given('version', layers.optional(settings.NODEINFO_VERSION)),
      openRegistrations: layers.take(settings.NODEINFO_OPEN, false),
    },
    ...takeCluster(layers, input.env['CREDENTIALS_DIRECTORY'], input.exists),
    ...(year === undefined ? {} : { year }),
    origin: layers.origin,
  };
}

function openFile(input: ConfigInput, problems: string[]): { path: string | undefined; content: ConfigFile } {
  const nothing = {
    path: undefined,
    content: { values: new Map<string, Value>(), logs: undefined, dialects: new Map(), problems: [] },
  };
  const [named] = strings([input.flags['config'], input.env[`${settings.ENVIRONMENT_PREFIX}CONFIG`] || undefined]);
  const path = resolve(named ?? DEFAULT_FILE);
  try {
    const text = input.readFile(path);
    if (text !== undefined) return { path, content: readConfigFile(path, text) };
    if (named !== undefined)
      problems.push(`${path}: there is no such configuration file: correct --config or create it`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof ConfigError) problems.push(...error.problems);
    else
      problems.push(
        `${path}: the configuration file cannot be read (${reason}): let this user read it, or name another with --config`,
      );
  }
  return nothing;
}

/** A variable of ours that sets nothing is a mistake like any unknown key. Empty ones count as not set. */
function environmentValues(env: ConfigInput['env'], problems: string[]): Map<string, Value> {
  const names = new Map(settings.KEYS.map((key) => [settings.environmentName(key), key]));
  const values = new Map<string, Value>();
  for (const [name, raw] of Object.entries(env)) {
    if (!name.startsWith(settings.ENVIRONMENT_PREFIX) || !raw) continue;
    const key = names.get(name);
    if (key !== undefined) values.set(key, textValue(key, raw, `environment ${name}`));
    else if (name !== `${settings.ENVIRONMENT_PREFIX}CONFIG`)
      problems.push(`environment ${name}: unknown ${unknownKey(name, [...names.keys()])}`);
  }
  return values;
}

function flagValues(flags: ConfigInput['flags'], problems: string[]): Map<string, Value> {
  const values = new Map<string, Value>();
  const put = (key: string, raw: unknown, flag: string): void => {
    if (raw !== undefined) values.set(key, textValue(key, raw, `flag --${flag}`));
  };
  for (const assignment of strings(flags['set'])) {
    const [key, raw] = splitOnce(assignment, '=');
    if (raw === undefined)
      problems.push(`flag --set: ${shown(assignment)} must be KEY=VALUE, as in --set statsd.port=8125`);
    else if (settings.KEYS.includes(key)) put(key, raw, `set ${key}`);
    else problems.push(`flag --set: unknown ${unknownKey(key, settings.KEYS)}`);
  }
  for (const [key, raw] of destination(flags['statsd'])) put(key, raw, 'statsd');
  put(settings.LOG_PATH.key, flags['log'], 'log');
  put(settings.SERVER.key, flags['server'], 'server');
  put(settings.TIMEZONE.key, flags['timezone'], 'timezone');
  put(settings.TIMESTAMPS.key, flags['timestamps'], 'timestamps');
  put(settings.YEAR.key, flags['year'], 'year');
  put(settings.INDEX_PATH.key, flags['index'], 'index');
  put(settings.STATSD_PREFIX.key, flags['prefix'], 'prefix');
  if (flags['quietCounts'] === true) put(settings.COUNT_QUIET.key, 'true', 'quiet-counts');
  return values;
}

/** Paths typed into a shell or a unit are relative to where the program runs. */
function textValue(key: string, raw: unknown, origin: string): Value {
  if (key === settings.LOG_PATH.key) {
    const paths = typeof raw === 'string' ? listFromText(raw) : strings(raw);
    return { raw: paths.map((path) => (path === '' ? path : logTyped(path))), isText: false, origin };
  }
  const isPath = settings.PATHS.includes(key) && raw !== '';
  return { raw: isPath ? resolve(String(raw)) : raw, isText: true, origin };
}

/** HOST, HOST:PORT, [ADDRESS]:PORT, or the path of a unix socket. */
function destination(flag: unknown): [key: string, raw: string][] {
  const [value] = strings(flag);
  if (value === undefined) return [];
  if (value.startsWith('/'))
    return [
      ['statsd.host', value],
      ['statsd.protocol', 'uds'],
    ];
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(value);
  const colons = value.split(':').length - 1;
  const [host = '', port] = bracketed ? [bracketed[1], bracketed[2]] : colons > 1 ? [value] : splitOnce(value, ':');
  return [['statsd.host', host], ...(port === undefined ? [] : [['statsd.port', port] as [string, string]])];
}

function takeDestination(layers: ConfigLayers): Pick<Config['statsd'], 'host' | 'port' | 'protocol'> {
  const host = layers.take(settings.STATSD_HOST, '127.0.0.1');
  const port = layers.take(settings.STATSD_PORT, 8125);
  const protocol = protocolFor(host, layers);
  if ((protocol === 'uds') !== host.startsWith('/')) {
    const advice =
      protocol === 'uds'
        ? 'must be the path of a socket, as in "/run/statsd.sock"'
        : 'is a path: set statsd.protocol to "uds"';
    layers.problems.push(
      `${layers.originOf('statsd.host')}: statsd.host ${advice}, with statsd.protocol ${shown(protocol)} not ${shown(host)}`,
    );
  }
  return { host, port, protocol };
}

/** Who gives a host in place of a socket that a weaker source gives, or a socket in place of a host, means another protocol, too. */
function protocolFor(host: string, layers: ConfigLayers): settings.Protocol {
  const protocol = layers.take(settings.STATSD_PROTOCOL, 'udp');
  const [ofHost, ofProtocol] = [layers.strength(settings.STATSD_HOST), layers.strength(settings.STATSD_PROTOCOL)];
  const isOverridden = ofProtocol >= 0 && ofHost > ofProtocol;
  if (!isOverridden || host.startsWith('/') === (protocol === 'uds')) return protocol;
  layers.origin.set(settings.STATSD_PROTOCOL.key, layers.originOf('statsd.host'));
  return protocol === 'uds' ? 'udp' : 'uds';
}

/** Who sets tags wants the host among them, unless they say otherwise. */
function takeTags(layers: ConfigLayers): Pick<Config['statsd'], 'tags' | 'hostTag'> {
  const tags = layers.take(settings.STATSD_TAGS, {});
  return { tags, hostTag: layers.take(settings.STATSD_HOST_TAG, Object.keys(tags).length > 0) };
}

const given = <K extends string, T>(key: K, value: T | undefined): { [key in K]?: T } =>
  (value === undefined ? {} : { [key]: value }) as { [key in K]?: T };

/** Those configured; where none is, the usual ones, whether they are there or not. */
export function followedLogs({ logs, otherLogs }: Config): readonly LogConfig[] {
  return logs.length > 0 ? logs : settings.KNOWN_LOGS.map((path) => ({ ...otherLogs, name: path, path }));
}

/** systemd gives a directory to a unit that wants one, and a list when it wants several. */
function takeControl({ env }: ConfigInput, layers: ConfigLayers): Config['control'] {
  const [runtime] = (env['RUNTIME_DIRECTORY'] ?? '').split(':');
  const socket = layers.optional(settings.CONTROL_SOCKET) ?? (runtime ? join(runtime, 'control.sock') : undefined);
  return socket === undefined ? {} : { socket };
}

/** For root, who has none of their own, that of the service. */
function defaultIndex({ env, exists, isRoot = false }: ConfigInput): string {
  const own = stateDirectory(env);
  if (!isRoot || env['STATE_DIRECTORY'] || exists(own)) return own;
  return settings.SERVICE_INDEXES.find(exists) ?? own;
}

/** systemd gives a list when a unit has several. XDG has relative paths ignored. */
function stateDirectory(env: ConfigInput['env']): string {
  const [systemd] = (env['STATE_DIRECTORY'] ?? '').split(':');
  if (systemd) return systemd;
  const xdg = env['XDG_STATE_HOME'];
  if (xdg?.startsWith('/')) return join(xdg, 'xmpp-active-users');
  return env['HOME'] ? join(env['HOME'], '.local/state/xmpp-active-users') : '/var/lib/xmpp-active-users';
}

function strings(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((entry) => typeof entry === 'string');
}

function splitOnce(value: string, separator: string): [string, string?] {
  const at = value.indexOf(separator);
  return at < 0 ? [value] : [value.slice(0, at), value.slice(at + 1)];
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(Object.freeze(value))) freeze(part);
  return value;
}
