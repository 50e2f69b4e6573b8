/** The Redis in which the nodes meet: one server, or a master with replicas and the sentinels that promote one of them. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startChild, type Child } from '../e2e/child.ts';
import { freePort } from '../e2e/redis-lab.ts';
import type { Network } from './network.ts';

/** What Redis keeps over its end. */
export const KEEPING = {
  nothing: ['save ""', 'appendonly no'],
  dumps: ['save 1 1', 'appendonly no'],
  everySecond: ['save ""', 'appendonly yes', 'appendfsync everysec'],
} as const;
export type Keeping = keyof typeof KEEPING;

/** With a sentinel each. */
const REPLICATED = 3;
const MASTER = 'xau';

interface Server {
  readonly host: string;
  readonly port: number;
  readonly sentinelPort: number;
  readonly directory: string;
  /** What runs a command on its machine. */
  readonly on: readonly string[];
  running: Child | undefined;
  sentinel: Child | undefined;
}

export class Servers {
  readonly #directory = mkdtempSync(join(tmpdir(), 'chaos-redis-'));
  readonly #all: Server[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  readonly isReplicated: boolean;

  private constructor(isReplicated: boolean) {
    this.isReplicated = isReplicated;
  }

  static count(isReplicated: boolean): number {
    return isReplicated ? REPLICATED : 1;
  }

  /** `first`: of the network's machines, the first that is theirs. */
  static async start(
    network: Network | undefined,
    first: number,
    isReplicated: boolean,
    keeping: Keeping,
  ): Promise<Servers> {
    const servers = new Servers(isReplicated);
    for (let number = 0; number < Servers.count(isReplicated); number++)
      await servers.#add(network, first + number, keeping);
    for (const server of servers.#all) await start(server);
    if (isReplicated) await servers.#watch();
    return servers;
  }

  get url(): string {
    const [{ host, port } = { host: '', port: 0 }] = this.#all;
    if (!this.isReplicated) return `redis://${host}:${port}`;
    return `redis+sentinel://${this.#all.map((each) => `${each.host}:${each.sentinelPort}`).join(',')}/${MASTER}`;
  }

  /** Kills the master, and begins it again: it is the master no longer where another one was promoted by then. Gives whether one was. */
  async kill(): Promise<boolean> {
    return await this.#inTurn(async () => {
      const master = await this.#master();
      await master.running?.end('SIGKILL');
      const isOther = this.isReplicated && (await this.#promoted(master));
      await start(master);
      return isOther;
    });
  }

  /** Which of them is the master. */
  async masterNumber(): Promise<number> {
    return this.#all.indexOf(await this.#master());
  }

  /** Another server is the master by now. */
  async promotedOver(number: number): Promise<boolean> {
    return await this.#promoted(this.#all[number]!);
  }

  /** Freezes the master for so long, milliseconds. */
  async freeze(milliseconds: number): Promise<void> {
    const { running } = await this.#master();
    running?.process.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    running?.process.kill('SIGCONT');
  }

  /** All keys are deleted, and there is memory only for so large a share of them, until it is given back. */
  async takeMemory(share: number): Promise<void> {
    await this.ask(async (client) => {
      const full = await usedMemory(client);
      await client.flushall();
      const empty = await usedMemory(client);
      await client.config('SET', 'maxmemory', Math.round(empty + share * (full - empty)));
    });
  }

  /** To whichever of them it was taken from: it may be the master no longer, and be it again later. */
  async giveMemory(): Promise<void> {
    for (const { host, port } of this.#all)
      await until('there is memory again', () =>
        askAt(host, port, (client) => client.config('SET', 'maxmemory', 0)).then(
          () => true,
          () => false,
        ),
      );
  }

  /** Nodes that have begun to send what is here, by name. */
  async begun(): Promise<ReadonlySet<string>> {
    return await this.ask(async (client) => {
      const fields = await Promise.all((await client.keys('*}nodes')).map((key) => client.hkeys(key)));
      return new Set(fields.flat().flatMap((field) => (field.endsWith(':s') ? [field.slice(0, -2)] : [])));
    });
  }

  /** A dump is put aside. */
  async dump(): Promise<void> {
    const server = await this.#master();
    await this.ask((client) => client.save());
    copyFileSync(join(server.directory, 'dump.rdb'), join(server.directory, 'old.rdb'));
  }

  /** The dump that was put aside, which may be old by now, takes the place of all. Of one server only. */
  async restore(): Promise<boolean> {
    const [server] = this.#all;
    if (!server || this.isReplicated || !existsSync(join(server.directory, 'old.rdb'))) return false;
    return await this.#inTurn(async () => {
      await server.running?.end('SIGKILL');
      rmSync(join(server.directory, 'appendonlydir'), { recursive: true, force: true });
      copyFileSync(join(server.directory, 'old.rdb'), join(server.directory, 'dump.rdb'));
      // Else it reads nothing but an empty log of changes.
      await start(server, ['--appendonly', 'no']);
      return true;
    });
  }

  async ask<T>(question: (client: Redis) => Promise<T>): Promise<T> {
    const { host, port } = await this.#master();
    return await askAt(host, port, question);
  }

  async close(): Promise<void> {
    for (const { running, sentinel } of this.#all) {
      await running?.end('SIGKILL');
      await sentinel?.end('SIGKILL');
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** A server that two have begun would be killed once. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return await turn;
  }

  async #add(network: Network | undefined, machine: number, keeping: Keeping): Promise<void> {
    const directory = join(this.#directory, String(machine));
    mkdirSync(directory);
    const host = network?.address(machine) ?? '127.0.0.1';
    const [port, sentinelPort] = network ? [6379, 26_379] : [await freePort(), await freePort()];
    const [first] = this.#all;
    const lines = [
      `port ${port}`,
      `dir ${directory}`,
      'protected-mode no',
      'enable-debug-command yes',
      ...KEEPING[keeping],
    ];
    if (this.isReplicated)
      lines.push('min-replicas-to-write 1', 'min-replicas-max-lag 2', 'repl-diskless-sync-delay 0');
    if (first) lines.push(`replicaof ${first.host} ${first.port}`);
    writeFileSync(join(directory, 'redis.conf'), lines.join('\n'));
    const on = network?.on(machine) ?? [];
    this.#all.push({ ...{ host, port, sentinelPort, directory, on }, running: undefined, sentinel: undefined });
  }

  /** Sentinels, until they know of each other and of the replicas. */
  async #watch(): Promise<void> {
    const [first] = this.#all;
    for (const server of this.#all) {
      const file = join(server.directory, 'sentinel.conf');
      const lines = [
        `port ${server.sentinelPort}`,
        `dir ${server.directory}`,
        'protected-mode no',
        `sentinel monitor ${MASTER} ${first?.host} ${first?.port} 2`,
        `sentinel down-after-milliseconds ${MASTER} 500`,
        `sentinel failover-timeout ${MASTER} 2000`,
      ];
      writeFileSync(file, lines.join('\n'));
      server.sentinel = run(server, 'redis-sentinel', file);
    }
    await until('the sentinels know each other', async () => {
      const states = await Promise.all(this.#all.map((server) => stateOf(server)));
      return states.every(
        (state) =>
          state?.get('num-other-sentinels') === '2' &&
          state.get('num-slaves') === '2' &&
          state.get('flags') === 'master',
      );
    });
  }

  async #promoted(before: Server): Promise<boolean> {
    return await until(
      'another one is promoted',
      async () => {
        const master = await this.#named(before);
        return master !== undefined && master !== before && (await isMaster(master));
      },
      20_000,
    ).catch(() => false);
  }

  async #master(): Promise<Server> {
    const [first] = this.#all;
    if (!this.isReplicated) return first!;
    let master: Server | undefined;
    await until('there is a master', async () => {
      master = await this.#named();
      return master !== undefined && (await isMaster(master));
    });
    return master!;
  }

  /** Whom most sentinels name. `without`: of another machine than that. */
  async #named(without?: Server): Promise<Server | undefined> {
    const asked = this.#all.filter((server) => server !== without);
    const states = await Promise.all(asked.map((server) => stateOf(server)));
    const named = states.map((state) => `${state?.get('ip')}:${state?.get('port')}`);
    return this.#all.find(({ host, port }) => named.filter((each) => each === `${host}:${port}`).length >= 2);
  }
}

const isMaster = async ({ host, port }: Server): Promise<boolean> =>
  askAt(host, port, async (client) => (await client.role())[0] === 'master').catch(() => false);

const usedMemory = async (client: Redis): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);

/** What a sentinel knows of the master. */
async function stateOf({ host, sentinelPort }: Server): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    const flat = (await askAt(host, sentinelPort, (client) => client.call('SENTINEL', 'MASTER', MASTER))) as string[];
    return new Map(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? '', flat[2 * i + 1] ?? '']));
  } catch {
    return undefined;
  }
}

async function start(server: Server, more: readonly string[] = []): Promise<void> {
  server.running = run(server, 'redis-server', join(server.directory, 'redis.conf'), ...more);
  await server.running.lines.first('redis-server', (line) => /Ready to accept connections/.test(line));
}

function run({ on, host }: Server, program: string, ...args: readonly string[]): Child {
  const [command = '', ...rest] = [...on, program, ...args];
  return startChild(command, on.length > 0 ? rest : [...rest, '--bind', host]);
}

async function askAt<T>(host: string, port: number, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({
    ...{ host, port, lazyConnect: true, enableOfflineQueue: false, enableReadyCheck: false },
    ...{ maxRetriesPerRequest: 0, retryStrategy: () => null, connectTimeout: 1000, commandTimeout: 5000 },
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return await question(client);
  } finally {
    client.disconnect();
  }
}

async function until(what: string, isSo: () => Promise<boolean>, milliseconds = 30_000): Promise<true> {
  const end = AbortSignal.timeout(milliseconds);
  while (!(await isSo())) {
    if (end.aborted) throw new Error(`${what}: not within ${milliseconds / 1000} seconds`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}
