import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigError, DEFAULT_FILE, loadConfig, type Config, type ConfigInput } from '../../src/config/config.ts';
import { KNOWN_LOGS } from '../../src/config/settings.ts';

const FILE = '/etc/x.toml';

interface Given {
  readonly toml?: string;
  readonly env?: Record<string, string>;
  readonly flags?: Record<string, unknown>;
  readonly exists?: readonly string[];
  readonly isRoot?: boolean;
}

function input(given: Given): ConfigInput {
  const { toml, env = {}, flags = {}, exists = [], isRoot = false } = given;
  return {
    flags: toml === undefined ? flags : { config: FILE, ...flags },
    env: { HOME: '/home/me', ...env },
    readFile: (path) => (path === FILE ? toml : undefined),
    exists: (path) => exists.includes(path),
    defaultTimezone: 'Asia/Tokyo',
    isRoot,
  };
}

function load(given: Given): Config {
  return loadConfig(input(given));
}

function problems(given: Given): readonly string[] {
  try {
    loadConfig(input(given));
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
  return [];
}

void test('a log in the journal is named by table or flag, and by no path [10.2]', () => {
  const [table] = load({ toml: '[[log]]\njournal = "prosody"\nname = "main"' }).logs;
  assert.deepEqual([table?.path, table?.name], ['journal:prosody.service', 'main']);
  const [flag] = load({ flags: { log: ['journal:SYSLOG_IDENTIFIER=prosody'] } }).logs;
  assert.equal(flag?.path, 'journal:SYSLOG_IDENTIFIER=prosody');
});

void describe('without any configuration', () => {
  void test('everything has the default of the specification', () => {
    const { origin, ...config } = load({});
    assert.deepEqual(config, {
      file: undefined,
      logs: [],
      dialects: [],
      otherLogs: { server: 'auto', timezone: 'Asia/Tokyo', timestamps: '', rotated: [] },
      statsd: {
        host: '127.0.0.1',
        port: 8125,
        protocol: 'udp',
        prefix: 'xmpp.',
        tags: {},
        hostTag: false,
        repeatSeconds: 0,
      },
      count: {
        exclude: [],
        includeDisabled: false,
        windows: [1, 7, 30],
        quiet: false,
        hibernationSeconds: 600,
        boshSeconds: 43_200,
      },
      index: { path: '/home/me/.local/state/xmpp-active-users', retentionDays: 31, historyDays: 3650 },
      control: {},
      openmetrics: { prosodyNames: false },
      nodeinfo: { hosts: [], openRegistrations: false },
    });
    assert.equal(origin.get('statsd.host'), 'default');
  });

  void test('it follows the known logs that exist, and no others [8.25]', () => {
    const known = [...KNOWN_LOGS];
    const { logs } = load({ exists: ['/var/log/openfire/openfire.log', ...known, '/var/log/syslog'] });
    assert.deepEqual(
      logs,
      known.map((path) => ({ name: path, path, server: 'auto', timezone: 'Asia/Tokyo', timestamps: '', rotated: [] })),
    );
  });

  const states: [Record<string, string>, string][] = [
    [{ STATE_DIRECTORY: '/var/lib/xmpp-active-users', XDG_STATE_HOME: '/x' }, '/var/lib/xmpp-active-users'],
    [{ STATE_DIRECTORY: '/var/lib/one:/var/lib/two' }, '/var/lib/one'],
    [{ XDG_STATE_HOME: '/x' }, '/x/xmpp-active-users'],
    [{ XDG_STATE_HOME: 'relative' }, '/home/me/.local/state/xmpp-active-users'],
    [{ HOME: '' }, '/var/lib/xmpp-active-users'],
  ];
  for (const [env, path] of states)
    void test(`the index is in ${path} with ${JSON.stringify(env)}`, () =>
      assert.equal(load({ env }).index.path, path));

  const service = '/var/lib/xmpp-active-users';
  const own = '/home/me/.local/state/xmpp-active-users';
  const indexes: [string, Given, string][] = [
    ["the service's, when root has none", { isRoot: true, exists: [service] }, service],
    [
      "systemd's private one, when it is not linked",
      { isRoot: true, exists: ['/var/lib/private/xmpp-active-users'] },
      '/var/lib/private/xmpp-active-users',
    ],
    ["root's own, when there is one", { isRoot: true, exists: [service, own] }, own],
    ["root's own, when there is none at all", { isRoot: true }, own],
    ['that of the user, who may not read the other', { exists: [service] }, own],
    ['the one that was named', { isRoot: true, exists: [service], flags: { index: '/i' } }, '/i'],
  ];
  for (const [which, given, path] of indexes)
    void test(`the index is ${which} [8.25]`, () => assert.equal(load(given).index.path, path));

  void test('the file in /etc is read when it is there', () => {
    const found = loadConfig({
      ...input({}),
      readFile: (path) => (path === DEFAULT_FILE ? 'statsd.port = 1' : undefined),
    });
    assert.equal(found.statsd.port, 1);
    assert.equal(found.file, DEFAULT_FILE);
  });
});

void test('who is counted over a half year is kept for one [11.6]', () => {
  const of = (given: Given): unknown[] => {
    const { count, index } = load(given);
    return [count.windows, index.retentionDays];
  };
  const nodeinfo = '[nodeinfo]\npath = "/n"\n';
  assert.deepEqual(of({}), [[1, 7, 30], 31]);
  assert.deepEqual(of({ toml: nodeinfo }), [[1, 7, 30, 180], 181]);
  assert.deepEqual(of({ flags: { set: ['count.windows=1,7,30,180'] } }), [[1, 7, 30, 180], 181]);
  assert.deepEqual(of({ toml: `${nodeinfo}[count]\nwindows = [1, 7, 30]` }), [[1, 7, 30], 31]);
  assert.deepEqual(of({ toml: `${nodeinfo}[index]\nretention_days = 400` }), [[1, 7, 30, 180], 400]);
});

const EVERYTHING = `
[[log]]
path = "/var/log/a.log"
server = "prosody"
timezone = "Europe/Berlin"

[[log]]
path = "logs/b.log"

[statsd]
host = "graphite.example"
port = 9125
protocol = "tcp"
prefix = "prosody.prosody_mod_measure_active_users."
tags = { env = "production", rack = 7 }
host_tag = true
repeat_seconds = 10

[count]
exclude = ["Anon.Chat.Example", "Monitor@chat.example"]
include_disabled = true
windows = [1, 7, 30, 180]
hibernation_seconds = 300
bosh_seconds = 60
quiet = true

[index]
path = "/srv/index"
retention_days = 400
history_days = 700

[control]
socket = "control.sock"

[openmetrics]
path = "../run/xmpp.prom"
prosody_names = true

[nodeinfo]
path = "/srv/www/nodeinfo.json"
hosts = ["Chat.Example"]
software = "prosody"
version = "0.12.3"
open_registrations = true

[cluster]
url = "rediss://xau:secret@redis.example:6380/2"
node = "node-1.example"
nodes = 5
key_file = "keys/cluster.key"
wait_seconds = 30
lease_seconds = 600
slots = 4
`;

void describe('a file with every key', () => {
  void test('is taken as it stands; hosts and JIDs are case-folded, paths are relative to the file', () => {
    const { origin, ...config } = load({ toml: EVERYTHING });
    assert.deepEqual(config, {
      file: FILE,
      logs: [
        {
          name: '/var/log/a.log',
          path: '/var/log/a.log',
          server: 'prosody',
          timezone: 'Europe/Berlin',
          timestamps: '',
          rotated: [],
        },
        {
          name: '/etc/logs/b.log',
          path: '/etc/logs/b.log',
          server: 'auto',
          timezone: 'Asia/Tokyo',
          timestamps: '',
          rotated: [],
        },
      ],
      dialects: [],
      otherLogs: { server: 'auto', timezone: 'Asia/Tokyo', timestamps: '', rotated: [] },
      statsd: {
        host: 'graphite.example',
        port: 9125,
        protocol: 'tcp',
        prefix: 'prosody.prosody_mod_measure_active_users.',
        tags: { env: 'production', rack: '7' },
        hostTag: true,
        repeatSeconds: 10,
      },
      count: {
        exclude: ['anon.chat.example', 'monitor@chat.example'],
        includeDisabled: true,
        windows: [1, 7, 30, 180],
        hibernationSeconds: 300,
        boshSeconds: 60,
        quiet: true,
      },
      index: { path: '/srv/index', retentionDays: 400, historyDays: 700 },
      control: { socket: '/etc/control.sock' },
      openmetrics: { path: '/run/xmpp.prom', prosodyNames: true },
      nodeinfo: {
        path: '/srv/www/nodeinfo.json',
        hosts: ['chat.example'],
        software: 'prosody',
        version: '0.12.3',
        openRegistrations: true,
      },
      cluster: {
        url: 'rediss://xau:secret@redis.example:6380/2',
        node: 'node-1.example',
        nodes: 5,
        keyFile: '/etc/keys/cluster.key',
        waitSeconds: 30,
        leaseSeconds: 600,
        slots: 4,
      },
    });
    assert.equal(origin.get('log.0.timezone'), '/etc/x.toml line 5');
    assert.equal(origin.get('log.1.path'), '/etc/x.toml line 8');
    assert.equal(origin.get('log.1.server'), 'default');
    assert.equal(origin.get('statsd.port'), '/etc/x.toml line 12');
  });

  void test('is frozen through and through', () => {
    const config = load({ toml: EVERYTHING });
    for (const part of [config, config.logs, config.logs[0], config.statsd, config.statsd.tags, config.count.exclude])
      assert.ok(Object.isFrozen(part));
  });
});

void describe('what is stronger wins', () => {
  void test('the environment over the file, for every key', () => {
    const env = {
      XMPP_ACTIVE_USERS_LOG: '/c.log, /d.log',
      XMPP_ACTIVE_USERS_LOG_SERVER: 'auto',
      XMPP_ACTIVE_USERS_LOG_TIMEZONE: 'UTC',
      XMPP_ACTIVE_USERS_STATSD_HOST: '::1',
      XMPP_ACTIVE_USERS_STATSD_PORT: '1',
      XMPP_ACTIVE_USERS_STATSD_PROTOCOL: 'udp',
      XMPP_ACTIVE_USERS_STATSD_PREFIX: 'p.',
      XMPP_ACTIVE_USERS_STATSD_TAGS: 'a=b, c=d',
      XMPP_ACTIVE_USERS_STATSD_HOST_TAG: 'false',
      XMPP_ACTIVE_USERS_STATSD_REPEAT_SECONDS: '0',
      XMPP_ACTIVE_USERS_COUNT_EXCLUDE: 'A@b, c',
      XMPP_ACTIVE_USERS_COUNT_INCLUDE_DISABLED: 'false',
      XMPP_ACTIVE_USERS_COUNT_WINDOWS: '1,7,30',
      XMPP_ACTIVE_USERS_COUNT_HIBERNATION_SECONDS: '1',
      XMPP_ACTIVE_USERS_COUNT_BOSH_SECONDS: '2',
      XMPP_ACTIVE_USERS_COUNT_QUIET: 'false',
      XMPP_ACTIVE_USERS_INDEX_PATH: '/i',
      XMPP_ACTIVE_USERS_INDEX_RETENTION_DAYS: '30',
      XMPP_ACTIVE_USERS_INDEX_HISTORY_DAYS: '90',
    };
    const { logs, statsd, count, index, origin } = load({ toml: EVERYTHING, env });
    const rest = { server: 'auto', timezone: 'UTC', timestamps: '', rotated: [] };
    assert.deepEqual(logs, [
      { name: '/c.log', path: '/c.log', ...rest },
      { name: '/d.log', path: '/d.log', ...rest },
    ]);
    const tags = { a: 'b', c: 'd' };
    assert.deepEqual(statsd, {
      host: '::1',
      port: 1,
      protocol: 'udp',
      prefix: 'p.',
      tags,
      hostTag: false,
      repeatSeconds: 0,
    });
    const ended = { hibernationSeconds: 1, boshSeconds: 2, quiet: false };
    assert.deepEqual(count, { exclude: ['a@b', 'c'], includeDisabled: false, windows: [1, 7, 30], ...ended });
    assert.deepEqual(index, { path: '/i', retentionDays: 30, historyDays: 90 });
    assert.equal(origin.get('statsd.host'), 'environment XMPP_ACTIVE_USERS_STATSD_HOST');
  });

  void test('a flag over the environment', () => {
    const env = { XMPP_ACTIVE_USERS_STATSD_PREFIX: 'e.', XMPP_ACTIVE_USERS_LOG: '/e.log' };
    const flags = { prefix: 'f.', log: ['/f.log'], timezone: 'UTC', server: 'prosody', year: '2024', index: '/f' };
    const config = load({ env, flags });
    assert.equal(config.statsd.prefix, 'f.');
    assert.deepEqual(config.logs, [
      { name: '/f.log', path: '/f.log', server: 'prosody', timezone: 'UTC', timestamps: '', rotated: [] },
    ]);
    assert.deepEqual(config.otherLogs, { server: 'prosody', timezone: 'UTC', timestamps: '', rotated: [] });
    assert.equal(config.year, 2024);
    assert.equal(config.index.path, '/f');
    assert.equal(config.origin.get('statsd.prefix'), 'flag --prefix');
  });

  void test('patterns of rotated files are relative to the file, too [9.8]', () => {
    const { logs } = load({ toml: '[[log]]\npath = "a.log"\nrotated = ["old/*", "/mnt/a.log*"]' });
    assert.deepEqual(logs[0]?.rotated, ['/etc/old/*', '/mnt/a.log*']);
    assert.throws(() => load({ toml: '[[log]]\npath = "a.log"\nrotated = "old/*"' }), /log\.rotated|rotated/);
  });

  void test('a log that is named by flag keeps what its own table says', () => {
    const flags = { log: ['/var/log/a.log', '/z.log'] };
    assert.deepEqual(load({ toml: EVERYTHING, flags }).logs, [
      {
        name: '/var/log/a.log',
        path: '/var/log/a.log',
        server: 'prosody',
        timezone: 'Europe/Berlin',
        timestamps: '',
        rotated: [],
      },
      { name: '/z.log', path: '/z.log', server: 'auto', timezone: 'Asia/Tokyo', timestamps: '', rotated: [] },
    ]);
  });

  void test('any key by --set', () => {
    const flags = { set: ['statsd.repeat_seconds=10', 'count.exclude=a,b', 'log.timezone=UTC'] };
    const { statsd, count, otherLogs, origin } = load({ flags });
    assert.equal(statsd.repeatSeconds, 10);
    assert.deepEqual(count.exclude, ['a', 'b']);
    assert.equal(otherLogs.timezone, 'UTC');
    assert.equal(origin.get('count.exclude'), 'flag --set count.exclude');
  });

  const destinations: [string, Partial<Config['statsd']>][] = [
    ['h', { host: 'h', port: 8125 }],
    ['h:1', { host: 'h', port: 1 }],
    ['[::1]:2', { host: '::1', port: 2 }],
    ['[::1]', { host: '::1', port: 8125 }],
    ['fe80::1', { host: 'fe80::1', port: 8125 }],
    ['/run/s.sock', { host: '/run/s.sock', protocol: 'uds' }],
  ];
  for (const [flag, expected] of destinations)
    void test(`--statsd ${flag}`, () => {
      const { statsd } = load({ flags: { statsd: flag } });
      assert.deepEqual({ ...statsd, ...expected }, statsd);
    });

  const socket = '[statsd]\nhost = "/run/s.sock"\nprotocol = "uds"';
  const overridden: [string, Given, Partial<Config['statsd']>][] = [
    ['a host by flag over a socket of the file', { toml: socket, flags: { statsd: 'h:1' } }, { protocol: 'udp' }],
    ['the same by --set', { toml: socket, flags: { set: ['statsd.host=h'] } }, { host: 'h', protocol: 'udp' }],
    [
      'the same by the environment',
      { toml: socket, env: { XMPP_ACTIVE_USERS_STATSD_HOST: 'h' } },
      { host: 'h', protocol: 'udp' },
    ],
    [
      'a socket by --set over a host of the file',
      { toml: 'statsd.protocol = "tcp"', flags: { set: ['statsd.host=/run/s'] } },
      { host: '/run/s', protocol: 'uds' },
    ],
    ['a host by flag leaves TCP', { toml: 'statsd.protocol = "tcp"', flags: { statsd: 'h' } }, { protocol: 'tcp' }],
  ];
  for (const [what, given, expected] of overridden)
    void test(`${what} [8.25]`, () => {
      const { statsd } = load(given);
      assert.deepEqual({ ...statsd, ...expected }, statsd);
    });

  const hostTags: [string, string, boolean][] = [
    ['by itself', 'statsd.host_tag = true', true],
    ['with other tags, as ever', 'statsd.tags = { env = "production" }', true],
    ['not, where it is refused', 'statsd.tags = { env = "production" }\nstatsd.host_tag = false', false],
  ];
  for (const [how, toml, expected] of hostTags)
    void test(`the host is a tag ${how} [8.25]`, () => assert.equal(load({ toml }).statsd.hostTag, expected));
});

void describe('what cannot be meant is named, with what to do', () => {
  const cases: [string, Given, RegExp][] = [
    [
      'an unknown key',
      { toml: '[statsd]\nprot = 1' },
      /^\/etc\/x\.toml line 2: unknown key "statsd\.prot": did you mean statsd\.port\?$/,
    ],
    [
      'an unknown key far from all',
      { toml: '[index]\nzzzzzzzz = 1' },
      /remove it; there are index\.path, index\.retention_days, index\.history_days$/,
    ],
    ['an unknown table', { toml: '[statds]' }, /^\/etc\/x\.toml line 1: unknown key "statds": did you mean statsd\?$/],
    ['a key of its own', { toml: 'port = 1' }, /line 1: unknown key "port"/],
    ['an unknown key of a log', { toml: '[[log]]\npath = "/a"\nzone = "UTC"' }, /line 3: unknown key "log\.zone"/],
    [
      'a wrong type',
      { toml: 'statsd.port = "8125"' },
      /line 1: statsd\.port must be a whole number from 1 to 65535, not "8125"$/,
    ],
    ['a fraction', { toml: 'statsd.port = 1.5' }, /not 1\.5$/],
    ['a date', { toml: 'statsd.host = 2026-01-01' }, /statsd\.host must be a host name/],
    ['a text for a flag', { toml: 'count.include_disabled = "yes"' }, /must be true or false, not "yes"$/],
    ['a value for a table', { toml: 'statsd = "h"' }, /statsd must be a table: write \[statsd\]/],
    ['one table for the list of logs', { toml: '[log]\npath = "/a"' }, /write \[\[log\]\]/],
    [
      'no TOML',
      { toml: 'a = 1\nb = = 2' },
      /^\/etc\/x\.toml line 2: column \d+ is not TOML \(.*\): correct this line$/,
    ],
    [
      'a table twice',
      { toml: '[statsd]\n[cluster]\n[statsd]\nhost = "h"' },
      /^\/etc\/x\.toml line 3: .*: it is there further up: put together what is in both$/,
    ],
    ['port 0', { toml: 'statsd.port = 0' }, /from 1 to 65535, not 0$/],
    ['port 65536', { flags: { statsd: 'h:65536' } }, /^flag --statsd: statsd\.port must be .*, not "65536"$/],
    ['a port that is no number', { flags: { statsd: 'h:x' } }, /^flag --statsd: statsd\.port .* not "x"$/],
    ['no host', { flags: { statsd: ':8125' } }, /^flag --statsd: statsd\.host must be .*, not ""$/],
    [
      'an unknown zone',
      { flags: { timezone: 'Europe/Berlinn', timestamps: '' } },
      /^flag --timezone: log\.timezone must be a time zone .*, not "Europe\/Berlinn"$/,
    ],
    [
      'an unknown server',
      { flags: { server: 'icq' } },
      /^flag --server: log\.server must be one of auto, prosody.*, not "icq"$/,
    ],
    ['an unknown protocol', { toml: 'statsd.protocol = "icmp"' }, /one of udp, tcp, uds, not "icmp"$/],
    [
      'a socket by UDP',
      { toml: 'statsd.host = "/run/s"' },
      /line 1: statsd\.host is a path: set statsd\.protocol to "uds"/,
    ],
    ['a host as a socket', { toml: 'statsd.protocol = "uds"' }, /statsd\.host must be the path of a socket/],
    [
      'retention below the half year that NodeInfo asks for',
      { toml: '[index]\nretention_days = 90\n[nodeinfo]\npath = "/n"' },
      /line 2: index\.retention_days is 90, .* over 180 days .* set it to 181 or more, or set count\.windows = \[1, 7, 30\]$/,
    ],
    ['windows of other lengths', { toml: 'count.windows = [1, 14]' }, /must be \[1, 7, 30\] or, .* not \[1,14\]$/],
    ['retention below 30 days', { toml: 'index.retention_days = 29' }, /from 30, .* not 29$/],
    ['a negative repetition', { toml: 'statsd.repeat_seconds = -1' }, /from 0 to 86400, not -1$/],
    ['a colon in the prefix', { flags: { prefix: 'a:b' } }, /^flag --prefix: statsd\.prefix must be .*, not "a:b"$/],
    ['an empty level in the prefix', { flags: { prefix: 'a..b' } }, /statsd\.prefix must be/],
    ['a tag with a bar', { toml: 'statsd.tags = { a = "b|c" }' }, /statsd\.tags must be/],
    ['a date for the tags [8.25]', { toml: 'statsd.tags = 1979-05-27' }, /line 1: statsd\.tags must be a table/],
    ['a date among the tags [8.25]', { toml: 'statsd.tags = { a = 1979-05-27 }' }, /statsd\.tags must be a table/],
    ['a table in the tags', { toml: 'statsd.tags = { a = { b = "c" } }' }, /statsd\.tags must be/],
    [
      'tags without values',
      { env: { XMPP_ACTIVE_USERS_STATSD_TAGS: 'a,b' } },
      /STATSD_TAGS: statsd\.tags must be .*, not "a,b"$/,
    ],
    [
      'a log without path',
      { toml: '[[log]]\nserver = "auto"' },
      /line 1: this \[\[log\]\] has no path and no journal: add path/,
    ],
    [
      'a log with path and journal [10.2]',
      { toml: '[[log]]\npath = "/a"\njournal = "prosody.service"' },
      /line 3: a log has either path or journal/,
    ],
    [
      'a journal with rotated files [10.2]',
      { toml: '[[log]]\njournal = "prosody.service"\nrotated = ["/a*"]' },
      /line 3: rotated is about files/,
    ],
    [
      'a journal that is neither unit nor field [10.2]',
      { toml: '[[log]]\njournal = "--rotate"' },
      /line 2: log\.0\.journal must be a unit of systemd or one FIELD=VALUE .*, not "--rotate"$/,
    ],
    [
      'a journal named twice [10.2]',
      { toml: '[[log]]\njournal = "prosody"\n[[log]]\njournal = "prosody.service"' },
      /line 4: the log "journal:prosody\.service" is named twice/,
    ],
    [
      'an empty path',
      { toml: '[[log]]\npath = ""' },
      /line 2: log\.0\.path must be the path of a log file, or journal:UNIT, .*, not ""$/,
    ],
    [
      'a log named twice',
      { toml: '[[log]]\npath = "/a"\n[[log]]\npath = "/b/../a"' },
      /line 4: the log "\/a" is named twice/,
    ],
    ['a flag --log named twice', { flags: { log: ['/a', '/a'] } }, /^flag --log: the log "\/a" is named twice/],
    [
      'a full JID to exclude',
      { toml: 'count.exclude = ["a@b/c"]' },
      /count\.exclude must be a list of hosts .* not \["a@b\/c"\]$/,
    ],
    ['a blank to exclude', { toml: 'count.exclude = ["a b"]' }, /count\.exclude must be/],
    ['a number to exclude', { toml: 'count.exclude = [1]' }, /count\.exclude must be/],
    ['a missing file', { flags: { config: '/none.toml' } }, /^\/none\.toml: there is no such configuration file/],
    [
      'a missing file of the environment',
      { env: { XMPP_ACTIVE_USERS_CONFIG: '/none.toml' } },
      /^\/none\.toml: there is no/,
    ],
    [
      'an unknown variable',
      { env: { XMPP_ACTIVE_USERS_STATSD_PROT: '1' } },
      /^environment X\S+: unknown .* did you mean XMPP_ACTIVE_USERS_STATSD_PORT\?$/,
    ],
    [
      'a wrong variable',
      { env: { XMPP_ACTIVE_USERS_STATSD_PORT: 'x' } },
      /^environment XMPP_ACTIVE_USERS_STATSD_PORT: statsd\.port must/,
    ],
    [
      '--set of an unknown key',
      { flags: { set: ['statsd.prot=1'] } },
      /^flag --set: unknown key "statsd\.prot": did you mean/,
    ],
    ['--set without a value', { flags: { set: ['statsd.port'] } }, /^flag --set: "statsd\.port" must be KEY=VALUE/],
    [
      'a year of two digits',
      { flags: { year: '26' } },
      /^flag --year: year must be a whole number from 1970 to 9999, not "26"$/,
    ],
  ];
  for (const [name, given, sentence] of cases) {
    void test(name, () => {
      const found = problems(given);
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0] ?? '', sentence);
    });
  }

  void test('a file that cannot be read', () => {
    const readFile = (): string => {
      throw new Error('EACCES: permission denied');
    };
    assert.throws(
      () => loadConfig({ ...input({}), readFile }),
      /config\.toml: the configuration file cannot be read \(EACCES/,
    );
  });

  void test('all at once, also what a stronger value replaces', () => {
    const toml = '[statsd]\nport = 0\nhots = "h"\n[index]\nretention_days = 1\n[[log]]\ntimezone = "Mars"';
    const found = problems({ toml, flags: { statsd: 'h:99999', year: 'x' } });
    assert.equal(found.length, 7, found.join('\n'));
  });

  void test('an empty variable is not set', () => {
    assert.equal(load({ env: { XMPP_ACTIVE_USERS_STATSD_PORT: '' } }).statsd.port, 8125);
  });
});
