/**
 * A connection to the union, which ends with the first thing that goes wrong with it: what was under way then may have been done or not, and whoever
 * asked begins anew. So nothing is ever sent again by the client of Redis itself.
 */
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster, Redis } from 'ioredis';
import type { RedisAddress } from './address.ts';
import { SCRIPTS, type ScriptName, type Scripts } from './scripts/scripts.ts';

type Argument = string | number | Buffer;

const CONNECT_MILLISECONDS = 5000;
/** Longer than any script takes; a server that is frozen, or is not reached any more without a word, is left then. */
const COMMAND_MILLISECONDS = 10_000;
/** What Node.js says of a certificate whose CA it does not know. */
const OF_UNKNOWN_AUTHORITY = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

export class Connection {
  readonly #client: Redis | Cluster;
  readonly #address: RedisAddress;
  readonly #hashes: Readonly<Record<ScriptName, string>>;
  #failure: Error | undefined;
  /** Rejects with what ended the connection. */
  readonly ended: Promise<never>;
  #end: (error: Error) => void = () => {};

  private constructor(client: Redis | Cluster, address: RedisAddress, scripts: Scripts) {
    this.#client = client;
    this.#address = address;
    this.#hashes = Object.fromEntries(
      Object.entries(scripts).map(([name, text]) => [name, createHash('sha1').update(text).digest('hex')]),
    ) as Record<ScriptName, string>;
    this.ended = new Promise((_, reject) => {
      this.#end = reject;
    });
    this.ended.catch(() => {});
    client.on('error', (error: Error) => this.#fail(error));
    client.on('end', () => this.#fail(new Error('the connection has ended')));
    client.on('close', () => this.#fail(new Error('the connection was closed')));
  }

  static async open(address: RedisAddress, scripts: Scripts = SCRIPTS): Promise<Connection> {
    const client = await clientOf(address);
    const connection = new Connection(client, address, scripts);
    try {
      await Promise.race([client.connect(), connection.ended, late()]);
      await connection.#load(Object.values(scripts));
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  /** Runs a script on the slot that `key` is in. Answers are texts and numbers. */
  async run(script: ScriptName, key: string, ...args: readonly Argument[]): Promise<unknown> {
    return await this.#ask(() => this.#client.evalsha(this.#hashes[script], 1, key, ...args));
  }

  /** The same, where there are pseudonyms in the answer: all of its texts are bytes. */
  async runForBytes(script: ScriptName, key: string, ...args: readonly Argument[]): Promise<unknown> {
    return await this.#ask(() => this.#client.callBuffer('EVALSHA', this.#hashes[script], 1, key, ...args));
  }

  async fields(key: string, ...names: readonly string[]): Promise<(string | null)[]> {
    return await this.#ask(() => this.#client.hmget(key, ...names));
  }

  /** What each server that takes writes says of itself; of one section. */
  async about(section: string): Promise<string[]> {
    return await this.#ask(() => Promise.all(this.#masters().map((master) => master.info(section))));
  }

  /** `reason`: what ends it, as it is. */
  close(reason?: Error): void {
    if (reason) this.#finish(reason);
    else this.#fail(new Error('the connection was given up'));
    this.#client.disconnect();
  }

  #masters(): readonly Redis[] {
    const client = this.#client;
    return 'nodes' in client ? client.nodes('master') : [client];
  }

  async #load(texts: readonly string[]): Promise<void> {
    await this.#ask(async () => {
      for (const master of this.#masters()) for (const text of texts) await master.script('LOAD', text);
    });
  }

  async #ask<T>(command: () => Promise<T>): Promise<T> {
    if (this.#failure) throw this.#failure;
    try {
      return await command();
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      throw this.#failure ?? error;
    }
  }

  #fail(error: Error): void {
    if (this.#failure) return;
    const { kind, hosts, isTls } = this.#address;
    const [where] = hosts;
    const what = kind === 'single' ? '' : `${kind} `;
    const named = `${what}${where?.host}:${where?.port}${isTls ? ' over TLS' : ''}`;
    const code = 'code' in error ? String(error.code) : '';
    const advice = OF_UNKNOWN_AUTHORITY.has(code) ? '; NODE_EXTRA_CA_CERTS must name the file with its CA' : '';
    this.#finish(new Error(`Redis at ${named}: ${error.message}${advice}`, { cause: error }));
  }

  #finish(failure: Error): void {
    if (this.#failure) return;
    this.#failure = failure;
    this.#end(failure);
    this.#client.disconnect();
  }
}

async function clientOf(address: RedisAddress): Promise<Redis | Cluster> {
  const { Redis, Cluster } = await import('ioredis');
  const { kind, hosts, isTls, user, password, database, master } = address;
  const [{ host, port } = { host: '', port: 0 }] = hosts;
  const options = {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectTimeout: CONNECT_MILLISECONDS,
    commandTimeout: COMMAND_MILLISECONDS,
    ...(user !== undefined && { username: user }),
    ...(password !== undefined && { password }),
    // Each server's certificate names that server; the client says which one it connects to.
    ...(isTls && { tls: {} }),
  };
  if (kind === 'cluster')
    return new Cluster([...hosts], {
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: () => null,
      redisOptions: options,
      // Certificates name the hosts, not their addresses.
      ...(isTls && { dnsLookup: (name: string, found: (error: null, name: string) => void) => found(null, name) }),
    });
  if (kind === 'sentinel')
    return new Redis({
      ...options,
      sentinels: [...hosts],
      name: master ?? '',
      sentinelRetryStrategy: () => null,
      ...(isTls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
    });
  // Behind one address there may be many, each with a name; an address is none.
  const tls = isTls && isIP(host) === 0 ? { tls: { servername: host } } : {};
  return new Redis({ ...options, ...tls, host, port, db: database });
}

async function late(): Promise<never> {
  await pause(2 * CONNECT_MILLISECONDS, undefined, { ref: false });
  throw new Error(`no answer within ${(2 * CONNECT_MILLISECONDS) / 1000} seconds`);
}
