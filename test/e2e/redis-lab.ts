/** A real redis-server on a port of the loopback, in a directory of its own; it can be killed, and started again with what it kept. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild, type Child } from './child.ts';

export class RedisLab {
  readonly directory = mkdtempSync(join(tmpdir(), 'redis-'));
  readonly port: number;
  readonly #options: readonly string[];
  #server: Child | undefined;

  private constructor(port: number, options: readonly string[]) {
    this.port = port;
    this.#options = options;
  }

  /** `options`: of redis-server, as on its command line; without any nothing is kept. */
  static async start(options: readonly string[] = ['--save', '', '--appendonly', 'no']): Promise<RedisLab> {
    if (!existsSync('/usr/bin/redis-server'))
      throw new Error('redis-server is not installed: apt-get install redis-server redis-sentinel');
    const lab = new RedisLab(await freePort(), options);
    await lab.restart();
    return lab;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async restart(): Promise<void> {
    const where = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.directory];
    this.#server = startChild('redis-server', [...where, ...this.#options]);
    await this.#server.lines.first('redis-server', (line) => /Ready to accept connections/.test(line));
  }

  async kill(): Promise<void> {
    await this.#server?.end('SIGKILL');
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('there is no port');
  return address.port;
}
