/** A command's side of the control socket: is there a daemon that holds the index that is meant, and what does it answer? */
import { accessSync, constants } from 'node:fs';
import { request as httpRequest } from 'node:http';
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
  const meant = indexMeant(config);
  if (meant === 'missing') return undefined;
  const headers = meant === undefined ? {} : { [INDEX_HEADER]: meant };
  for (const socketPath of new Set([ownSocket(config), config.control.socket ?? SERVICE_SOCKET])) {
    const answer = await exchange({ socketPath, method, path: `/${name}${pathOf(args)}`, headers });
    if (answer === 'refused' && meant === undefined) throw new Error(refused(socketPath));
    if (typeof answer === 'string' || answer.status === 421) continue;
    if (answer.status === 200) return { value: answer.body as T };
    return { problem: (answer.body as { error?: string }).error ?? `the daemon answered ${answer.status}` };
  }
  return undefined;
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

interface Exchange {
  readonly socketPath: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** `nobody` listens there; or who asks is `refused`. */
async function exchange(asked: Exchange): Promise<{ status: number; body: unknown } | 'nobody' | 'refused'> {
  const { socketPath } = asked;
  try {
    return await new Promise((resolve, reject) => {
      const request = httpRequest(
        { ...asked, agent: false, ...(asked.method === 'GET' && { timeout: SILENT_MS }) },
        (response) => {
          json(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
        },
      );
      request.on('timeout', () => request.destroy(new Error('it says nothing')));
      request.on('error', reject);
      request.end();
    });
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR' || code === 'ENOTSOCK') return 'nobody';
    if (code === 'EACCES' || code === 'EPERM') return 'refused';
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the daemon that listens on ${socketPath} cannot be asked (${reason}): see its journal`, { cause });
  }
}

function refused(socketPath: string): string {
  return `this user may not ask the daemon: its socket ${socketPath} is for root and the group that it belongs to (ls -l ${socketPath})`;
}
