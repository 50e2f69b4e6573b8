/** A StatsD server for the demo: it hears every packet, and says when a whole count has come. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface PacketListener {
  readonly port: number;
  /** All metrics that came since the last call, once `enough` holds for them. Rejects when they do not come in time. */
  heard(enough: (metrics: readonly string[]) => boolean): Promise<string[]>;
  close(): void;
}

const DEADLINE_MS = 60_000;

export async function listenForPackets(): Promise<PacketListener> {
  const socket = createSocket('udp4');
  let metrics: string[] = [];
  socket.on('message', (packet) => metrics.push(...packet.toString().trimEnd().split('\n')));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    async heard(enough) {
      const signal = AbortSignal.timeout(DEADLINE_MS);
      while (!enough(metrics))
        await once(socket, 'message', { signal }).catch((cause: unknown) => {
          throw new Error(`the daemon sent no whole count within ${DEADLINE_MS / 1000} s`, { cause });
        });
      const heard = metrics;
      metrics = [];
      return heard;
    },
    close: () => socket.close(),
  };
}
