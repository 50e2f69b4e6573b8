/**
 * Every key of the configuration, once: what it may hold, what it is without being set, and how its text is read when it
 * comes from a flag or from the environment instead of from TOML.
 */
import { DIALECTS } from '../format/format.ts';
import { strftimeForm } from '../format/time/strftime.ts';
import { journalName } from '../source/journal-name.ts';
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

export const ENVIRONMENT_PREFIX = 'XMPP_ACTIVE_USERS_';

/** `own`: names of the dialects of the configuration. */
export function serverSetting(own: readonly string[]): Setting<string> {
  const names = [...SERVERS, ...own];
  return {
    ...text('log.server', (value) => names.includes(value)),
    must: `one of ${names.join(', ')}, or the NAME of a [dialect.NAME]`,
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
export const TIMEZONE: Setting<string> = {
  ...text('log.timezone', isTimezone),
  must: 'a time zone of the IANA database such as Europe/Berlin or UTC',
};
export const TIMESTAMPS: Setting<string> = {
  ...text('log.timestamps', (value) => value === '' || strftimeForm(value) !== undefined),
  must: 'a format of strftime that says day, hour and minute, as in "%d/%m/%Y %H:%M:%S"',
};
export const LOG_PATH: Setting<string> = {
  ...text('log.path', isLog),
  must: 'the path of a log file, or journal:UNIT, as in journal:prosody.service',
};
/** Read as the name of the log. */
export const LOG_JOURNAL: Setting<string> = {
  key: 'log.journal',
  must: 'a unit of systemd or one FIELD=VALUE of the journal, as in "prosody.service" or "SYSLOG_IDENTIFIER=prosody"',
  read: (raw) => (typeof raw === 'string' ? journalName(raw) : undefined),
  fromText: same,
};
export const LOG_NAME: Setting<string> = {
  ...text('log.name', (value) => /^[^=\p{Cc}]+$/u.test(value)),
  must: 'a text without "=", as in "main"',
};
/** The paths by flag or environment, where they are a list. */
export const LOG_ROTATED: Setting<readonly string[]> = {
  key: 'log.rotated',
  must: 'a list of patterns of files, as in ["/var/log/prosody/old/*"]',
  read: (raw) => (Array.isArray(raw) && raw.every((path) => LOG_PATH.read(path)) ? raw.map(String) : undefined),
  fromText: listFromText,
};
export const LOG_PATHS: Setting<readonly string[]> = {
  key: 'log.path',
  must: 'paths of log files',
  read: (raw) =>
    Array.isArray(raw) && raw.length > 0 && raw.every((path) => LOG_PATH.read(path)) ? raw.map(String) : undefined,
  fromText: same,
};

export const STATSD_HOST: Setting<string> = {
  ...text('statsd.host', (value) => isPath(value) && !/[\s\p{Cc}]/u.test(value)),
  must: 'a host name, an IP address, or, with statsd.protocol = "uds", the path of a socket',
};
export const STATSD_PORT = integer('statsd.port', 1, 65_535);
export const STATSD_PROTOCOL: Setting<Protocol> = {
  key: 'statsd.protocol',
  must: 'one of udp, tcp, uds',
  read: (raw) => (['udp', 'tcp', 'uds'] as const).find((protocol) => protocol === raw),
  fromText: same,
};
export const STATSD_PREFIX: Setting<string> = {
  ...text('statsd.prefix', (value) => /^(?!\.)[\w.-]*$/.test(value) && !value.includes('..')),
  must: 'made of ASCII letters, digits, "_", "-" and single dots, and not begin with a dot, as in "xmpp."',
};
export const STATSD_TAGS: Setting<Readonly<Record<string, string>>> = {
  key: 'statsd.tags',
  must: 'a table of names and texts without "|", ",", ":", "#", "=" and line breaks, as in { env = "production" }',
  read: readTags,
  fromText: tagsFromText,
};
export const STATSD_HOST_TAG = flag('statsd.host_tag');
export const STATSD_REPEAT = integer('statsd.repeat_seconds', 0, 86_400);

export const COUNT_EXCLUDE: Setting<readonly string[]> = {
  key: 'count.exclude',
  must: 'a list of hosts (anon.chat.example), bare JIDs (monitor@chat.example) and patterns of them (bot-*@*)',
  read: readExclude,
  fromText: (value) => listFromText(value),
};
export const COUNT_DISABLED = flag('count.include_disabled');
export const COUNT_HIBERNATION = integer('count.hibernation_seconds', 0, 30 * 86_400);
export const COUNT_BOSH = integer('count.bosh_seconds', 1, 30 * 86_400);

export const INDEX_PATH: Setting<string> = { ...text('index.path', isPath), must: 'the path of a directory' };
export const INDEX_RETENTION: Setting<number> = {
  ...integer('index.retention_days', 30, 36_500),
  must: 'a whole number of days from 30, since users are counted over 30 days, to 36500',
};

export const INDEX_HISTORY: Setting<number> = {
  ...integer('index.history_days', 1, 36_500),
  must: 'a whole number of days from 1 to 36500',
};

export const CONTROL_SOCKET: Setting<string> = { ...text('control.socket', isPath), must: 'the path of a socket' };

export const OPENMETRICS_PATH: Setting<string> = { ...text('openmetrics.path', isPath), must: 'the path of a file' };
export const OPENMETRICS_PROSODY = flag('openmetrics.prosody_names');

export const YEAR = integer('year', 1970, 9999);

/** Keys that can be set by flags and by the environment, too. */
export const KEYS: readonly string[] = [
  ...[LOG_PATH, SERVER, TIMEZONE, TIMESTAMPS],
  ...[STATSD_HOST, STATSD_PORT, STATSD_PROTOCOL, STATSD_PREFIX, STATSD_TAGS, STATSD_HOST_TAG, STATSD_REPEAT],
  ...[COUNT_EXCLUDE, COUNT_DISABLED, COUNT_HIBERNATION, COUNT_BOSH],
  ...[INDEX_PATH, INDEX_RETENTION, INDEX_HISTORY, CONTROL_SOCKET, OPENMETRICS_PATH, OPENMETRICS_PROSODY],
].map((setting) => setting.key);

/** Paths of one thing each: relative to what they were given by. */
export const PATHS: readonly string[] = [INDEX_PATH, CONTROL_SOCKET, OPENMETRICS_PATH].map(({ key }) => key);

/** What may stand in the tables `[statsd]`, `[count]`, `[index]`, `[control]`, `[openmetrics]` and in each `[[log]]`. */
export const FILE_KEYS: readonly string[] = [...KEYS, LOG_JOURNAL.key, LOG_NAME.key, LOG_ROTATED.key];

/** `statsd.repeat_seconds` is `XMPP_ACTIVE_USERS_STATSD_REPEAT_SECONDS`; the paths of the logs are `XMPP_ACTIVE_USERS_LOG`. */
export function environmentName(key: string): string {
  return ENVIRONMENT_PREFIX + (key === LOG_PATH.key ? 'LOG' : key.toUpperCase().replaceAll('.', '_'));
}
