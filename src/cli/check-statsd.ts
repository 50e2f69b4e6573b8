/** What `check` says of StatsD: whether its name resolves, and whether somebody listens there. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { connect, isIPv6 } from 'node:net';
import type { Config } from '../config/config.ts';
import { windowName } from '../report/metric-name.ts';
import { addressOf } from '../report/statsd/packets.ts';
import type { Report } from './check-report.ts';

const CONNECT_MS = 3000;
/** A refusal comes at once on this host, and from another one in the time of its answer. */
const REFUSAL_MS = 300;

export async function checkStatsd({ statsd }: Config, { lines, failures }: Report): Promise<void> {
  const { host, port, protocol, prefix, hostTag } = statsd;
  const place = protocol === 'uds' ? host : host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  lines.push(
    `StatsD ${place} over ${protocol}: ${prefix}${windowName(1)}${hostTag ? ' with the tag host:HOST' : '.HOST'}, ...`,
  );
  try {
    if (protocol === 'uds') await access(host, constants.W_OK);
    if (protocol === 'tcp') await connects(await addressOf(host), port);
    if (protocol === 'udp') await isNotRefused(await addressOf(host), port);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    failures.push(`${troubleWith(statsd, place, reason)} (${reason})`);
  }
}

async function connects(host: string, port: number): Promise<void> {
  const socket = connect({ host, port });
  socket.setTimeout(CONNECT_MS, () => socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}

/** Over UDP nobody says that they listen; but the system of a host on which nobody does refuses. An empty datagram is no metric. */
async function isNotRefused(host: string, port: number): Promise<void> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  let timer: NodeJS.Timeout | undefined;
  try {
    socket.connect(port, host);
    await once(socket, 'connect');
    const refused = once(socket, 'error').then(([error]) => Promise.reject(error));
    const silence = new Promise<void>((resolve) => (timer = setTimeout(resolve, REFUSAL_MS)));
    socket.send('');
    await Promise.race([refused, silence]);
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

function troubleWith({ host, port, protocol }: Config['statsd'], place: string, reason: string): string {
  if (protocol === 'uds') return `statsd.host ${host}: the socket cannot be used`;
  if (protocol === 'udp' && reason === 'ECONNREFUSED')
    return `statsd: nobody listens at ${place} over udp; start StatsD, or correct statsd.host and statsd.port`;
  if (/^E(?:CONN|TIMEDOUT|HOST|NET)/.test(reason)) return `statsd: nothing answers at ${host}:${port} over ${protocol}`;
  return `statsd.host ${host}: the name does not resolve`;
}
