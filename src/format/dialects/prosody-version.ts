/**
 * What depends on the version of Prosody. It is known from the line that the server prints when it starts, and from no
 * other: a remote party can make an older server print what looks like a newer one's.
 */

/** `0.12.3`, `13.0.7`, `13.0 nightly build 20`; `trunk nightly build 1234` tells nothing. */
const NUMBERS = /^ version (\d{1,4}(?:\.\d{1,4}){0,3})/;

/** The version in what stands behind `Hello and welcome to Prosody`; empty when it names none. */
export function versionIn(rest: string): string {
  return NUMBERS.exec(rest)?.[1] ?? '';
}

/** A fork counts its versions for itself: `Metronome 4.0.3` is none of Prosody's, and does as Prosody 0.9 did. */
export const forkVersion = (fork: string, rest: string): string => `${fork} ${versionIn(rest)}`.trimEnd();

/**
 * util/format.lua, since 0.12: a line break in a message is followed by a tab, so that no text of a remote party can begin a
 * line. False where the version is not known.
 */
export const marksContinuations = (version: string): boolean => version !== '' && isFrom(version, [0, 12]);

/**
 * Since 13.0.6 a session that goes into hibernation prints its end twice, first `closed` and then `connection closed`. Without
 * the second line it may have hibernated all the same. `connection closed` alone is what the server closed itself, and what it
 * closes does not hibernate: net/server_epoll.lua gives no reason in its `close` only, plugins/mod_c2s.lua then prints this one,
 * and plugins/mod_smacks.lua has revoked the resumption in `pre-session-close`. False where the version is not known.
 */
export const tellsHibernation = (version: string): boolean => version !== '' && isFrom(version, [13, 0, 6]);

function isFrom(version: string, least: readonly number[]): boolean {
  const numbers = version.split('.').map(Number);
  const at = least.findIndex((number, i) => number !== (numbers[i] ?? 0));
  return at < 0 || (numbers[at] ?? 0) > (least[at] ?? 0);
}
