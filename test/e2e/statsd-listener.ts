/** A StatsD server's ear: a UDP socket on loopback that keeps every packet as it came. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Arrivals } from './arrivals.ts';

export interface StatsdListener {
  readonly port: number;
  readonly packets: Arrivals<string>;
  /** The last value of every gauge whose name begins with `prefix`, of the packets from index `from` on. */
  gauges(prefix: string, from?: number): Map<string, number>;
  close(): void;
}

const GAUGE = /^([^:|]+):(-?\d+(?:\.\d+)?)\|g$/;

export async function listenForStatsd(): Promise<StatsdListener> {
  const packets = new Arrivals<string>();
  const socket = createSocket('udp4').on('message', (bytes) => packets.add(bytes.toString()));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    packets,
    gauges: (prefix, from = 0) => lastGauges(packets.all.slice(from), prefix),
    close: () => void socket.close(),
  };
}

/** Metrics of several lines in one packet, as hot-shots sends them, count as several. */
function lastGauges(packets: readonly string[], prefix: string): Map<string, number> {
  const gauges = new Map<string, number>();
  for (const metric of packets.flatMap((packet) => packet.split('\n'))) {
    const [, name, value] = GAUGE.exec(metric) ?? [];
    if (name?.startsWith(prefix)) gauges.set(name, Number(value));
  }
  return gauges;
}
