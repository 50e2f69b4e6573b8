/**
 * Openfire 4.6 to 5.1. At its default level it writes nothing about sessions. With debug for one logger, the routing table, it names
 * the full JID when a session gets a route and when it loses it (spi/RoutingTableImpl.java, addClientRoute and removeClientRoute).
 * From 4.7 on in openfire.log (distribution/src/resources/log4j2.xml), before in debug.log:
 *
 *     2026.03.02 10:00:00.123 DEBUG [socket_c2s-thread-1]: org.jivesoftware.openfire.spi.RoutingTableImpl - Adding client route alice@chat.example/phone
 *     2026.03.02 10:00:00 org.jivesoftware.openfire.spi.RoutingTableImpl - Adding client route alice@chat.example/phone
 */
import type { Dialect, Finding } from './dialect.ts';
import type { LogLevel } from '../log-level.ts';
import { endOf, startOf } from './full-jid.ts';
import { headParser, type Line } from './head-parser.ts';
import { ADDING, LEVEL_NAMES, PLAN, REMOVING, ROUTES, STARTED } from './openfire-shortcuts.ts';

/** log4j2's `%highlight` colours the level, also in a file. */
const COLOUR = String.raw`(?:\x1b\[[\d;]{0,16}m)?`;
const LEVEL = `${COLOUR}(${LEVEL_NAMES.join('|')}) *${COLOUR} *`;
const HEAD = new RegExp(
  String.raw`(\d{4}\.\d\d\.\d\d \d\d:\d\d:\d\d(?:\.\d{3})?) (?:${LEVEL}\[[^\n]{0,256}?\]: )?([\w.$]{3,256}) - `,
  'y',
);

const SERVER = 'org.jivesoftware.openfire.XMPPServer';
/** XMPPServer.java, start: `Openfire 5.1.0 [Mar 2, 2026, 10:00:00 AM]` */
const BANNER = new RegExp(String.raw`^${STARTED}(\S{1,64}) \[.*\]$`);

function read({ message, groups: [, logger] }: Line): Finding | undefined {
  if (logger === SERVER && BANNER.test(message)) return { kind: 'server-start', logsOut: true };
  if (logger !== ROUTES) return undefined;
  if (message.startsWith(ADDING)) return startOf(message.slice(ADDING.length));
  return message.startsWith(REMOVING) ? endOf(message.slice(REMOVING.length)) : undefined;
}

const LEVELS: Readonly<Record<string, LogLevel>> = { TRACE: 'debug', DEBUG: 'debug', INFO: 'info', WARN: 'warn' };

function levelOf(line: string): LogLevel | undefined {
  HEAD.lastIndex = 0;
  const head = HEAD.exec(line);
  // Before 4.7 each level has a file of its own, and the lines do not tell it: the routes are in debug.log.
  return head ? (LEVELS[head[2] || (head[3] === ROUTES ? 'DEBUG' : 'INFO')] ?? 'error') : undefined;
}

const SETTING =
  'in log4j2.xml below <Loggers> <Logger name="org.jivesoftware.openfire.spi.RoutingTableImpl" level="debug"/>';

export const openfire: Dialect = {
  name: 'openfire',
  welcome: `${SERVER} - Openfire `,
  begin: headParser({ head: HEAD, read, versionIn: (message) => BANNER.exec(message)?.[1], planFor: () => PLAN }),
  isForgeable: () => false,
  levelOf,
  namesSessions: true,
  advice: {
    exactness: {
      debug: 'the counts are exact as long as no other logger writes what clients send',
      info: `logins and logouts are not in it; set ${SETTING}`,
    },
    infoLog: `which has them with ${SETTING}`,
    quoting: 'which Openfire does not mark',
  },
};
