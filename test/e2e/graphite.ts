/**
 * The real Graphite and the real StatsD, each on loopback ports of its own, with all files in one temporary directory.
 *
 * Debian packages: graphite-carbon (with python3-whisper) and graphite-web. StatsD is statsd 0.9.0 from npm, installed into
 * the temporary directory without its optional native parts.
 */
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DEADLINE_MS } from '../deadline.ts';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** `[value, time]`, as /render gives it; null where nothing is known. */
export type Datapoint = readonly [value: number | null, at: number];

export interface Series {
  /** As a legend calls it. */
  readonly target: string;
  readonly datapoints: Datapoint[];
}

export interface Graphite {
  readonly plaintext: number;
  readonly pickle: number;
  /** Of graphite-web, `http://127.0.0.1:8080`. */
  readonly url: string;
  /** What graphite-web draws for one target between two times (unix seconds): of the first series. */
  render(target: string, from: number, until: number): Promise<Datapoint[]>;
  /** The same, of all series. */
  series(target: string, from: number, until: number): Promise<readonly Series[]>;
  stop(): Promise<void>;
}

/** Fails with the names of the packages if something is not installed. */
export async function startGraphite(schemas: string, aggregation = ''): Promise<Graphite> {
  for (const program of ['/usr/bin/carbon-cache', '/usr/bin/graphite-manage']) {
    await access(program).catch(() =>
      assert.fail(`${program} is missing: apt-get install graphite-carbon graphite-web`),
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'graphite-'));
  for (const name of ['conf', 'log', 'run', 'whisper']) await mkdir(join(folder, name));
  // What its pages are made of, as graphite-web looks for it below WEBAPP_DIR.
  await symlink('/usr/share/graphite-web/static', join(folder, 'content'));
  const [plaintext, pickle, query, web] = await freePorts(4);
  assert(plaintext && pickle && query && web);
  await writeFile(join(folder, 'conf/carbon.conf'), carbonConf(folder, plaintext, pickle, query));
  await writeFile(join(folder, 'conf/storage-schemas.conf'), schemas);
  await writeFile(join(folder, 'conf/storage-aggregation.conf'), aggregation);
  await writeFile(join(folder, 'e2e_settings.py'), webSettings(folder));
  const environment = { ...process.env, PYTHONPATH: folder, GRAPHITE_SETTINGS_MODULE: 'e2e_settings' };
  await run('/usr/bin/graphite-manage', ['migrate', '--run-syncdb'], { env: environment });
  const programs = [
    start('/usr/bin/carbon-cache', [`--config=${folder}/conf/carbon.conf`, '--nodaemon', 'start'], environment),
    start('/usr/bin/graphite-manage', ['runserver', `127.0.0.1:${web}`, '--noreload', '--insecure'], environment),
  ];
  for (const port of [plaintext, pickle, web]) await listening(port);
  return {
    plaintext,
    pickle,
    url: `http://127.0.0.1:${web}`,
    render: async (target, from, until) => (await seriesOf(web, target, from, until))[0]?.datapoints ?? [],
    series: (target, from, until) => seriesOf(web, target, from, until),
    stop: () => stopAll(programs, folder),
  };
}

/** StatsD with its Graphite backend, flushing each second; `more` are further lines of its configuration. */
export async function startStatsd(graphitePort: number, more = ''): Promise<{ port: number; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'statsd-'));
  const flags = ['--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', '--prefix', folder, ...flags, 'statsd@0.9.0']);
  const [port, management] = await freePorts(2);
  assert(port && management);
  await writeFile(
    join(folder, 'config.js'),
    `{ address: '127.0.0.1', port: ${port}, mgmt_address: '127.0.0.1', mgmt_port: ${management}, flushInterval: 1000,
       graphiteHost: '127.0.0.1', graphitePort: ${graphitePort}, backends: ['./backends/graphite'], ${more} }`,
  );
  const program = start(process.execPath, ['node_modules/statsd/stats.js', 'config.js'], process.env, folder);
  await listening(management);
  return { port, stop: () => stopAll([program], folder) };
}

/** Asks until the answer satisfies, for a while; then returns the last answer for the test to look at. */
export async function eventually<T>(ask: () => Promise<T>, satisfies: (answer: T) => boolean): Promise<T> {
  const until = performance.now() + DEADLINE_MS;
  let answer = await ask();
  while (!satisfies(answer) && performance.now() < until) {
    await pause(200);
    answer = await ask();
  }
  return answer;
}

async function seriesOf(port: number, target: string, from: number, until: number): Promise<readonly Series[]> {
  const query = new URLSearchParams({ target, format: 'json', from: String(from), until: String(until) });
  const response = await fetch(`http://127.0.0.1:${port}/render?${query.toString()}`);
  const text = await response.text();
  // Of a file that carbon is just making.
  if (response.status === 500 && text.includes('Unable to read header')) return [];
  assert.equal(response.status, 200, text);
  const series: readonly Series[] = JSON.parse(text);
  return series;
}

/** Carbon's own limits as they are delivered. */
function carbonConf(folder: string, plaintext: number, pickle: number, query: number): string {
  return `[cache]
STORAGE_DIR = ${folder}
LOCAL_DATA_DIR = ${folder}/whisper
WHITELISTS_DIR = ${folder}/conf
CONF_DIR = ${folder}/conf
LOG_DIR = ${folder}/log
PID_DIR = ${folder}/run
USER =
DATABASE = whisper
MAX_CACHE_SIZE = inf
MAX_UPDATES_PER_SECOND = 500
MAX_CREATES_PER_MINUTE = 50
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = ${plaintext}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = ${pickle}
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = ${query}
ENABLE_TAGS = False
CARBON_METRIC_INTERVAL = 0
`;
}

/** Without a link to carbon's cache: what is drawn has been written to the files. */
function webSettings(folder: string): string {
  return `SECRET_KEY = 'only for a test'
TIME_ZONE = 'UTC'
ALLOWED_HOSTS = ['*']
STORAGE_DIR = '${folder}'
CONF_DIR = '${folder}/conf'
LOG_DIR = '${folder}/log'
WHISPER_DIR = '${folder}/whisper'
INDEX_FILE = '${folder}/index'
WEBAPP_DIR = '${folder}'
CARBONLINK_HOSTS = []
DATABASES = {'default': {'NAME': '${folder}/graphite.db', 'ENGINE': 'django.db.backends.sqlite3'}}
`;
}

function start(program: string, flags: string[], env: NodeJS.ProcessEnv, cwd = '/'): ChildProcess {
  return spawn(program, flags, { env, cwd, stdio: 'ignore' });
}

async function stopAll(programs: readonly ChildProcess[], folder: string): Promise<void> {
  for (const program of programs) {
    const gone = program.exitCode === null && program.signalCode === null ? once(program, 'exit') : undefined;
    program.kill('SIGKILL');
    await gone;
  }
  await rm(folder, { recursive: true, force: true });
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  const ports: number[] = [];
  for (const server of servers) {
    if (!server.listening) await once(server, 'listening');
    const address = server.address();
    assert(address !== null && typeof address === 'object');
    ports.push(address.port);
  }
  for (const server of servers) server.close();
  return ports;
}

export async function listening(port: number): Promise<void> {
  const answers = await eventually(
    () => canConnect(port),
    (yes) => yes,
  );
  assert(answers, `nothing listens on port ${port}`);
}

async function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
