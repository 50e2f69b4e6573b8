/**
 * MongooseIM 4.0 to 6.8, mongooseim.log (src/logger/mongoose_flatlog_formatter.erl, template; ferd/flatlog, src/flatlog.erl):
 *
 *     when=2020-11-09T13:29:55.233839+00:00 level=info what=c2s_opened_session pid=<0.7072.0> at=ejabberd_c2s:do_open_session/3:758 user=alice server=chat.example resource=phone jid=alice@chat.example/phone
 *
 * At its default level, warning, it writes nothing about sessions. At info 4.0 to 6.0 tell both ends of a session, and 6.1 on only
 * its beginning; its end then is of level debug. Older ones write as ejabberd did, and are read so. A line break in a value has a
 * backslash before it, and nothing else ends a line with one.
 */
import type { Dialect, Finding } from './dialect.ts';
import type { LogLevel } from '../log-level.ts';
import { ejabberd } from './ejabberd.ts';
import { endOf, startOf } from './full-jid.ts';
import { headParser, type Line } from './head-parser.ts';
import { planFor, TELLS_END } from './mongooseim-shortcuts.ts';

const COLOUR = String.raw`(?:\x1b\[[\d;]{0,16}m)?`;
const HEAD = new RegExp(
  String.raw`((?:when=)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) level=([a-z]{4,9}) (?:what=([a-z0-9_]{1,64}) )?${COLOUR}`,
  'y',
);

/** An uneven number of backslashes. */
const GOES_ON = /(?<!\\)(?:\\\\)*\\$/;

const BLANK = 32;
const EQUALS = 61;
const QUOTE = 34;
const BACKSLASH = 92;
const LONGEST_NAME = 64;

/**
 * The value of the first field of a name. flatlog.erl, escape: a value with a blank or `=` is in quotes, and quotes in it have a
 * backslash before them. Written out, as this is done for each session and a pattern takes three times as long.
 */
function fieldOf(message: string, wanted: string): string | undefined {
  for (let at = 0, end; at < message.length; at = end) {
    while (message.charCodeAt(at) === BLANK) at++;
    const equals = behindName(message, at);
    if (equals === at || equals - at > LONGEST_NAME || message.charCodeAt(equals) !== EQUALS) return undefined;
    const value = equals + 1;
    const quote = message.charCodeAt(value) === QUOTE ? quoteEnd(message, value + 1) : -1;
    const blank = quote < 0 ? message.indexOf(' ', value) : -1;
    end = quote < 0 ? (blank < 0 ? message.length : blank) : quote + 1;
    if (equals - at !== wanted.length || !message.startsWith(wanted, at)) continue;
    return quote < 0 ? message.slice(value, end) : message.slice(value + 1, quote).replaceAll(/\\(.)/g, '$1');
  }
  return undefined;
}

function behindName(message: string, from: number): number {
  let at = from;
  while (isOfName(message.charCodeAt(at))) at++;
  return at;
}

const isOfName = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 95;

/** The quote that ends a value, which begins at `from`; -1 where none does. */
function quoteEnd(message: string, from: number): number {
  for (let at = from; at < message.length; at++) {
    const code = message.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return -1;
}

/** A session whose end the log does not tell: it is closed by time, as one of BOSH. */
function withoutEnd(jid: string): Finding | undefined {
  const start = startOf(jid);
  return start?.kind === 'start' ? { kind: 'start', session: `bosh ${start.session}`, user: start.user } : undefined;
}

/** `alice@chat.example/phone` is in the field `jid`; before the login there is none, or one without resource. */
function read({ message, groups: [, what = ''], hasDetails }: Line): Finding | undefined {
  switch (what) {
    // src/ejabberd_app.erl, start and stop
    case 'mongooseim_node_started':
      return { kind: 'server-start', logsOut: true };
    case 'mongooseim_node_stopped':
      return { kind: 'server-stop', logsOut: true };
    // src/ejabberd_c2s.erl, do_open_session (to 6.0); src/c2s/mongoose_c2s.erl, verify_user
    case 'c2s_opened_session':
      return opened(message, hasDetails);
    // src/ejabberd_c2s.erl, terminate (to 6.0). One that was replaced or resumed goes on: it has the same JID
    case 'close_session':
      return endOf(fieldOf(message, 'jid') ?? '');
    // src/c2s/mongoose_c2s.erl, terminate (6.1 on)
    case 'c2s_statem_terminate':
      return terminated(message);
    default:
      return undefined;
  }
}

function opened(message: string, hasDetails: boolean): Finding | undefined {
  const jid = fieldOf(message, 'jid') ?? '';
  return hasDetails || fieldOf(message, 'at')?.startsWith(TELLS_END) ? startOf(jid) : withoutEnd(jid);
}

function terminated(message: string): Finding | undefined {
  const goesOn = /resumed|replaced/.test(fieldOf(message, 'reason') ?? '');
  return goesOn ? undefined : endOf(fieldOf(message, 'jid') ?? '');
}

const LEVELS: Readonly<Record<string, LogLevel>> = { debug: 'debug', info: 'info', notice: 'warn', warning: 'warn' };

function levelOf(line: string): LogLevel | undefined {
  HEAD.lastIndex = 0;
  const level = HEAD.exec(line)?.[2];
  return level === undefined ? undefined : (LEVELS[level] ?? 'error');
}

export const mongooseim: Dialect = {
  name: 'mongooseim',
  formerly: ejabberd,
  welcome: 'what=mongooseim_node_started',
  begin: headParser({
    head: HEAD,
    read,
    isDetailed: ([level]) => level === 'debug',
    goesOn: (end) => end.endsWith('\\') && GOES_ON.test(end),
    versionIn: (message) => fieldOf(message, 'version'),
    planFor,
  }),
  isForgeable: () => false,
  levelOf,
  namesSessions: true,
  advice: {
    exactness: {
      debug: 'the counts are exact',
      info: 'the counts are exact up to MongooseIM 6.0; from 6.1 on no logout is told, and a session counts as open for bosh_seconds: loglevel = "debug" in mongooseim.toml tells it',
    },
    infoLog: 'which is mongooseim.log, with loglevel = "info" (6.1 on "debug") in [general] of mongooseim.toml',
    quoting: 'which MongooseIM marks by a backslash',
  },
};
