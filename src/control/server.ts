/**
 * The daemon's side of the control socket: requests over HTTP, each answered from the index that the daemon holds. Whoever may
 * connect may ask; who stalls, sends too much or nonsense is sent away, and harms nobody else.
 */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { OPENMETRICS_TYPE, openMetrics } from '../report/openmetrics.ts';
import { before, count, type HeldIndex } from '../service/operations.ts';
import { COUNT, FORGET, LAST, LIST, PAST, STORE, type Reply, type Request } from './requests.ts';
import { metricsOf, type Standing } from '../report/standing.ts';
import { BACKFILL, INDEX_HEADER, indexIdentity, listenAt } from './socket.ts';
import { takeBackfill } from './backfill-server.ts';

/** Bytes; the longest JID, percent-encoded, fits. */
const MAX_HEADER = 16_384;
/** Milliseconds for the head of a request, and without a byte in either direction. */
const HEADERS_MS = 10_000;
const IDLE_MS = 30_000;
const MAX_CONNECTIONS = 64;

const REQUESTS = [COUNT, LAST, LIST, PAST, FORGET, STORE] as readonly Request<unknown, object>[];
const PATHS = '/count, /last/JID, /list, /forget/JID, /status and /metrics';

export interface ControlOptions {
  /** Of the program. */
  readonly version: string;
  /** Unix seconds. */
  readonly now: () => number;
  readonly tell: (level: 'warning', sentence: string) => void;
}

interface Answer {
  readonly status: number;
  /** To be sent as JSON, but for text. */
  readonly body: object | string;
}

export class ControlServer {
  readonly #options: ControlOptions;
  readonly #server: Server;
  /** Who takes the connections: loaded with the first, as that takes as long as a third of the start of a daemon, and few are asked. */
  #http: Promise<HttpServer> | undefined;
  /** By connection: until the head of its request has to be there. */
  readonly #late = new Map<Socket, NodeJS.Timeout>();
  #place: number | string | undefined;
  #held: HeldIndex | undefined;
  #isCaughtUp = false;
  #isFilling = false;

  constructor(options: ControlOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void this.#take(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /**
   * On a descriptor that systemd has opened, or on the socket of that path, and no longer on another. Where nobody can be heard, that is
   * told: counting goes on.
   */
  async listen(place: number | string): Promise<void> {
    if (this.#place === place) return;
    this.#place = place;
    try {
      await this.close();
      await listenAt(this.#server, place);
    } catch (error) {
      this.#options.tell('warning', messageOf(error));
    }
  }

  /** From now on it is asked of this index; undefined while there is none. */
  hold(held: HeldIndex | undefined): void {
    this.#held = held;
    this.#isCaughtUp = false;
  }

  /** All that the logs hold has been read into it: it can answer. */
  caughtUp(): void {
    this.#isCaughtUp = true;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#late.keys()) socket.destroy();
    await closed;
  }

  async #take(socket: Socket): Promise<void> {
    this.#late.set(
      socket,
      setTimeout(() => socket.destroy(), HEADERS_MS),
    );
    socket.once('close', () => {
      clearTimeout(this.#late.get(socket));
      this.#late.delete(socket);
    });
    // Who goes away before anybody has listened.
    socket.on('error', () => {});
    this.#http ??= this.#loadHttp();
    const http = await this.#http;
    if (!socket.destroyed) http.emit('connection', socket);
  }

  async #loadHttp(): Promise<HttpServer> {
    const http = await import('node:http');
    const server = http.createServer(
      { maxHeaderSize: MAX_HEADER },
      (request, response) => void this.#respond(request, response),
    );
    server.timeout = IDLE_MS;
    return server;
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Who goes away is not waited for.
    response.on('error', () => {});
    // Who asks has said all; what takes long is waited for.
    request.socket.setTimeout(0);
    clearTimeout(this.#late.get(request.socket));
    const held = this.#held;
    const isBackfill = request.method === 'POST' && request.url === BACKFILL;
    const why = isBackfill ? this.#whyNotFilled(request) : undefined;
    if (held && isBackfill && !why) return this.#fill(request, response, held);
    const { status, body } =
      why ?? (await this.#answer(request).catch((error: unknown) => failure(500, messageOf(error))));
    // A body was not asked for, and is not read.
    const isText = typeof body === 'string';
    const type = isText ? OPENMETRICS_TYPE : 'application/json';
    response.writeHead(status, { 'content-type': type, connection: 'close' });
    response.end(isText ? body : `${JSON.stringify(body)}\n`);
  }

  /** One at a time, as each is as fast as the daemon can be. */
  async #fill(request: IncomingMessage, response: ServerResponse, held: HeldIndex): Promise<void> {
    this.#isFilling = true;
    try {
      await takeBackfill(request, response, held, this.#options.now());
    } finally {
      this.#isFilling = false;
    }
  }

  #whyNotFilled({ headers }: IncomingMessage): Answer | undefined {
    if (this.#isFilling) return failure(409, 'another backfill is under way: wait for its end');
    return this.#whyNotAsked(headers) ?? this.#whyNotYet();
  }

  /** Also while it reads what was there before it started. */
  #standing(path: '/status' | '/metrics'): Answer {
    const held = this.#held;
    if (!held) return failure(503, 'the daemon is beginning anew: ask again in a moment');
    const { counts: _sent, ...rest } = held.standing();
    const { samples } = this.#isCaughtUp ? count(held, rest.at) : {};
    const standing: Standing = {
      ...{ version: this.#options.version, index: held.config.index.path, isCaughtUp: this.#isCaughtUp },
      ...rest,
      ...(samples && { samples }),
    };
    return {
      status: 200,
      body:
        path === '/status'
          ? { ...standing, before: before(held, rest.at) }
          : openMetrics(metricsOf(standing, held.config.openmetrics)),
    };
  }

  async #answer({ method, url = '', headers }: IncomingMessage): Promise<Answer> {
    const asked = partsOf(url);
    const request = REQUESTS.find(({ name }) => name === asked?.name);
    const held = this.#held;
    const other = this.#whyNotAsked(headers);
    if (other) return other;
    if (method === 'GET' && (url === '/status' || url === '/metrics')) return this.#standing(url);
    if (!asked || !request) return failure(404, `there is only ${PATHS} here`);
    if (method !== request.method) return failure(405, `/${request.name} is asked for with ${request.method}`);
    const args = request.argsOf(asked.rest, asked.query);
    if (args === undefined) return failure(400, `/${request.name} cannot be asked for so: there is ${PATHS}`);
    const notYet = this.#whyNotYet();
    if (!held || notYet) return notYet ?? failure(503, 'ask again later');
    return answerOf(await request.run(held, args, this.#options.now()));
  }

  #whyNotAsked(headers: IncomingMessage['headers']): Answer | undefined {
    const meant = headers[INDEX_HEADER];
    const index = this.#held?.config.index.path;
    if (index === undefined || meant === undefined || meant === indexIdentity(index)) return undefined;
    return failure(421, `the daemon's index is ${index}, and not the one that is meant`);
  }

  #whyNotYet(): Answer | undefined {
    if (this.#held && this.#isCaughtUp) return undefined;
    return failure(503, 'the daemon is still reading what the logs held before it started: ask again later');
  }
}

function answerOf(reply: Reply<object>): Answer {
  return 'value' in reply ? { status: 200, body: reply.value } : failure(404, reply.problem);
}

const failure = (status: number, error: string): Answer => ({ status, body: { error } });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Undefined for what is no path. */
function partsOf(target: string): { name: string; rest: string; query: URLSearchParams } | undefined {
  const [, name = '', rest = '', query = ''] = /^\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(target) ?? [];
  try {
    return { name, rest: decodeURIComponent(rest), query: new URLSearchParams(query) };
  } catch {
    return undefined;
  }
}
