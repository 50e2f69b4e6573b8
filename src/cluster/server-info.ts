/** What a server of Redis or Valkey says of itself, and what of it is a problem. Pure. */
type Info = ReadonlyMap<string, string>;

/** The lines NAME:VALUE of what a server says of itself. */
export function infoOf(text: string): Info {
  return new Map([...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name = '', value = '']) => [name, value]));
}

export function versionOf(info: Info): string {
  const valkey = info.get('valkey_version');
  return valkey === undefined ? `Redis ${info.get('redis_version') ?? 'of no known version'}` : `Valkey ${valkey}`;
}

export function versionProblem(version: string): string[] {
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(version) ?? [];
  const isOld = Number(major) < 6 || (Number(major) === 6 && Number(minor) < 2);
  return isOld ? [`${version} cannot be used: take Redis 6.2 or newer, or Valkey`] : [];
}

export function memoryProblem(info: Info): string[] {
  const policy = info.get('maxmemory_policy') ?? '';
  // The others throw away only what is to last for a while, which no user is.
  if (!policy.startsWith('allkeys-') || info.get('maxmemory') === '0') return [];
  return [`maxmemory-policy of Redis is ${policy}, which throws users away when memory is short: set it to noeviction`];
}

/** With replicas, a master that they have left must not go on by itself. */
export function replicationProblem(info: Info): string[] {
  const replicas = Number(info.get('connected_slaves') ?? 0);
  if (replicas === 0 || info.has('min_slaves_good_slaves')) return [];
  return [
    `Redis has ${replicas === 1 ? 'a replica' : `${replicas} replicas`} and min-replicas-to-write is 0, so that a master that is cut off goes on by itself: set min-replicas-to-write 1`,
  ];
}
