/**
 * What jabberd2's session manager and its client connections print about sessions and accounts, message by message. Every rule
 * names the file of jabberd2's source, and shows one line.
 */
import type { Finding } from './dialect.ts';
import { bareJid } from '../jid.ts';
import { ownText } from '../own-text.ts';
import { endOf, fullJid, startOf } from './full-jid.ts';

interface Rule {
  readonly begins: string;
  /** `rest` is what stands behind these words. */
  readonly read: (rest: string) => Finding | undefined;
}

/**
 * util/log.c, log_write: a line in a file is cut at 1023 bytes. Of a longer JID as many bytes are its name as stand in each of
 * its lines.
 */
const LONGEST_JID = 880;

const removed = (rest: string): Finding | undefined => {
  const user = rest.includes('/') ? undefined : bareJid(rest);
  return user === undefined ? undefined : { kind: 'removed', user };
};

const RULES: readonly Rule[] = [
  // sm/sess.c, sess_start: `session started: jid=alice@chat.example/phone`, and of one in the place of another `session replaced: `
  { begins: 'session started: jid=', read: (rest) => startOf(rest, LONGEST_JID) },
  { begins: 'session replaced: jid=', read: (rest) => startOf(rest, LONGEST_JID) },
  // sm/sess.c, sess_end: `session ended: jid=alice@chat.example/phone`
  { begins: 'session ended: jid=', read: (rest) => endOf(rest, LONGEST_JID) },
  // sm/user.c, user_delete: `deleted user: jid=alice@chat.example`
  { begins: 'deleted user: jid=', read: removed },
  // sm/main.c and c2s/main.c, main
  { begins: 'starting up', read: (rest) => (rest === '' ? { kind: 'server-start', logsOut: true } : undefined) },
  { begins: 'shutting down', read: (rest) => (rest === '' ? { kind: 'server-stop', logsOut: true } : undefined) },
];

/** How messages begin that are of no connection, and say something. */
export const BEGINNINGS: readonly string[] = RULES.map(({ begins }) => begins);

/** `[11] `: the number of the connection's file, which is soon used again. */
const CONNECTION = /^\[\d{1,10}\] /;
/** c2s/c2s.c, _c2s_client_sx_callback, and of XEP-0078 c2s/authreg.c: `[11] bound: jid=alice@chat.example/phone` */
const BOUND = /^(?:bound|requesting session): jid=/;
/** c2s/c2s.c: `[11] unbound: jid=alice@chat.example/phone` */
const UNBOUND = 'unbound: jid=';
/**
 * c2s/c2s.c, _c2s_client_mio_callback: `[11] [127.0.0.1, port=36408] disconnect jid=alice@chat.example/phone, packets: 2, bytes: 269`;
 * 2.2 tells no bytes.
 */
const DISCONNECT = /^\[[\da-fA-F.:]{2,45}, port=\d{1,5}\] disconnect jid=/;
const TRAFFIC = /, packets: -?\d{1,10}(?:, bytes: -?\d{1,10})?$/;
/** c2s/authreg.c: `[11] registration remove succeeded, requesting user deletion: jid=alice@chat.example` */
const REMOVED = 'registration remove succeeded, requesting user deletion: jid=';

/** In front of what any of the parts may have printed, where its line does not tell which: no message begins so. */
export const ANY_PART = 'jabberd: ';
/** `starting up` and `shutting down` of which part, no line tells: router/main.c, s2s/main.c, c2s/main.c and sm/main.c print the same. */
const OF_ANY_PART = new RegExp(`^(?:${ANY_PART})?(?:starting up|shutting down)$`);
export const isOfAnyPart = (message: string): boolean => OF_ANY_PART.test(message);

/**
 * What tells that the log has lines of parts that have no sessions: s2s/main.c, `starting up (interval=60, queue=60, keepalive=0,
 * idle=86400)`, and router/user.c, user_table_load, `loaded user table (1 users)`.
 */
export const OTHER_PARTS: readonly string[] = ['starting up (interval=', 'loaded user table (', ANY_PART];

/**
 * In a log of all parts, what only those with sessions print when they start: sm/main.c, `version: jabberd2 sm 2.7.0`, and c2s/authreg.c,
 * authreg_init, `initialized auth module 'sqlite'`. When one of them stops it has told the end of each session before.
 */
export const PART_BEGINS: readonly string[] = ['version: jabberd2 sm ', 'initialized auth module '];

/** What a message says in a log of all parts; undefined for nothing. */
export function findingAmongParts(message: string): Finding | undefined {
  if (PART_BEGINS.some((begins) => message.startsWith(begins))) return { kind: 'server-start', logsOut: true };
  return isOfAnyPart(message) ? undefined : findingIn(message);
}

/** What a message says in a log of one part; undefined for nothing. */
export function findingIn(message: string): Finding | undefined {
  const rule = RULES.find(({ begins }) => message.startsWith(begins));
  if (rule) return rule.read(message.slice(rule.begins.length));
  const connection = CONNECTION.exec(message)?.[0];
  return connection === undefined
    ? undefined
    : ofConnection(ownText(connection.trimEnd()), message.slice(connection.length));
}

function ofConnection(session: string, message: string): Finding | undefined {
  const bound = BOUND.exec(message)?.[0];
  const begun = bound === undefined ? undefined : fullJid(message.slice(bound.length), LONGEST_JID);
  if (begun) return { kind: 'start', session, user: begun.user, resource: begun.resource };
  if (message.startsWith(REMOVED)) return removed(message.slice(REMOVED.length));
  const end = DISCONNECT.exec(message)?.[0] ?? (message.startsWith(UNBOUND) ? UNBOUND : undefined);
  const over = end === undefined ? undefined : fullJid(message.slice(end.length).replace(TRAFFIC, ''), LONGEST_JID);
  return over && { kind: 'end', session, user: over.user, behind: over.resource };
}

/** First line of a run of c2s: c2s/authreg.c, authreg_init. The session manager begins with `starting up`. */
export const FIRST_LINE = 'modules search path: ';

/** sm/main.c, main: `version: jabberd2 sm 2.7.0` */
export const WELCOME = 'version: jabberd2 sm ';
