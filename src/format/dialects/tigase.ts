/**
 * Tigase 8. At its default level it writes nothing about sessions. With FINEST for the session manager it tells a connection's
 * login and its end (tigase/server/xmppsession/SessionManager.java, handleLogin and closeSession), by the connection's id
 * (tigase/xmpp/XMPPResourceConnection.java, toString). The head is of tigase/util/log/LogFormatter.java:
 *
 *     [2026-03-02 10:00:00:123] [FINE   ] [ in_7-sess-man ] SessionManager.closeSession():     Closing connection for: alice@chat.example/phone, conn: XMPPResourceConnection=[user_jid=alice@chat.example/phone, packets=9, connectioId=c2s@vm/192.0.2.1_5222_192.0.2.9_40000, domain=chat.example, ...]
 */
import type { Dialect, Finding } from './dialect.ts';
import { bareJid } from '../jid.ts';
import type { LogLevel } from '../log-level.ts';
import { ownText } from '../own-text.ts';
import { headParser, type Line } from './head-parser.ts';
import { CLOSING, LOGIN, PLAN, STARTED } from './tigase-shortcuts.ts';

const COLOUR = String.raw`(?:\x1b\[[\d;]{0,16}m)*`;
const HEAD = new RegExp(
  String.raw`(${COLOUR}\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d:\d{3}\])${COLOUR} {1,40}\[([A-Z]{3,9}) *\] {0,40}${COLOUR} {0,80}\[[^\n]{0,128}?\] {0,80}${COLOUR} {0,80}([\w.$]{1,128}\(\)) {0,80}: {0,80}${COLOUR}`,
  'y',
);

const CONNECTION = 'connectioId=';
const BEFORE_CONNECTION = ', ';
const DOMAIN = ', domain=';
const LONGEST_ID = 1024;

/** `connectioId=c2s@vm/192.0.2.1_5222_192.0.2.9_40000`: behind what a client may have named itself, so the last one is the server's. */
function connectionIn(message: string): string | undefined {
  const before = message.lastIndexOf(BEFORE_CONNECTION + CONNECTION);
  const at = before + BEFORE_CONNECTION.length;
  const end = message.indexOf(DOMAIN, at);
  return before < 0 || end < 0 || end - at > LONGEST_ID ? undefined : message.slice(at, end);
}

function read({ message, groups: [, method = ''] }: Line): Finding | undefined {
  if (method.startsWith('XMPPServer.') && message.startsWith(STARTED)) return { kind: 'server-start', logsOut: true };
  const isLogin = message.startsWith(LOGIN);
  if (!method.startsWith('SessionManager.') || !(isLogin || message.startsWith(CLOSING))) return undefined;
  const connection = connectionIn(message);
  const jid = message.slice(isLogin ? LOGIN.length : CLOSING.length);
  const user = bareJid(isLogin ? jid.slice(0, jid.indexOf(', conn_id: ')) : jid);
  if (connection === undefined || user === undefined) return undefined;
  const session = ownText(connection);
  return isLogin
    ? { kind: 'start', session, user, resource: session }
    : { kind: 'end', session, user, behind: session };
}

const LEVELS: Readonly<Record<string, LogLevel>> = {
  ...{ FINEST: 'debug', FINER: 'debug', FINE: 'debug', CONFIG: 'info', INFO: 'info', WARNING: 'warn' },
};

function levelOf(line: string): LogLevel | undefined {
  HEAD.lastIndex = 0;
  const level = HEAD.exec(line)?.[2];
  return level === undefined ? undefined : (LEVELS[level] ?? 'error');
}

const SETTING =
  "in config.tdsl logging () { loggers = { 'tigase.server.xmppsession.SessionManager' = { level = FINEST } } }";

export const tigase: Dialect = {
  name: 'tigase',
  welcome: STARTED,
  begin: headParser({ head: HEAD, read, planFor: () => PLAN }),
  isForgeable: () => false,
  levelOf,
  namesSessions: true,
  advice: {
    exactness: {
      debug: 'the counts are exact as long as no other logger writes what clients send',
      info: `logins and logouts are not in it; set ${SETTING}`,
    },
    infoLog: `which has them with ${SETTING}`,
    quoting: 'which Tigase does not mark',
  },
};
