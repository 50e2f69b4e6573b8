/**
 * What Prosody 0.9 to 13 prints about sessions and accounts, message by message: who prints it, how it begins, and what it
 * says. Every pattern names the file of Prosody's source that prints it, and shows one line.
 */
import type { Finding } from './dialect.ts';
import { bareJid, resourceOf } from '../jid.ts';

/** What a message says; `source` is who printed it, `rest` what stands behind the words of the rule. */
type Read = (rest: string, source: string) => Finding | undefined;

export interface Rule {
  /** The message from its first character. */
  readonly begins: string;
  /** The sources that print it. */
  readonly by: RegExp;
  readonly read: Read;
  /** Before 0.12: this unbinds a resource unless stream management keeps it, and says so in a line of its own. */
  readonly tries?: true;
  /** That line. */
  readonly keeps?: true;
  /** The message quotes a remote party, and this is what it ends with, unless the quotation broke the line. */
  readonly quoteEnd?: string;
}

export interface Level {
  readonly word: string;
  /** By the code of the first character of the message. */
  readonly rules: ReadonlyMap<number, readonly Rule[]>;
}

/** `c2s560351951f30`, `bosh58833a29-3eaa-4734-878e-f48d1033363e` */
const SESSION = /^(?:c2s[0-9a-f]+|bosh[0-9a-f-]+)$/;
/** `startup`, before 0.11 `general` */
const SERVER = /^(?:startup|general)$/;
/** Begins the end of a connection: plugins/mod_c2s.lua, listener.ondisconnect: `Client disconnected: connection closed` */
export const DISCONNECTED = 'Client disconnected: ';
/** Begins the line with which the server starts. */
export const WELCOME = 'Hello and welcome to Prosody';
/** The same of Metronome, a fork of Prosody 0.9: metronome, at its end. */
export const METRONOME = 'Hello and welcome to Metronome';
/** `usermanager`; `datamanager` */
const MANAGER = /^(?:user|data)manager$/;
/** The session, before 0.10 the module: `chat.example:register` */
const SESSION_OR_REGISTER = /^(?:c2s[0-9a-f]+|bosh[0-9a-f-]+|\S+:register|\S+:user_account_management)$/;
const ANYONE = /^/;

/** Whether lines of this source are those of one session. */
export const isSession = (source: string): boolean => SESSION.test(source);

const nothing: Read = () => undefined;

/** A JID ends at the first blank: localpart and host hold none. */
function firstWord(text: string): string {
  const blank = text.indexOf(' ');
  return blank < 0 ? text : text.slice(0, blank);
}

/** `alice@chat.example`, since 13 `alice@chat.example [prosody:registered]`; a role may hold blanks. */
function authenticated(rest: string, session: string): Finding | undefined {
  const jid = firstWord(rest);
  const role = rest.slice(jid.length);
  const user = role === '' || (role.startsWith(' [') && role.endsWith(']')) ? bareJid(jid) : undefined;
  return user === undefined || user.startsWith('(unknown)@') ? undefined : { kind: 'start', session, user };
}

/** `alice@chat.example`, since 13 `alice@chat.example (deleted)` or `alice@chat.example (disabled, pending deletion)` */
const account =
  (kind: 'removed' | 'disabled' | 'enabled'): Read =>
  (rest) => {
    const user = bareJid(firstWord(rest));
    if (user === undefined) return undefined;
    return { kind: rest.endsWith(' (disabled, pending deletion)') ? 'disabled' : kind, user };
  };

/** `alice@chat.example/phone` */
function bound(full: string, session: string): Finding | undefined {
  const user = bareJid(full);
  return user === undefined ? undefined : { kind: 'bind', session, user, resource: resourceOf(full) };
}

/** `alice@chat.example/phone (alice@chat.example): closed`; the resource is free text. */
export function unbound(rest: string, session: string): Finding | undefined {
  const user = bareJid(rest);
  if (user === undefined) return undefined;
  const bare = rest.slice(0, rest.indexOf('/'));
  const behind = rest.lastIndexOf(` (${bare})`);
  return { kind: 'unbind', session, user, resource: resourceOf(behind < 0 ? rest : rest.slice(0, behind)) };
}

const INFO: readonly Rule[] = [
  // plugins/mod_c2s.lua, listener.onconnect: `Client connected`
  {
    begins: 'Client connected',
    by: SESSION,
    read: (rest, session) => (rest === '' ? { kind: 'connect', session } : undefined),
  },
  // core/sessionmanager.lua, make_authenticated: `Authenticated as alice@chat.example`
  { begins: 'Authenticated as ', by: SESSION, read: authenticated },
  { begins: DISCONNECTED, by: SESSION, read: (_, session) => ({ kind: 'end', session }) },
  // plugins/mod_bosh.lua, bosh_close_stream: `BOSH client disconnected: session close`, before 0.11 without reason
  {
    begins: 'BOSH client disconnected',
    by: SESSION,
    read: (rest, session) => (rest === '' || rest.startsWith(': ') ? { kind: 'end', session } : undefined),
  },
  // util/startup.lua, before 0.11 prosody: `Hello and welcome to Prosody version 0.12.3`
  { begins: WELCOME, by: SERVER, read: () => ({ kind: 'server-start' }) },
  { begins: METRONOME, by: SERVER, read: () => ({ kind: 'server-start' }) },
  // util/startup.lua, prosody.shutdown: `Shutting down: Received SIGTERM`
  { begins: 'Shutting down: ', by: SERVER, read: () => ({ kind: 'server-stop' }) },
  // util/startup.lua, prosody.reload_config: the level of the log may be another one from here on
  { begins: 'Reloading configuration file', by: SERVER, read: () => ({ kind: 'detail', on: false }) },
  // plugins/mod_user_account_management.lua, before 0.11 mod_register.lua: `User removed their account: alice@chat.example`
  { begins: 'User removed their account: ', by: SESSION_OR_REGISTER, read: account('removed') },
  // core/usermanager.lua, since 13: `User account deleted: alice@chat.example`
  { begins: 'User account deleted: ', by: MANAGER, read: account('removed') },
  { begins: 'User account disabled: ', by: MANAGER, read: account('disabled') },
  { begins: 'User account enabled: ', by: MANAGER, read: account('enabled') },
  // plugins/mod_c2s.lua, mod_s2s.lua, mod_component.lua: `Session closed by remote with error: system-shutdown (TEXT)`
  { begins: 'Session closed by remote with error: ', by: ANYONE, read: nothing, quoteEnd: ')' },
  // plugins/mod_s2s.lua, session_close: `Incoming s2s stream a.example->b.example closed: system-shutdown (TEXT)`
  ...['Incoming', 'Outgoing', 'incoming', 'outgoing'].map((direction) => ({
    begins: `${direction} s2s stream `,
    by: ANYONE,
    read: nothing,
    quoteEnd: ')',
  })),
  // plugins/mod_bosh.lua, stream_callbacks.streamopened: `Client tried to use sid 'TEXT' which we don't know about`
  { begins: "Client tried to use sid '", by: ANYONE, read: nothing, quoteEnd: "' which we don't know about" },
];

const DEBUG: readonly Rule[] = [
  // plugins/mod_saslauth.lua: `Resource bound: alice@chat.example/phone`
  { begins: 'Resource bound: ', by: SESSION, read: bound },
  // core/sessionmanager.lua, destroy_session, since 0.12
  { begins: 'Unbinding resource for ', by: SESSION, read: unbound },
  // The same before 0.12
  { begins: 'Destroying session for ', by: SESSION, read: unbound, tries: true },
  // plugins/mod_smacks.lua, pre-resource-unbind, in its two wordings
  { begins: 'Session going into hibernation', by: SESSION, read: nothing, keeps: true },
  { begins: 'mod_smacks hibernating session for up to ', by: SESSION, read: nothing, keeps: true },
  // util/datamanager.lua: the account is deleted inside the server, with the internal storage
  { begins: 'Removing empty accounts datastore for user ', by: MANAGER, read: account('removed') },
];

/**
 * What a session prints at debug level and at no other, of which one of the first two lines of a session is: by them a log of syslog's,
 * which has no levels, is known to be of debug level.
 */
export const DEBUG_MESSAGES: readonly string[] = [
  ...DEBUG.map(({ begins }) => begins),
  // plugins/mod_c2s.lua, stream_callbacks.streamopened: `Client sent opening <stream:stream> to chat.example`
  'Client sent opening <stream:stream>',
  // util/xmppstream and core/stanza_router.lua: `Received[c2s_unauthed]: <auth ...>`
  'Received[',
  // plugins/mod_bosh.lua: `BOSH session created for request from 192.0.2.1`
  'BOSH session created for request',
];

/** Whether a quotation may have broken the line here, so that the message goes on until a line ends with `quoteEnd`. */
export function mayBreak(quoteEnd: string, rest: string): boolean {
  // Only a text in brackets is the remote party's.
  return !rest.endsWith(quoteEnd) && (quoteEnd !== ')' || rest.includes(' ('));
}

function byFirstCharacter(rules: readonly Rule[]): ReadonlyMap<number, readonly Rule[]> {
  const map = new Map<number, Rule[]>();
  for (const rule of rules) {
    const code = rule.begins.charCodeAt(0);
    map.set(code, [...(map.get(code) ?? []), rule]);
  }
  return map;
}

/** By the code of the first character of its word. */
export const LEVELS: ReadonlyMap<number, Level> = new Map(
  [
    { word: 'info', rules: byFirstCharacter(INFO) },
    { word: 'debug', rules: byFirstCharacter(DEBUG) },
    { word: 'warn', rules: byFirstCharacter([]) },
    { word: 'error', rules: byFirstCharacter([]) },
  ].map((level) => [level.word.charCodeAt(0), level]),
);
