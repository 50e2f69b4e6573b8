/**
 * Every key of the configuration, once: what it is for, what it may hold, and how its text is read when it comes from a
 * flag or from the environment instead of from TOML.
 */
import { DIALECTS } from '../format/format.ts';
import { strftimeForm } from '../format/time/strftime.ts';
import { journalName } from '../source/journal-name.ts';
import { CLUSTER_KEY_FILE, CLUSTER_SETTINGS } from './cluster-settings.ts';
import {
  flag,
  integer,
  isLog,
  isPath,
  isTimezone,
  listFromText,
  readExclude,
  readTags,
  same,
  tagsFromText,
  text,
  type FileSetting,
  type Setting,
} from './setting-values.ts';

export type Protocol = 'udp' | 'tcp' | 'uds';

/** What `server` may be set to. */
export const SERVERS: readonly string[] = ['auto', ...DIALECTS.map(({ name }) => name)];

/** Followed without being configured; of servers that are understood only. */
export const KNOWN_LOGS: readonly string[] = [
  '/var/log/prosody/prosody.log',
  '/var/log/ejabberd/ejabberd.log',
  '/var/log/jabberd2/sm.log',
  '/var/log/metronome/metronome.log',
];

/** Where the unit of systemd/ has the index; the second is where the first one leads to. */
export const SERVICE_INDEXES: readonly string[] = ['/var/lib/xmpp-active-users', '/var/lib/private/xmpp-active-users'];

/** Days over which users are counted. */
export const USUAL_WINDOWS: readonly number[] = [1, 7, 30];
export const HALF_YEAR = 180;

export const ENVIRONMENT_PREFIX = 'XMPP_ACTIVE_USERS_';

/** `own`: names of the dialects of the configuration. */
export function serverSetting(own: readonly string[]): FileSetting<string> {
  const names = [...SERVERS, ...own];
  return {
    ...text('log.server', (value) => names.includes(value)),
    must: `one of ${names.join(', ')}, or the NAME of a [dialect.NAME]`,
    what: 'server that wrote the log; auto sees it in the lines',
    toml: '"auto"',
  };
}
export const SERVER = serverSetting([]);
export const DIALECT_PATTERNS = ['start', 'end'] as const;
export const DIALECT_NAME: Setting<string> = {
  ...text('dialect', (value) => /^[\w-]{1,64}$/.test(value) && !SERVERS.includes(value)),
  must: `of letters, digits, "_" and "-", and none of ${SERVERS.join(', ')}`,
};
/** A pattern of a dialect of the configuration. */
export const dialectPattern = (which: (typeof DIALECT_PATTERNS)[number]): Setting<string> => ({
  ...text(`dialect.${which}`, () => true),
  must: "a regular expression, in single quotes: '...'",
});
export const TIMEZONE: FileSetting<string> = {
  ...text('log.timezone', isTimezone),
  must: 'a time zone of the IANA database such as Europe/Berlin or UTC',
  what: "zone of the stamps; by default the machine's",
  toml: '"Europe/Berlin"',
};
export const TIMESTAMPS: FileSetting<string> = {
  ...text('log.timestamps', (value) => value === '' || strftimeForm(value) !== undefined),
  must: 'a format of strftime that says day, hour and minute, as in "%d/%m/%Y %H:%M:%S"',
  what: 'format of the stamps as strftime has it, where the lines do not tell',
  toml: '""',
};
export const LOG_PATH: FileSetting<string> = {
  ...text('log.path', isLog),
  must: 'the path of a log file, or journal:UNIT, as in journal:prosody.service',
  what: 'file to follow; its rotated siblings are found by themselves',
  toml: '"/var/log/prosody/prosody.log"',
};
/** Read as the name of the log. */
export const LOG_JOURNAL: FileSetting<string> = {
  key: 'log.journal',
  must: 'a unit of systemd or one FIELD=VALUE of the journal, as in "prosody.service" or "SYSLOG_IDENTIFIER=prosody"',
  read: (raw) => (typeof raw === 'string' ? journalName(raw) : undefined),
  fromText: same,
  what: 'what to read of the journal, in the place of path',
  toml: '"prosody.service"',
};
export const LOG_NAME: FileSetting<string> = {
  ...text('log.name', (value) => /^[^=\p{Cc}]+$/u.test(value)),
  must: 'a text without "=", as in "main"',
  what: 'name for --log NAME=GLOB; by default the path',
  toml: '"main"',
};
/** The paths by flag or environment, where they are a list. */
export const LOG_ROTATED: FileSetting<readonly string[]> = {
  key: 'log.rotated',
  must: 'a list of patterns of files, as in ["/var/log/prosody/old/*"]',
  read: (raw) => (Array.isArray(raw) && raw.every((path) => LOG_PATH.read(path)) ? raw.map(String) : undefined),
  fromText: listFromText,
  what: 'patterns of its rotated files, where they are not beside it',
  toml: '[]',
};
export const LOG_PATHS: Setting<readonly string[]> = {
  key: 'log.path',
  must: 'paths of log files',
  read: (raw) =>
    Array.isArray(raw) && raw.length > 0 && raw.every((path) => LOG_PATH.read(path)) ? raw.map(String) : undefined,
  fromText: same,
};

export const STATSD_HOST: FileSetting<string> = {
  ...text('statsd.host', (value) => isPath(value) && !/[\s\p{Cc}]/u.test(value)),
  must: 'a host name, an IP address, or, with statsd.protocol = "uds", the path of a socket',
  what: 'where counts are sent to',
  toml: '"127.0.0.1"',
};
export const STATSD_PORT: FileSetting<number> = {
  ...integer('statsd.port', 1, 65_535),
  what: 'port of StatsD',
  toml: '8125',
};
export const STATSD_PROTOCOL: FileSetting<Protocol> = {
  key: 'statsd.protocol',
  must: 'one of udp, tcp, uds',
  read: (raw) => (['udp', 'tcp', 'uds'] as const).find((protocol) => protocol === raw),
  fromText: same,
  what: 'how StatsD is spoken to',
  toml: '"udp"',
};
export const STATSD_PREFIX: FileSetting<string> = {
  ...text('statsd.prefix', (value) => /^(?!\.)[\w.-]*$/.test(value) && !value.includes('..')),
  must: 'made of ASCII letters, digits, "_", "-" and single dots, and not begin with a dot, as in "xmpp."',
  what: 'before the names of the metrics',
  toml: '"xmpp."',
};
export const STATSD_TAGS: FileSetting<Readonly<Record<string, string>>> = {
  key: 'statsd.tags',
  must: 'a table of names and texts without "|", ",", ":", "#", "=" and line breaks, as in { env = "production" }',
  read: readTags,
  fromText: tagsFromText,
  what: 'tags for DogStatsD and Telegraf',
  toml: '{}',
};
export const STATSD_HOST_TAG: FileSetting<boolean> = {
  ...flag('statsd.host_tag'),
  what: 'the host is a tag and not in the name; true by itself where there are tags',
  toml: 'false',
};
export const STATSD_REPEAT: FileSetting<number> = {
  ...integer('statsd.repeat_seconds', 0, 86_400),
  what: 'send the last counts again this often, in seconds, as StatsD forgets gauges when it restarts; 0 sends each count once',
  toml: '0',
};

export const COUNT_EXCLUDE: FileSetting<readonly string[]> = {
  key: 'count.exclude',
  must: 'a list of hosts (anon.chat.example), bare JIDs (monitor@chat.example) and patterns of them (bot-*@*)',
  read: readExclude,
  fromText: (value) => listFromText(value),
  what: 'users, hosts and patterns that never count: monitoring accounts, anonymous hosts',
  toml: '[]',
};
export const COUNT_WINDOWS: FileSetting<readonly number[]> = {
  key: 'count.windows',
  must: '[1, 7, 30] or, with the half year, [1, 7, 30, 180]',
  read: (raw) => [USUAL_WINDOWS, [...USUAL_WINDOWS, HALF_YEAR]].find((each) => String(each) === String(raw)),
  fromText: (value) => listFromText(value).map(Number),
  what: 'days over which users are counted; with nodeinfo.path by default 180 as well',
  toml: '[1, 7, 30]',
};
export const COUNT_DISABLED: FileSetting<boolean> = {
  ...flag('count.include_disabled'),
  what: 'count accounts that are disabled, too',
  toml: 'false',
};
export const COUNT_HIBERNATION: FileSetting<number> = {
  ...integer('count.hibernation_seconds', 0, 30 * 86_400),
  what: 'how long a client that lost its connection may come back, in seconds: smacks_hibernation_time of Prosody',
  toml: '600',
};
export const COUNT_BOSH: FileSetting<number> = {
  ...integer('count.bosh_seconds', 1, 30 * 86_400),
  what: 'a BOSH session without an end counts as open for so long, in seconds',
  toml: '43200',
};
export const COUNT_QUIET: FileSetting<boolean> = {
  ...flag('count.quiet'),
  what: 'no line with the counts of each hour in the journal',
  toml: 'false',
};

export const INDEX_PATH: FileSetting<string> = {
  ...text('index.path', isPath),
  must: 'the path of a directory',
  what: 'directory of the index; without systemd by default below ~/.local/state',
  toml: '"/var/lib/xmpp-active-users"',
};
/** Days. */
export const MOST_RETENTION_DAYS = 3650;
export const INDEX_RETENTION: FileSetting<number> = {
  ...integer('index.retention_days', 30, MOST_RETENTION_DAYS),
  must: `a whole number of days from 30, since users are counted over 30 days, to ${MOST_RETENTION_DAYS}`,
  what: 'users not seen for so many days are deleted; by default one day more than the longest of count.windows',
  toml: '31',
};

export const INDEX_HISTORY: FileSetting<number> = {
  ...integer('index.history_days', 1, 36_500),
  must: 'a whole number of days from 1 to 36500',
  what: 'the counts of each hour, which name nobody, are kept for so many days',
  toml: '3650',
};

export const CONTROL_SOCKET: FileSetting<string> = {
  ...text('control.socket', isPath),
  must: 'the path of a socket',
  what: 'unix socket on which the daemon is asked; by default control.sock in the runtime directory, else in that of the index',
  toml: '"/run/xmpp-active-users/control.sock"',
};

export const OPENMETRICS_PATH: FileSetting<string> = {
  ...text('openmetrics.path', isPath),
  must: 'the path of a file',
  what: 'file that the counts are written to, for the textfile collector of node_exporter; by default none is',
  toml: '"/run/xmpp-active-users/public/xmpp.prom"',
};
export const OPENMETRICS_PROSODY: FileSetting<boolean> = {
  ...flag('openmetrics.prosody_names'),
  what: "the counts also under the names that Prosody's exporter gives them",
  toml: 'false',
};

export const NODEINFO_PATH: FileSetting<string> = {
  ...text('nodeinfo.path', isPath),
  must: 'the path of a file',
  what: 'file for NodeInfo 2.1, which a web server hands out; by default none is written',
  toml: '"/run/xmpp-active-users/public/nodeinfo.json"',
};
export const NODEINFO_HOSTS: FileSetting<readonly string[]> = {
  key: 'nodeinfo.hosts',
  must: 'a list of hosts, as in ["chat.example"]',
  read: readExclude,
  fromText: (value) => listFromText(value),
  what: 'hosts whose users NodeInfo counts; all where there is none',
  toml: '[]',
};
export const NODEINFO_SOFTWARE: FileSetting<string> = {
  ...text('nodeinfo.software', (value) => /^[a-z0-9-]+$/.test(value)),
  must: 'a name of small letters, digits and "-", as in "prosody"',
  what: 'server that NodeInfo names; by default the one that wrote the log',
  toml: '"prosody"',
};
export const NODEINFO_VERSION: FileSetting<string> = {
  ...text('nodeinfo.version', (value) => /^[\w.+~-]+$/.test(value)),
  must: 'a version, as in "0.12.3"',
  what: 'its version; by default the one that the log names, if it does',
  toml: '"0.12.3"',
};
export const NODEINFO_OPEN: FileSetting<boolean> = {
  ...flag('nodeinfo.open_registrations'),
  what: 'whether anybody may register an account',
  toml: 'false',
};

export const YEAR = integer('year', 1970, 9999);

/** Those that can be set by flags and by the environment, too. */
const SETTINGS: readonly FileSetting<unknown>[] = [
  ...[LOG_PATH, SERVER, TIMEZONE, TIMESTAMPS],
  ...[STATSD_HOST, STATSD_PORT, STATSD_PROTOCOL, STATSD_PREFIX, STATSD_TAGS, STATSD_HOST_TAG, STATSD_REPEAT],
  ...[COUNT_EXCLUDE, COUNT_WINDOWS, COUNT_DISABLED, COUNT_HIBERNATION, COUNT_BOSH, COUNT_QUIET],
  ...[INDEX_PATH, INDEX_RETENTION, INDEX_HISTORY, CONTROL_SOCKET, OPENMETRICS_PATH, OPENMETRICS_PROSODY],
  ...[NODEINFO_PATH, NODEINFO_HOSTS, NODEINFO_SOFTWARE, NODEINFO_VERSION, NODEINFO_OPEN],
  ...CLUSTER_SETTINGS,
];
export const KEYS: readonly string[] = SETTINGS.map(({ key }) => key);

/** Paths of one thing each: relative to what they were given by. */
export const PATHS: readonly string[] = [
  ...[INDEX_PATH, CONTROL_SOCKET, OPENMETRICS_PATH, NODEINFO_PATH, CLUSTER_KEY_FILE],
].map(({ key }) => key);

/** What may stand in the tables `[statsd]`, `[count]`, `[index]`, `[control]`, `[openmetrics]`, `[nodeinfo]`, `[cluster]` and in each `[[log]]`. */
export const FILE_SETTINGS: readonly FileSetting<unknown>[] = [...SETTINGS, LOG_JOURNAL, LOG_NAME, LOG_ROTATED];
export const FILE_KEYS: readonly string[] = FILE_SETTINGS.map(({ key }) => key);

/** `statsd.repeat_seconds` is `XMPP_ACTIVE_USERS_STATSD_REPEAT_SECONDS`; the paths of the logs are `XMPP_ACTIVE_USERS_LOG`. */
export function environmentName(key: string): string {
  return ENVIRONMENT_PREFIX + (key === LOG_PATH.key ? 'LOG' : key.toUpperCase().replaceAll('.', '_'));
}
