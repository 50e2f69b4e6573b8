/** Servers on loopback that keep what StatsD would have been sent. */
import assert from 'node:assert/strict';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { StatsdReport, type StatsdOptions } from '../../src/report/statsd/statsd.ts';
import { deadline } from '../deadline.ts';

/** What arrives at a server, as a growing text; `has` waits until it holds what is expected. */
export class Received {
  readonly packets: string[] = [];
  #wake: (() => void)[] = [];
  add(text: string): void {
    this.packets.push(text);
    for (const wake of this.#wake.splice(0)) wake();
  }
  get text(): string {
    return this.packets.join('\n');
  }
  async has(enough: (text: string) => boolean): Promise<string> {
    const signal = deadline();
    while (!enough(this.text)) {
      await new Promise<void>((resolve, reject) => {
        this.#wake.push(resolve);
        signal.addEventListener('abort', () => reject(new Error(`received only: ${this.text}`)), { once: true });
      });
    }
    return this.text;
  }
}

export async function udpServer(
  address = '127.0.0.1',
): Promise<{ socket: UdpSocket; port: number; received: Received }> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const received = new Received();
  socket.on('message', (bytes) => received.add(bytes.toString()));
  socket.bind(0, address);
  await once(socket, 'listening');
  return { socket, port: socket.address().port, received };
}

export async function streamServer(
  where: number | string,
  received: Received,
  connections: Set<Socket>,
): Promise<Server> {
  const server = createServer((connection) => {
    connections.add(connection);
    connection.on('error', () => undefined).on('data', (bytes) => received.add(bytes.toString()));
  });
  if (typeof where === 'string') server.listen(where);
  else server.listen(where, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

export function portOf(server: Server): number {
  const address = server.address();
  assert(address !== null && typeof address === 'object');
  return address.port;
}

export function report(options: Partial<StatsdOptions>): { statsd: StatsdReport; errors: Error[] } {
  const errors: Error[] = [];
  const statsd = new StatsdReport({
    host: '127.0.0.1',
    port: 8125,
    protocol: 'udp',
    prefix: 'xmpp.',
    tags: {},
    hostTag: false,
    onError: (error) => errors.push(error),
    ...options,
  });
  return { statsd, errors };
}
