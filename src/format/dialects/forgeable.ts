/** Logs into which a remote party can write lines of its choosing that are not told from real ones, and what is said of them. */
import { dialectNamed } from '../format.ts';
import type { Wrapped } from '../log-format.ts';

/** As a version that is not known may be as new as can be. */
const NEWEST = '9999.0.0';

/** What tells whether forged lines are known. */
interface Writing {
  readonly server: string | undefined;
  /** Of the server, where the log has named it. */
  readonly version: string | undefined;
  readonly wrapped: Wrapped | undefined;
}

/** A warning, and what helps; undefined where forged lines are known, or there can be none. */
export function forgeryWarning(path: string, { server, version, wrapped }: Writing): string | undefined {
  const dialect = dialectNamed(server ?? '');
  // What goes on with a message begins no line.
  if (!dialect || wrapped?.isOutput === false) return undefined;
  if (dialect.isForgeable(version ?? NEWEST)) {
    const writer = version === undefined ? server : `${server} ${version}`;
    return `${path} is written by ${writer}, which lets a remote party write whole lines of its choosing into the log: counts can be forged, and what helps is Prosody 0.12 or later or, with an older one, to let it log to "*syslog", which keeps a message together`;
  }
  if (!dialect.tellsForged || !wrapped?.envelope.altersLengths) return undefined;
  return `${path}: lines of ${wrapped.envelope.name} do not show how long those of ${server} were, by which lines that a remote party forged are known: counts can be forged; read the file that ${server} writes, the journal itself (journal = "UNIT" in [[log]]), or what journalctl --all -o json shows`;
}

/** What is told of lines that were passed over as the text of a remote party; undefined when there are none. */
export function quotedWarning(path: string, server: string | undefined, quoted: number): string | undefined {
  if (quoted === 0) return undefined;
  const why = dialectNamed(server ?? '')?.advice.quoting;
  return `${path}: lines passed over as the text of a remote party${why === undefined ? '' : `, ${why}`}: ${quoted}`;
}
