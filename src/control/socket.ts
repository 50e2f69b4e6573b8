/**
 * Where the daemon is asked: on the socket that systemd hands to it, whose unit says who may, or on one that it makes for its
 * own user. Beside it: which daemon it is that listens, as an index may be named that is another's.
 */
import { once } from 'node:events';
import { chmodSync, lstatSync, rmSync, statSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';

/** Where the units of systemd/ have it. */
export const SERVICE_SOCKET = '/run/xmpp-active-users/control.sock';
/** The path at which a backfill is asked for. */
export const BACKFILL = '/backfill';
/** Of a header: which index is meant. */
export const INDEX_HEADER = 'x-index';
/** Bytes of `sun_path`, without its NUL: a longer path would be cut without a word. */
const LONGEST_PATH = 107;

/** In the directory of the index, where no other is configured: there is one daemon for each. */
export function ownSocket({ control, index }: Config): string {
  return control.socket ?? join(index.path, 'control.sock');
}

/** Whatever an index is called, and wherever it is seen from; undefined where there is none. @throws the error of the system */
export function indexIdentity(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}

/** A descriptor that systemd has opened, or a path. @throws a sentence when nobody can be heard there */
export async function listenAt(server: Server, place: number | string): Promise<void> {
  if (typeof place === 'number') return listening(server, { fd: place });
  if (Buffer.byteLength(place) > LONGEST_PATH)
    throw new Error(
      `control.socket ${place}: is longer than ${LONGEST_PATH} bytes; set control.socket to a shorter path`,
    );
  try {
    await listenOrTakeOver(server, place);
    chmodSync(place, 0o600);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`nobody can be heard on control.socket ${place} (${reason}): set control.socket to another path`, {
      cause,
    });
  }
}

/** The socket of a daemon that was killed is still there. */
async function listenOrTakeOver(server: Server, path: string): Promise<void> {
  try {
    await listening(server, { path });
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE' || !lstatSync(path).isSocket()) throw error;
    if (await isAnybodyAt(path)) throw new Error('another daemon listens there', { cause: error });
    rmSync(path, { force: true });
    await listening(server, { path });
  }
}

async function listening(server: Server, at: { fd: number } | { path: string }): Promise<void> {
  server.listen(at);
  await once(server, 'listening');
}

async function isAnybodyAt(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    return codeOf(error) !== 'ECONNREFUSED';
  } finally {
    socket.destroy();
  }
}

export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
