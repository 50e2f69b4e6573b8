/** A server that lets a remote party write whole lines of its choosing into the log: nothing can be done about it here. */
import { dialectNamed } from '../format.ts';

/** As a version that is not known may be as new as can be. */
const NEWEST = '9999.0.0';

/** A warning, where the log has named such a version of its server, or all versions are such ones; else undefined. */
export function forgeryWarning(
  path: string,
  server: string | undefined,
  version: string | undefined,
): string | undefined {
  if (!dialectNamed(server ?? '')?.isForgeable(version ?? NEWEST)) return undefined;
  const writer = version === undefined ? server : `${server} ${version}`;
  return `${path} is written by ${writer}, which lets a remote party write whole lines of its choosing into the log: counts can be forged, and only a newer version of the server (Prosody 0.12 or later) helps`;
}

/** What is told of lines that were passed over as the text of a remote party; undefined when there are none. */
export function quotedWarning(path: string, server: string | undefined, quoted: number): string | undefined {
  if (quoted === 0) return undefined;
  const why = dialectNamed(server ?? '')?.advice.quoting;
  return `${path}: lines passed over as the text of a remote party${why === undefined ? '' : `, ${why}`}: ${quoted}`;
}
