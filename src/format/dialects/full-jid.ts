/** Sessions of servers that have one for a full JID, and no other name for it in their logs. */
import type { Finding } from './dialect.ts';
import { bareJid, resourceOf } from '../jid.ts';

/** RFC 7622, 3.1: three parts of 1023 bytes. */
const LONGEST = 3 * 1023 + 2;

/** Begins the id of such a session: it is nobody else's. */
export const OF_JID_BEGINS = 'jid=';

export interface FullJid {
  readonly user: string;
  readonly resource: string;
  /** An id for it. */
  readonly session: string;
}

/**
 * `alice@chat.example/phone` and nothing behind it: a resource is free text. Of a JID that is longer than a line may be as many
 * bytes are its name as stand in each of its lines.
 */
export function fullJid(text: string, longest = LONGEST): FullJid | undefined {
  const jid = text.slice(0, longest);
  const user = bareJid(jid);
  const slash = jid.indexOf('/');
  if (user === undefined || slash < 0 || slash + 1 === jid.length) return undefined;
  const resource = resourceOf(jid);
  return { user, resource, session: `${OF_JID_BEGINS}${user}/${resource}` };
}

/** Such a session begins. */
export function startOf(text: string, longest?: number): Finding | undefined {
  const jid = fullJid(text, longest);
  return jid && { kind: 'start', ...jid };
}

/** It ends. */
export function endOf(text: string, longest?: number): Finding | undefined {
  const jid = fullJid(text, longest);
  return jid && { kind: 'end', session: jid.session, user: jid.user, behind: jid.resource };
}
