/**
 * A real ejabberd (Debian's) in a directory of its own, on free loopback ports. It may run as root, and needs no epmd where its node
 * has no name.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Arrivals } from './arrivals.ts';
import { startChild, type Child } from './child.ts';
import { freePorts } from './prosody-lab.ts';

export interface EjabberdLab {
  readonly ports: { readonly c2s: number; readonly http: number; readonly mqtt: number };
  readonly log: string;
  /** What the running (or last) ejabberd wrote to its console. */
  console(): Arrivals<string>;
  /** Starts it and waits until it listens. */
  start(): Promise<void>;
  /** An account with the password `secret`. */
  register(user: string): Promise<void>;
  /** It is removed by an administrator. */
  unregister(user: string): Promise<void>;
  /** Sends the signal, and waits for the end. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

export const HOST = 'chat.example';

/** Seconds that a session without a connection can be resumed. */
const RESUME = 10;

/** Of its own rotation: at how many bytes, and how many files are kept; 0: none, as the file is emptied. */
export interface Rotation {
  readonly size: number;
  readonly count: number;
}

/** Of a cluster: its name, and the port of the epmd that knows where its nodes are. */
export interface NamedNode {
  readonly name: string;
  readonly epmd: number;
}

export interface EjabberdOptions {
  readonly rotation?: Rotation;
  readonly node?: NamedNode;
}

export async function createEjabberd(directory: string, options: EjabberdOptions = {}): Promise<EjabberdLab> {
  const { rotation, node } = options;
  const [c2s = 0, http = 0, mqtt = 0] = await freePorts(3);
  const ports = { c2s, http, mqtt };
  const log = join(directory, 'ejabberd.log');
  const config = join(directory, 'ejabberd.yml');
  mkdirSync(join(directory, 'spool'), { recursive: true });
  writeFileSync(config, configuration(ports));
  // Its logger begins before the configuration is read.
  const rotating = rotation
    ? ['-ejabberd', 'log_rotate_size', String(rotation.size), 'log_rotate_count', String(rotation.count)]
    : [];
  let server: Child | undefined;
  const running = (): Child => {
    if (!server) throw new Error('ejabberd was not started');
    return server;
  };
  return {
    ports,
    log,
    console: () => running().lines,
    start: async () => {
      const spool = JSON.stringify(join(directory, 'spool'));
      const named = node ? [...onCluster(node.name), ...ON_LOOPBACK] : [];
      server = startChild('erl', ['-noinput', ...named, '-mnesia', 'dir', spool, ...rotating, '-s', 'ejabberd'], {
        ...{ ...erlangOf(node), HOME: directory },
        ...{ EJABBERD_CONFIG_PATH: config, EJABBERD_LOG_PATH: log },
      });
      await server.lines.first('start', (line) => line.includes('is started in the node'));
      for (const port of Object.values(ports))
        await server.lines.first(
          `port ${port}`,
          (line) => line.includes('Start accepting') && line.includes(`:${port} `),
        );
    },
    register: (user) => ask(http, 'register', { user, host: HOST, password: 'secret' }),
    unregister: (user) => ask(http, 'unregister', { user, host: HOST }),
    end: async (signal) => void (await running().end(signal)),
  };
}

/** Runs a command of ejabberd. */
async function ask(port: number, command: string, of: Readonly<Record<string, string>>): Promise<void> {
  const headers = { 'Content-Type': 'application/json' };
  const url = `http://127.0.0.1:${port}/api/${command}`;
  const { status } = await fetch(url, { method: 'POST', headers, body: JSON.stringify(of) });
  if (status !== 200) throw new Error(`${command} of ${of['user']}: ${status}`);
}

/** As a node of the cluster, or a command that speaks to one. */
export const onCluster = (name: string): string[] => ['-sname', name, '-setcookie', 'of-the-tests'];
const ON_LOOPBACK = ['-kernel', 'inet_dist_use_interface', '{127,0,0,1}'];

export const erlangOf = (node?: NamedNode): NodeJS.ProcessEnv => ({
  ...process.env,
  ERL_LIBS: libraries(),
  ...(node && { ERL_EPMD_PORT: String(node.epmd), ERL_EPMD_ADDRESS: '127.0.0.1' }),
});

const configuration = ({ c2s, http, mqtt }: EjabberdLab['ports']): string => `
hosts: ["${HOST}"]
loglevel: info
certfiles: []
acme: {auto: false}
auth_method: internal
registration_timeout: infinity
listen:
  - {port: ${c2s}, ip: "127.0.0.1", module: ejabberd_c2s, starttls: false}
  - port: ${http}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers: {"/xmpp-websocket": ejabberd_http_ws, "/http-bind": mod_bosh, "/api": mod_http_api}
  - {port: ${mqtt}, ip: "127.0.0.1", module: mod_mqtt}
api_permissions:
  "tests": {who: all, what: "*"}
modules:
  mod_bosh: {}
  mod_http_api: {}
  mod_mqtt: {}
  mod_push: {}
  mod_register: {ip_access: all}
  mod_stream_mgmt: {resume_timeout: ${RESUME}}
`;

/** Where Debian has put ejabberd on this architecture: beside Erlang's other libraries. */
function libraries(): string {
  const found = readdirSync('/usr/lib').find(
    (name) => name.endsWith('-linux-gnu') && readdirSync(`/usr/lib/${name}`).some((each) => /^ejabberd-\d/.test(each)),
  );
  if (found === undefined) throw new Error('ejabberd is not installed: apt-get install ejabberd');
  return `/usr/lib/${found}`;
}
