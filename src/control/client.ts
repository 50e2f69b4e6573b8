/** A command's side of the control socket: is there a daemon that holds the index that is meant, and what does it answer? */
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import type { Config } from '../config/config.ts';
import type { Reply, Request } from './requests.ts';
import { codeOf, INDEX_HEADER, indexIdentity, ownSocket, SERVICE_SOCKET } from './socket.ts';

/** Milliseconds without a word from the daemon, of what takes no time. */
const SILENT_MS = 60_000;

/** Asks the daemon; undefined where none runs that holds this index. @throws a sentence where it cannot be asked */
export async function askDaemon<A, T>(
  { method, name, pathOf }: Request<A, T>,
  args: A,
  config: Config,
): Promise<Reply<T> | undefined> {
  const exchange = await exchangeWith(config, { method, path: `/${name}${pathOf(args)}` });
  if (!exchange) return undefined;
  const { response, socketPath } = exchange;
  if (response.statusCode !== 200) return { problem: await problemIn(exchange) };
  return { value: (await json(response).catch((cause: unknown) => cannotBeAsked(socketPath, cause))) as T };
}

interface Asked {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Whether more is to be said than that. */
  readonly hasBody?: boolean;
}

export interface Exchange {
  readonly socketPath: string;
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
}

/** With the daemon; undefined where none runs that holds this index. @throws a sentence where it cannot be asked */
export async function exchangeWith(config: Config, asked: Asked): Promise<Exchange | undefined> {
  const meant = indexMeant(config);
  if (meant === 'missing') return undefined;
  const headers = meant === undefined ? {} : { [INDEX_HEADER]: meant };
  for (const socketPath of new Set([ownSocket(config), config.control.socket ?? SERVICE_SOCKET])) {
    const exchange = await exchangeAt(socketPath, headers, asked);
    if (exchange === 'refused' && meant === undefined) throw new Error(refused(socketPath));
    if (typeof exchange === 'string') continue;
    if (exchange.response.statusCode !== 421) return exchange;
    exchange.request.destroy();
  }
  return undefined;
}

/** Why it did not answer what was asked for. */
export async function problemIn({ response, socketPath }: Exchange): Promise<string> {
  const body = await json(response).catch((cause: unknown) => cannotBeAsked(socketPath, cause));
  return (body as { error?: string } | undefined)?.error ?? `the daemon answered ${response.statusCode}`;
}

/**
 * Which index; undefined where any will do: none is named, and there is none at the usual place, or only the daemon may look
 * there.
 */
function indexMeant({ control, index, origin }: Config): string | undefined {
  const isNamed = origin.get('index.path') !== 'default';
  if (!isNamed && control.socket !== undefined) return undefined;
  try {
    const identity = indexIdentity(index.path);
    if (identity === undefined) return isNamed ? 'missing' : undefined;
    accessSync(index.path, constants.R_OK | constants.W_OK | constants.X_OK);
    return identity;
  } catch {
    return undefined;
  }
}

/** `nobody` listens there; or who asks is `refused`. */
async function exchangeAt(
  socketPath: string,
  headers: Readonly<Record<string, string>>,
  { method, path, hasBody = false }: Asked,
): Promise<Exchange | 'nobody' | 'refused'> {
  const request = httpRequest({ socketPath, method, path, headers, agent: false });
  if (method === 'GET') request.setTimeout(SILENT_MS, () => request.destroy(new Error('it says nothing')));
  // Once it is answered, whoever reads the answer sees that there is no more.
  request.on('error', () => {});
  try {
    if (hasBody) request.flushHeaders();
    else request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return { socketPath, request, response };
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR' || code === 'ENOTSOCK') return 'nobody';
    if (code === 'EACCES' || code === 'EPERM') return 'refused';
    return cannotBeAsked(socketPath, cause);
  }
}

function cannotBeAsked(socketPath: string, cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new Error(`the daemon that listens on ${socketPath} cannot be asked (${reason}): see its journal`, { cause });
}

function refused(socketPath: string): string {
  return `this user may not ask the daemon: its socket ${socketPath} is for root and the group that it belongs to (ls -l ${socketPath})`;
}
