/**
 * One batch of metrics over the wire, through hot-shots. A fresh client for each batch: batches are rare (an hour apart by
 * default), and what goes wrong with StatsD goes wrong between them. A name that moved to another address, a restarted
 * TCP server (hot-shots does not reconnect after an orderly close: the code ERR_SOCKET_DESTROYED is not among those it
 * acts on) and a socket file that was replaced are all met by simply asking and connecting again.
 */
import { createRequire } from 'node:module';
import { lookup } from 'node:dns/promises';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { once } from 'node:events';
import type { ClientOptions, StatsD } from 'hot-shots';

export interface Metric {
  readonly name: string;
  readonly value: number;
  readonly kind: 'gauge' | 'counter';
  readonly tags: Readonly<Record<string, string>>;
}

export interface Destination {
  /** A name or an address; for `uds` the path of the socket. */
  readonly host: string;
  readonly port: number;
  readonly protocol: 'udp' | 'tcp' | 'uds';
}

/** What fits into one Ethernet frame, so that no datagram is cut in pieces on its way. */
const datagramBytes = 1432;
/** Metrics handed over before waiting for the socket: a few datagrams, which no receive buffer is too small for. */
const metricsAtOnce = 200;
const silenceMs = 10_000;
const goodbyeMs = 1000;

/** Sends the metrics in their order. Rejects with the system's error if they could not be handed over; for UDP that means only that
 * the name could not be resolved or the network refused. */
export async function sendMetrics(to: Destination, metrics: readonly Metric[], signal: AbortSignal): Promise<void> {
  if (to.protocol === 'udp') return sendDatagrams(to, metrics);
  if (to.protocol === 'tcp') return sendStream({ host: to.host, port: to.port }, metrics, signal);
  try {
    return await sendStream({ path: to.host }, metrics, signal);
  } catch (error) {
    if (!isDatagramSocket(error)) throw error;
    return sendUnixDatagrams(to.host, metrics);
  }
}

async function sendDatagrams(to: Destination, metrics: readonly Metric[]): Promise<void> {
  const host = await addressOf(to.host);
  await sendThrough({ protocol: 'udp', host, port: to.port }, metrics);
}

/** IPv4 first: StatsD servers listen there by default, while `localhost` often names ::1 before 127.0.0.1. */
export async function addressOf(host: string): Promise<string> {
  const addresses = await lookup(host, { all: true });
  const chosen = addresses.find((address) => address.family === 4) ?? addresses[0];
  if (chosen === undefined) throw new Error(`the name ${host} has no address`);
  return chosen.address;
}

async function sendStream(to: NetConnectOpts, metrics: readonly Metric[], signal: AbortSignal): Promise<void> {
  const socket = await connected(to, signal);
  const stop = (): void => void socket.destroy(new Error('stopped before it was sent'));
  signal.addEventListener('abort', stop, { once: true });
  try {
    await sendThrough({ protocol: 'stream', stream: socket }, metrics, () => ended(socket));
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}

/** Closes our side and waits for the other's: a server that dropped the connection instead shows as an error. */
async function ended(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  socket.removeAllListeners('timeout').setTimeout(goodbyeMs, () => socket.destroy());
  socket.resume().end();
  await once(socket, 'close');
}

async function connected(to: NetConnectOpts, signal: AbortSignal): Promise<Socket> {
  const socket = connect(to);
  // A server that accepts and never reads would otherwise hold this batch, and every later one, for ever.
  socket.setTimeout(silenceMs, () => socket.destroy(new Error(`no progress for ${silenceMs / 1000} s`)));
  socket.unref();
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.on('error', () => undefined).destroy();
    throw error;
  }
}

/** A listening datagram socket refuses a stream; Node itself can speak to it only with the native package. */
function isDatagramSocket(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPROTOTYPE';
}

async function sendUnixDatagrams(path: string, metrics: readonly Metric[]): Promise<void> {
  if (!canSendUnixDatagrams()) {
    throw new Error(
      `${path} is a datagram socket, and the package unix-dgram, which Node needs for these, is not built here. ` +
        'Set statsd.protocol to "udp", or let the server listen on a unix stream socket',
    );
  }
  await sendThrough({ protocol: 'uds', path, udsGracefulErrorHandling: false }, metrics);
}

function canSendUnixDatagrams(): boolean {
  try {
    createRequire(import.meta.url)('unix-dgram');
    return true;
  } catch {
    return false;
  }
}

async function sendThrough(
  transport: ClientOptions,
  metrics: readonly Metric[],
  end?: () => Promise<void>,
): Promise<void> {
  const failures: Error[] = [];
  // It takes as long to load as much of the rest together, and a daemon has to read its logs before it has anything to send.
  const { StatsD } = await import('hot-shots');
  const client = new StatsD({
    ...transport,
    // Without these, any DD_ variable in the environment adds tags and container ids that StatsD answers with "Bad line".
    datadog: false,
    includeDataDogTags: false,
    includeDatadogTelemetry: false,
    maxBufferSize: datagramBytes,
    errorHandler: (error) => failures.push(error),
  });
  try {
    for (let first = 0; first < metrics.length && failures.length === 0; first += metricsAtOnce) {
      for (const metric of metrics.slice(first, first + metricsAtOnce)) hand(client, metric);
      await flushed(client);
    }
    await end?.();
  } finally {
    await closed(client, end === undefined);
  }
  if (failures[0] !== undefined) throw failures[0];
}

/** As an option object: given as an argument, a tag named `timestamp` would be taken for an option. */
function hand(client: StatsD, { kind, name, value, tags }: Metric): void {
  if (kind === 'gauge') client.gauge(name, value, { tags: { ...tags } });
  else client.increment(name, value, { tags: { ...tags } });
}

function flushed(client: StatsD): Promise<void> {
  return new Promise((resolve, reject) => client.flush((error) => (error ? reject(error) : resolve())));
}

/**
 * Errors of closing are of no interest: either all was sent, or a better error is under way. A stream is not waited for: hot-shots
 * never calls back about one that is closed already.
 */
function closed(client: StatsD, wait: boolean): Promise<void> {
  return new Promise((resolve) => {
    client.close(() => resolve());
    if (!wait) resolve();
  });
}
