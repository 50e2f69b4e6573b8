/**
 * Where the union is, from the text of `cluster.url`:
 *
 *   redis://HOST:PORT/DB, rediss://USER:PASSWORD@HOST   one server; with two s over TLS
 *   redis+sentinel://HOST,HOST:PORT/NAME                the master that sentinels give for NAME
 *   redis+cluster://HOST,HOST                           a Redis Cluster, of which some are named
 */
export interface RedisAddress {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly isTls: boolean;
  /** At least one. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly user?: string;
  readonly password?: string;
  /** 0 where none is named. */
  readonly database: number;
  /** The name that the sentinels have for the master. */
  readonly master?: string;
}

const URL_FORM = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^@/]+)(?:\/([^/]*))?$/;
const HOST_FORM = /^(\[[\da-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i;

/** Undefined where the text is none of these forms. */
export function redisAddress(url: string): RedisAddress | undefined {
  const [, scheme, form, login, list = '', rest = ''] = URL_FORM.exec(url) ?? [];
  if (scheme === undefined) return undefined;
  const kind = form === 'sentinel' || form === 'cluster' ? form : 'single';
  const hosts = list.split(',').map((each) => hostOf(each, kind === 'sentinel' ? 26_379 : 6379));
  const credentials = credentialsOf(login);
  const isNumber = /^\d*$/.test(rest);
  if (!hosts.every((each) => each !== undefined) || credentials === undefined) return undefined;
  if (kind === 'sentinel' ? rest === '' : !isNumber) return undefined;
  if ((kind === 'single' && hosts.length > 1) || (kind === 'cluster' && Number(rest) !== 0)) return undefined;
  return {
    kind,
    isTls: scheme === 'rediss',
    hosts,
    ...credentials,
    database: kind === 'sentinel' ? 0 : Number(rest),
    ...(kind === 'sentinel' && { master: rest }),
  };
}

/** The text without the password, as it may be shown. */
export function withoutPassword(url: string): string {
  return url.replace(/^([^@:]*:\/\/[^@:]*):.*@/, '$1:***@');
}

function hostOf(text: string, usual: number): { host: string; port: number } | undefined {
  const [, host, port = String(usual)] = HOST_FORM.exec(text) ?? [];
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) return undefined;
  return { host: host.replaceAll(/[[\]]/g, ''), port: Number(port) };
}

/** USER, USER:PASSWORD or :PASSWORD, with % before what a URL may not hold. */
function credentialsOf(login: string | undefined): { user?: string; password?: string } | undefined {
  if (login === undefined) return {};
  const colon = login.indexOf(':');
  try {
    const user = decodeURIComponent(colon < 0 ? login : login.slice(0, colon));
    const password = colon < 0 ? '' : decodeURIComponent(login.slice(colon + 1));
    return { ...(user !== '' && { user }), ...(password !== '' && { password }) };
  } catch {
    return undefined;
  }
}
