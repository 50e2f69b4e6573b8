/**
 * Carbon's two protocols over TCP: plain lines, and Python pickles with their length in front (quicker for carbon to read).
 * Neither has an answer. What can be known is that carbon took the bytes and, at the end, closed the connection in good order after
 * reading all of it; everything else is an error.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Point } from './points.ts';

export type Protocol = 'plaintext' | 'pickle';

/** Points of one metric, ready to be written. */
export function encode(protocol: Protocol, name: string, points: readonly Point[]): Buffer {
  return protocol === 'pickle' ? pickle(name, points) : plaintext(name, points);
}

function plaintext(name: string, points: readonly Point[]): Buffer {
  return Buffer.from(points.map(([at, value]) => `${name} ${value} ${at}\n`).join(''));
}

/**
 * `[(name, (time, value)), ...]` in pickle protocol 2, which every Python since 2.3 reads. Opcodes: PROTO 2, EMPTY_LIST, MARK; for each
 * point BINUNICODE, BINFLOAT, BINFLOAT, TUPLE2, TUPLE2; then APPENDS and STOP. Carbon refuses more than 1 MiB at once.
 */
function pickle(name: string, points: readonly Point[]): Buffer {
  const text = Buffer.from(name);
  const perPoint = 5 + text.length + 9 + 9 + 2;
  const bytes = Buffer.alloc(4 + 4 + points.length * perPoint + 2);
  bytes.writeUInt32BE(bytes.length - 4, 0);
  bytes.write('\x80\x02](', 4, 'latin1');
  let offset = 8;
  for (const [at, value] of points) {
    offset = bytes.write('X', offset, 'latin1') + offset;
    offset = bytes.writeUInt32LE(text.length, offset);
    offset += text.copy(bytes, offset);
    offset = bytes.writeDoubleBE(at, bytes.write('G', offset, 'latin1') + offset);
    offset = bytes.writeDoubleBE(value, bytes.write('G', offset, 'latin1') + offset);
    offset += bytes.write('\x86\x86', offset, 'latin1');
  }
  bytes.write('e.', offset, 'latin1');
  return bytes;
}

/** Carbon stops reading while its cache is full, and goes on when it has written some of it. */
const patienceMs = 120_000;

/** One connection to carbon. Every error of the socket comes out of the next call. */
export class CarbonConnection {
  readonly #socket: Socket;
  readonly #broken = new AbortController();
  readonly #patienceMs: number;
  #ending = false;

  private constructor(socket: Socket, patience: number) {
    this.#socket = socket;
    this.#patienceMs = patience;
    socket.on('error', (error) => this.#broken.abort(error));
    socket.on('close', () => this.#broken.abort(new Error('it closed the connection')));
    // Carbon says nothing; reading is only how its closing is noticed.
    socket.resume().on('end', () => {
      if (!this.#ending) this.#broken.abort(new Error('it closed the connection'));
    });
  }

  /** `patience`: milliseconds in which something must happen. */
  static async open(host: string, port: number, patience = patienceMs): Promise<CarbonConnection> {
    const connection = new CarbonConnection(connect({ host, port, noDelay: true }), patience);
    try {
      await connection.#next('connect', 'it did not answer');
    } catch (error) {
      connection.destroy();
      throw error;
    }
    return connection;
  }

  /** Resolves when more may be written. */
  async write(bytes: Buffer): Promise<void> {
    this.#broken.signal.throwIfAborted();
    if (!this.#socket.write(bytes)) await this.#next('drain', 'it has read nothing');
  }

  /** Resolves when carbon has read everything. */
  async end(): Promise<void> {
    this.#broken.signal.throwIfAborted();
    this.#ending = true;
    this.#socket.end();
    await this.#next('close', 'it did not close the connection after the last point');
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** A timer, not `AbortSignal.timeout`: one that only `AbortSignal.any` knows is garbage to Node 20, and never fires. */
  async #next(event: 'connect' | 'drain' | 'close', failing: string): Promise<void> {
    const impatience = new AbortController();
    const timer = setTimeout(
      () => impatience.abort(new Error(`${failing} for ${this.#patienceMs / 1000} s`)),
      this.#patienceMs,
    );
    const signal = event === 'close' ? impatience.signal : AbortSignal.any([this.#broken.signal, impatience.signal]);
    try {
      await once(this.#socket, event, { signal });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      clearTimeout(timer);
    }
  }
}
