/** What is kept of a user between runs, out of the words of the user and back into them. */
import { NAME_WORDS, type NameTable } from '../format/name-table.ts';
import { AHEAD, BITS, DISABLED, LOGIN, LOGOUT, RESUMES, SENT_OPEN, UNSENT } from './user-words.ts';

/** Unix seconds. */
export interface LastSeen {
  login?: number;
  logout?: number;
  disabled?: true;
  /** Was seen to resume a session (XEP-0198), so a disconnect may be followed by hibernation. */
  resumes?: true;
  /** Seen at a time that had not come yet when it was put back: it counts once it has. */
  ahead?: number;
  /** Of a node of a cluster: something is still to be sent. */
  unsent?: true;
  /** Of a node of a cluster: sent last as one who is online. */
  sentOpen?: true;
}

type Words = Pick<NameTable, 'words' | 'times'>;

/** `ahead`: of all users. */
export function recordOf({ times, words }: Words, user: number, ahead: ReadonlyMap<number, number>): LastSeen {
  const at = user * NAME_WORDS;
  const record: LastSeen = {};
  const [login, logout, bits] = [times[at + LOGIN]!, times[at + LOGOUT]!, words[at + BITS]!];
  if (login > 0) record.login = login;
  if (logout > 0) record.logout = logout;
  if (bits & DISABLED) record.disabled = true;
  if (bits & RESUMES) record.resumes = true;
  if (bits & UNSENT) record.unsent = true;
  if (bits & SENT_OPEN) record.sentOpen = true;
  const seen = bits & AHEAD ? ahead.get(user) : undefined;
  if (seen !== undefined) record.ahead = seen;
  return record;
}

/**
 * The words of a user who is known from now on. What lies after `believed` is not believed: gives the latest instant of that, or 0.
 * What of it was sent is of no matter but in a cluster.
 */
export function restoreRecord({ times, words }: Words, user: number, kept: LastSeen, believed: number): number {
  const at = user * NAME_WORDS;
  const { login = 0, logout = 0, disabled, resumes } = kept;
  const sightings = [login, logout, kept.ahead ?? 0];
  const ahead = Math.max(...sightings.map((seen) => (seen > believed ? seen : 0)));
  const [ofLogin = 0, ofLogout = 0, come = 0] = sightings.map((seen) => (seen > believed ? 0 : seen));
  times[at + LOGIN] = Math.max(ofLogin, come);
  times[at + LOGOUT] = ofLogout;
  words[at + BITS]! |= (disabled ? DISABLED : 0) | (resumes ? RESUMES : 0) | (ahead > 0 ? AHEAD : 0);
  return ahead;
}
