/** A real Prometheus on loopback, and a way for it to the daemon's socket. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import { join } from 'node:path';
import { startChild, type Child } from './child.ts';
import { eventually, freePorts, listening } from './graphite.ts';

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** Hands each request to a unix socket, since Prometheus knows none. */
export async function forwardTo(socketPath: string): Promise<{ port: number; close(): void }> {
  const server = createServer((request, response) => {
    get({ socketPath, path: request.url }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    }).on('error', () => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(address !== null && typeof address === 'object');
  return { port: address.port, close: () => server.close() };
}

export interface Prometheus {
  readonly url: string;
  readonly child: Child;
  /** The series that a query gives. */
  query(expression: string): Promise<readonly Series[]>;
}

/** Asks each job, which is one port, every second; its files are in `directory`. Needs the Debian package prometheus. */
export async function startPrometheus(directory: string, jobs: Readonly<Record<string, number>>): Promise<Prometheus> {
  const [port = 0] = await freePorts(1);
  const scrapes = Object.entries(jobs).map(
    ([job, at]) => `  - { job_name: ${job}, static_configs: [{ targets: ['127.0.0.1:${at}'] }] }\n`,
  );
  const config = join(directory, 'prometheus.yml');
  await writeFile(config, `global: { scrape_interval: 1s }\nscrape_configs:\n${scrapes.join('')}`);
  const files = [`--config.file=${config}`, `--storage.tsdb.path=${join(directory, 'data')}`];
  const child = startChild('prometheus', [...files, `--web.listen-address=127.0.0.1:${port}`]);
  await listening(port);
  const url = `http://127.0.0.1:${port}`;
  // It listens before it answers.
  const isReady = await eventually(
    async () => (await fetch(`${url}/-/ready`)).ok,
    (yes) => yes,
  );
  assert(isReady, 'Prometheus is not ready');
  return { url, child, query: (expression) => query(url, expression) };
}

async function query(url: string, expression: string): Promise<readonly Series[]> {
  const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: expression }).toString()}`);
  const answer = (await response.json()) as { data?: { result: Series[] } };
  return answer.data?.result ?? [];
}
