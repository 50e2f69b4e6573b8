/**
 * A real Prosody (Debian's prosody and prosody-modules) in a directory of its own, on free loopback ports, counting its
 * active users with mod_lastlog2 and mod_measure_active_users. It may run as root, in any time zone, and with a clock
 * that is behind or ahead (libfaketime), so that users can be seen who were here weeks ago.
 *
 * Prosody also logs at debug level to its stdout; that is where the lab and the tests see what it has done.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { startChild, type Child } from './child.ts';
import type { Arrivals } from './arrivals.ts';

export interface LabOptions {
  readonly directory: string;
  readonly statsdPort: number;
  /** Host -> names of its accounts. All have the password `secret`. */
  readonly accounts: Readonly<Record<string, readonly string[]>>;
  /** Seconds that a session without a connection can still be resumed. Default 600, as Prosody's own. */
  readonly hibernationSeconds?: number;
  /** Seconds after which a BOSH client that asks nothing is taken to be gone. Default 60, as Prosody's own. */
  readonly boshInactivitySeconds?: number;
  /** IANA name. Default UTC. */
  readonly timezone?: string;
  /** Further modules for `modules_enabled`, from `pluginDirectory`. */
  readonly modules?: readonly string[];
  readonly pluginDirectory?: string;
  readonly without?: readonly string[];
  /** A program that runs it, and its arguments; what it is to run is put behind them. */
  readonly through?: readonly string[];
  /** Whether it also logs to syslog, at level info. */
  readonly syslog?: boolean;
  /** More lines for the configuration. */
  readonly extra?: string;
}

export interface ProsodyLab {
  readonly ports: { readonly c2s: number; readonly http: number };
  readonly infoLog: string;
  readonly debugLog: string;
  /** What the running (or last) Prosody said, debug level included. */
  output(): Arrivals<string>;
  /** Starts it and waits until it listens. `clock`: how far its clock is from the true one, as `-20d`. */
  start(options?: { clock?: string; environment?: NodeJS.ProcessEnv }): Promise<void>;
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
}

const MODULES = 'roster saslauth disco register ping bosh websocket smacks lastlog2 measure_active_users'.split(' ');

export async function createLab(options: LabOptions): Promise<ProsodyLab> {
  const [c2s, http] = await freePorts(2);
  const ports = { c2s: c2s ?? 0, http: http ?? 0 };
  const logs = join(options.directory, 'log');
  const config = join(options.directory, 'prosody.cfg.lua');
  for (const name of ['log', 'data', 'certs']) mkdirSync(join(options.directory, name), { recursive: true });
  writeFileSync(config, configuration(options, ports, logs));
  writeAccounts(options);
  let prosody: Child | undefined;

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    await prosody?.end(signal);
  };
  return {
    ports,
    infoLog: join(logs, 'prosody.log'),
    debugLog: join(logs, 'prosody.debug'),
    output: () => running(prosody).lines,
    start: async ({ clock, environment } = {}) => {
      const [runner, ...args] = [...(options.through ?? []), 'prosody', '--config', config, '-F'];
      prosody = startChild(runner, args, {
        ...process.env,
        TZ: options.timezone ?? 'UTC',
        ...(clock === undefined ? {} : { LD_PRELOAD: faketimeLibrary(), FAKETIME: clock }),
        ...environment,
      });
      for (const service of ['c2s', 'http']) {
        await prosody.lines.first(`listening ${service}`, (line) => line.includes(`Activated service '${service}'`));
      }
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

function running(prosody: Child | undefined): Child {
  if (!prosody) throw new Error('Prosody was not started');
  return prosody;
}

function configuration(options: LabOptions, ports: ProsodyLab['ports'], logs: string): string {
  const absent = new Set(options.without);
  const modules = [...MODULES, ...(options.modules ?? [])].filter((name) => !absent.has(name));
  return `
run_as_root = true
pidfile = "${join(options.directory, 'prosody.pid')}"
data_path = "${join(options.directory, 'data')}"
${options.pluginDirectory === undefined ? '' : `plugin_paths = { "${options.pluginDirectory}" }`}
modules_enabled = { ${modules.map((name) => `"${name}"`).join(', ')} }
modules_disabled = { "s2s", "tls", "limits" }
interfaces = { "127.0.0.1" }
c2s_ports = { ${ports.c2s} }
c2s_direct_tls_ports = {}
http_interfaces = { "127.0.0.1" }
http_ports = { ${ports.http} }
https_ports = {}
http_default_host = "${Object.keys(options.accounts)[0]}"
authentication = "internal_plain"
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
consider_bosh_secure = true
consider_websocket_secure = true
allow_registration = true
smacks_hibernation_time = ${options.hibernationSeconds ?? 600}
bosh_max_inactivity = ${options.boshInactivitySeconds ?? 60}
statistics = "statsd"
statistics_config = { statsd_server = "127.0.0.1", statsd_port = ${options.statsdPort} }
log = {
  { levels = { min = "info" }, to = "file", filename = "${join(logs, 'prosody.log')}" },
  { levels = { min = "debug" }, to = "file", filename = "${join(logs, 'prosody.debug')}" },
  { levels = { min = "debug" }, to = "console" },
  ${options.syslog ? '{ levels = { min = "info" }, to = "syslog" },' : ''}
}
${options.extra ?? ''}
${Object.keys(options.accounts)
  .map((host) => `VirtualHost "${host}"`)
  .join('\n')}
`;
}

/** Accounts in the form of Prosody's own file store. */
function writeAccounts({ directory, accounts }: LabOptions): void {
  for (const [host, users] of Object.entries(accounts)) {
    const store = join(directory, 'data', storeName(host), 'accounts');
    mkdirSync(store, { recursive: true });
    for (const user of users)
      writeFileSync(join(store, `${storeName(user)}.dat`), 'return { ["password"] = "secret" };\n');
  }
}

/** util.datamanager's file names: all but ASCII letters and digits as %xx. */
function storeName(text: string): string {
  return [...Buffer.from(text)].map((byte) => (isAlnum(byte) ? String.fromCharCode(byte) : percent(byte))).join('');
}

const isAlnum = (byte: number): boolean => /[A-Za-z0-9]/.test(String.fromCharCode(byte));
const percent = (byte: number): string => `%${byte.toString(16).padStart(2, '0')}`;

/** Ports that were free a moment ago; all are held until all are known, so that no two are the same. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map(portOf);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}

/** Where Debian has put libfaketime on this architecture. */
export function faketimeLibrary(): string {
  const candidates = readdirSync('/usr/lib').map((name) => join('/usr/lib', name, 'faketime/libfaketime.so.1'));
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) throw new Error('libfaketime is not installed: apt-get install libfaketime');
  return found;
}
