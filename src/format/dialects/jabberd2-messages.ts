/**
 * What jabberd2's session manager and its client connections print about sessions and accounts, message by message. Every rule
 * names the file of jabberd2's source, and shows one line.
 */
import type { Finding } from './dialect.ts';
import { bareJid, resourceOf } from '../jid.ts';

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

interface Named {
  readonly user: string;
  readonly resource: string;
  /** The JID as it is told, for an id. */
  readonly name: string;
}

/** `alice@chat.example/phone`; a resource is free text, and ends the message. */
function named(text: string): Named | undefined {
  const jid = text.slice(0, LONGEST_JID);
  const user = bareJid(jid);
  const slash = jid.indexOf('/');
  return user === undefined || slash < 0
    ? undefined
    : { user, resource: resourceOf(jid), name: user + jid.slice(slash) };
}

/** The session manager has one session for a full JID, and no other name for it. */
const started = (rest: string): Finding | undefined => {
  const jid = named(rest);
  return jid && { kind: 'start', session: `jid=${jid.name}`, user: jid.user, resource: jid.resource };
};

const ended = (rest: string): Finding | undefined => {
  const jid = named(rest);
  return jid && { kind: 'end', session: `jid=${jid.name}`, user: jid.user, behind: jid.resource };
};

const removed = (rest: string): Finding | undefined => {
  const user = rest.includes('/') ? undefined : bareJid(rest);
  return user === undefined ? undefined : { kind: 'removed', user };
};

const RULES: readonly Rule[] = [
  // sm/sess.c, sess_start: `session started: jid=alice@chat.example/phone`, and of one in the place of another `session replaced: `
  { begins: 'session started: jid=', read: started },
  { begins: 'session replaced: jid=', read: started },
  // sm/sess.c, sess_end: `session ended: jid=alice@chat.example/phone`
  { begins: 'session ended: jid=', read: ended },
  // sm/user.c, user_delete: `deleted user: jid=alice@chat.example`
  { begins: 'deleted user: jid=', read: removed },
  // sm/main.c and c2s/main.c, main
  { begins: 'starting up', read: (rest) => (rest === '' ? { kind: 'server-start', logsOut: true } : undefined) },
  { begins: 'shutting down', read: (rest) => (rest === '' ? { kind: 'server-stop', logsOut: true } : undefined) },
];

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

/** What a message says; undefined for nothing. */
export function findingIn(message: string): Finding | undefined {
  const rule = RULES.find(({ begins }) => message.startsWith(begins));
  if (rule) return rule.read(message.slice(rule.begins.length));
  const connection = CONNECTION.exec(message)?.[0];
  return connection === undefined ? undefined : ofConnection(connection.trimEnd(), message.slice(connection.length));
}

function ofConnection(session: string, message: string): Finding | undefined {
  const bound = BOUND.exec(message)?.[0];
  const begun = bound === undefined ? undefined : named(message.slice(bound.length));
  if (begun) return { kind: 'start', session, user: begun.user, resource: begun.resource };
  if (message.startsWith(REMOVED)) return removed(message.slice(REMOVED.length));
  const end = DISCONNECT.exec(message)?.[0] ?? (message.startsWith(UNBOUND) ? UNBOUND : undefined);
  const over = end === undefined ? undefined : named(message.slice(end.length).replace(TRAFFIC, ''));
  return over && { kind: 'end', session, user: over.user, behind: over.resource };
}

/** First line of a run of c2s: c2s/authreg.c, authreg_init. The session manager begins with `starting up`. */
export const FIRST_LINE = 'modules search path: ';

/** sm/main.c, main: `version: jabberd2 sm 2.7.0` */
export const WELCOME = 'version: jabberd2 sm ';
