/**
 * What ejabberd 13 to 26.07 prints about sessions and accounts, message by message: how it begins behind the socket, which module
 * prints it, and what it says. Every rule names the file of ejabberd's source, and shows one line.
 */
import { OTHER_RESOURCE, UNKNOWN_SESSION, type Finding } from './dialect.ts';
import { bareJid, resourceOf } from '../jid.ts';
import { beginsWithDate, type Parts } from './ejabberd-layout.ts';

/** What a message says; `rest` is what stands behind the words of the rule, `process` who stands for the session. */
type Read = (rest: string, process: string | undefined) => Finding | undefined;

export interface Rule {
  readonly begins: string;
  /** The modules that print it. */
  readonly by: readonly string[];
  readonly read: Read;
}

/** RFC 7622, 3.1: the resource, in bytes. */
const LONGEST_RESOURCE = 1023;
/** Behind the resource, as much as tells that it ends there. */
const MARK = 8;
/** Of an id that is made of a JID. */
const LONGEST_ID = 2000;
const C2S = ['ejabberd_c2s'];
/** Stream management was part of it until 17.01. */
const STREAM_MANAGEMENT = ['mod_stream_mgmt', 'ejabberd_c2s'];

interface FullJid {
  readonly user: string;
  readonly resource: string;
}

/** `alice@chat.example/phone`: all behind the first `/` is resource. */
function fullJid(text: string): FullJid | undefined {
  const user = bareJid(text);
  const slash = text.indexOf('/');
  if (user === undefined || slash < 0 || text.length - slash - 1 > LONGEST_RESOURCE) return undefined;
  return { user, resource: resourceOf(text) };
}

const opened: Read = (rest, session) => {
  const jid = session === undefined ? undefined : fullJid(rest);
  return jid && session !== undefined ? { kind: 'start', session, ...jid } : undefined;
};

const resumed: Read = (rest, session) => {
  const jid = session === undefined ? undefined : fullJid(rest);
  return jid && session !== undefined ? { kind: 'bind', session, ...jid } : undefined;
};

/** A resource is free text, so only whoever knows the session knows where it ends. */
const closed: Read = (rest, session = UNKNOWN_SESSION) => {
  const user = bareJid(rest);
  const slash = rest.indexOf('/') + 1;
  if (user === undefined || slash === 0) return undefined;
  return { kind: 'end', session, user, behind: resourceOf(rest.slice(0, slash + LONGEST_RESOURCE + MARK)) };
};

const IP = ' from ';

/** `mq@chat.example/cid1 from 127.0.0.1` */
const mqttOpened: Read = (rest, process) => {
  const ip = rest.lastIndexOf(IP);
  const jid = ip < 0 ? undefined : fullJid(rest.slice(0, ip));
  if (!jid) return undefined;
  const session = process ?? `mqtt ${jid.user}/${jid.resource}`;
  return session.length > LONGEST_ID
    ? undefined
    : { kind: 'start', session, ...jid, resource: OTHER_RESOURCE + jid.resource };
};

const mqttClosed: Read = (rest, process) => {
  const end = closed(rest, process);
  return end && 'behind' in end ? { ...end, behind: `${OTHER_RESOURCE}${end.behind}` } : undefined;
};

/** `via <0.805.0> for mq@chat.example/cid1 from 127.0.0.1` */
const mqttReopened: Read = (rest, process) => {
  const jid = /^(?:#PID)?<[\d.]{1,40}> for /.exec(rest)?.[0];
  return jid === undefined ? undefined : mqttOpened(rest.slice(jid.length), process);
};

const removed: Read = (rest) => {
  const user = rest.includes('/') ? undefined : bareJid(rest);
  return user === undefined ? undefined : { kind: 'removed', user };
};

/** `24.12-3+deb13u2 is started in the node ejabberd@localhost in 5.66s`, until 17.x without the time that it took */
const STARTED = /^(\S{1,64}) is started in the node \S{1,512}(?: in [\d.]{1,16}s)?$/;
const STOPPED = /^\S{1,64} is stopped in the node \S{1,512}$/;

/** The version in what stands behind `ejabberd `; undefined when the line is not that of a start. */
export const versionIn = (rest: string): string | undefined => STARTED.exec(rest)?.[1];

/** What stands in every line of a start. */
export const WELCOME = ' is started in the node ';

const runs: Read = (rest) => {
  if (STARTED.test(rest)) return { kind: 'server-start', logsOut: true };
  return STOPPED.test(rest) ? { kind: 'server-stop', logsOut: true } : undefined;
};

/** ejabberd_app.erl, start and stop: `ejabberd 26.07 is started in the node ejabberd@localhost in 2.38s` */
export const RUNS: Rule = { begins: 'ejabberd ', by: ['ejabberd_app'], read: runs };

const ALL: readonly Rule[] = [
  RUNS,
  // ejabberd_c2s.erl, bind: `(tls|<0.752.0>) Opened c2s session for alice@chat.example/phone`, until 17.01 in open_session
  { begins: 'Opened c2s session for ', by: C2S, read: opened },
  { begins: 'Opened session for ', by: C2S, read: opened },
  // ejabberd_c2s.erl, process_terminated: `(tls|<0.752.0>) Closing c2s session for alice@chat.example/phone: Stream reset by peer`
  { begins: 'Closing c2s session for ', by: C2S, read: closed },
  // ejabberd_c2s.erl until 17.01, terminate: `(...) Close session for alice@chat.example/phone`
  { begins: 'Close session for ', by: C2S, read: closed },
  { begins: 'Replaced session for ', by: C2S, read: closed },
  // mod_stream_mgmt.erl, post_resume_tasks: `(tls|<0.785.0>) Resumed session for frank@chat.example/sm`
  { begins: 'Resumed session for ', by: STREAM_MANAGEMENT, read: resumed },
  // mod_mqtt_session.erl, register_session: `Opened MQTT session for mq@chat.example/cid1 from 127.0.0.1`
  { begins: 'Opened MQTT session for ', by: ['mod_mqtt_session'], read: mqttOpened },
  { begins: 'Reopened MQTT session via ', by: ['mod_mqtt_session'], read: mqttReopened },
  // mod_mqtt_session.erl, unregister_session: `Closing MQTT session for mq@chat.example/cid1 from 127.0.0.1: Normal disconnection`
  { begins: 'Closing MQTT session for ', by: ['mod_mqtt_session'], read: mqttClosed },
  // mod_push.erl, remove_user, a hook of the account's removal: `Removing any push sessions of alice@chat.example`
  { begins: 'Removing any push sessions of ', by: ['mod_push'], read: removed },
  // mod_http_upload.erl, remove_user: `Removed HTTP upload directory of alice@chat.example`
  { begins: 'Removed HTTP upload directory of ', by: ['mod_http_upload'], read: removed },
];

/**
 * A process of a session crashed. supervisor.erl, over several lines: `SUPERVISOR REPORT:` and behind it `supervisor:
 * {local,ejabberd_c2s_sup}`, `errorContext: child_terminated`, `offender: [{pid,<0.557.0>},`. Lager has it in one line.
 */
export const REPORT = 'SUPERVISOR REPORT:';
const REPORTED =
  /^SUPERVISOR REPORT:\s*\n\s+supervisor: \{local,ejabberd_c2s_sup\}\n\s+errorContext: child_terminated\n(?:[ \t][^\n]*\n){1,64}?\s+offender: \[\{pid,(<\d+\.\d+\.\d+>)\}/;
const CRASHED = /^Supervisor ejabberd_c2s_sup had child .* at (<\d+\.\d+\.\d+>) exit with reason /;
/** Stands for the fields of a journal's entry that are not the message. */
const NOTHING = /\n(?=\n)/g;
/** Characters of a report that are looked at. */
const LONGEST_REPORT = 8192;

/** As it is in a file: a terminal has a carriage return at the end of each line. */
const plainOf = (report: string): string => report.replaceAll('\r\n', '\n').replaceAll(NOTHING, '');

/** The session whose process crashed, as a message that begins there says. */
export function crashedIn(text: string, message: number): string | undefined {
  if (!text.startsWith('S', message)) return undefined;
  if (text.startsWith(REPORT, message))
    return REPORTED.exec(plainOf(text.slice(message, message + LONGEST_REPORT)))?.[1];
  const end = text.indexOf('\n', message);
  return text.startsWith('Supervisor ', message)
    ? CRASHED.exec(text.slice(message, end < 0 ? text.length : end))?.[1]
    : undefined;
}

/** Whether further lines of a message before may be all that stands behind `from`, and more of them may come: of a report. */
export function mayGoOn(text: string, from: number): boolean {
  if (text.length - from >= LONGEST_REPORT) return false;
  for (let start = from, newline; (newline = text.indexOf('\n', start)) >= 0; start = newline + 1)
    if (beginsWithDate(text, start)) return false;
  return true;
}

/** First lines of a run: ejabberd_config.erl, load (18.01 on); before, lager said so itself. */
export const FIRST_LINES: readonly string[] = ['Loading configuration from ', 'Application lager started on node '];

/**
 * The logger has thrown lines away and says so: logger_h_common.erl `Handler ejabberd_log switched from  async to drop mode` and
 * `Handler ejabberd_log flushed 12 log events`; lager `lager_file_backend dropped 12 messages in the last second that exceeded`.
 */
const LOSSES =
  /^Handler \S+ (?:switched from +\S+ to +drop mode|flushed \d+ log events)|^\S+ dropped \d+ messages in the last second/;
export const tellsLoss = (message: string): boolean => LOSSES.test(message.slice(0, 200));

/** How messages begin that say something. */
export const BEGINNINGS: readonly string[] = ALL.map(({ begins }) => begins);

const BY_FIRST = new Map<number, readonly Rule[]>();
for (const rule of ALL) {
  const code = rule.begins.charCodeAt(0);
  BY_FIRST.set(code, [...(BY_FIRST.get(code) ?? []), rule]);
}

/** The rule of the message of a line. */
export function ruleOf(text: string, { message, module, moduleEnd }: Parts): Rule | undefined {
  const rules = BY_FIRST.get(text.charCodeAt(message));
  if (!rules) return undefined;
  const rule = rules.find(({ begins }) => text.startsWith(begins, message));
  return rule && (module === 0 || rule.by.includes(text.slice(module, moduleEnd))) ? rule : undefined;
}
