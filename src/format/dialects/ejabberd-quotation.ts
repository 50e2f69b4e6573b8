/**
 * The text of a remote party inside a message. ejabberd prints it as it came, line breaks included (up to 26.07), so that the lines
 * behind may look like whole lines of its own, to the byte: a SASL mechanism or a user name of somebody who never logged in, the
 * text of a stream error.
 *
 * What ejabberd itself puts behind such a text gives it away: `from 127.0.0.1: Unsupported mechanism`, ` (policy-violation)`. A
 * message whose line does not end so goes on to the line that does. And one that does end so may have been made to: then an
 * orphan is behind, a line that can only be the end of such a message, or the message is cut where it is as long as one may be. It
 * is found wherever the party puts more ends between, and whenever the next real line comes. A party that forges the beginning of
 * another such message, too, is believed; nothing in the text tells it from two real ones.
 */
import { LOST_END } from './dialect.ts';
import { beginsWithDate, endOf, secondIn } from './ejabberd-layout.ts';
import { secondsBetween } from '../time/seconds-between.ts';
import { charactersIn, firstFrom, Places, type Kinds } from './ejabberd-places.ts';

/** A message that quotes somebody. */
export interface Quoting {
  /** Empty where it begins with a name. */
  readonly begins: string;
  /** Stands in it where it does quote. */
  readonly has?: string;
  /** What it begins with besides. */
  readonly head?: RegExp;
  /** What its line ends with, unless the message goes on. */
  readonly whole: RegExp;
  /** What its last line ends with if it has gone on. */
  readonly ends: RegExp;
  /** The same, so strict that hardly any other line ends so. */
  readonly orphan: RegExp;
}

/** ejabberd_logger.erl, max_size: a longer message is cut, and ends with three dots. Characters, with the newline. */
const LONGEST = 102_400;
const CUT = 64;
/** Seconds behind the stamp of a message at which a line with a stamp is none of it any more. */
const NEAR = 10;
/** Behind so many its end is lost, if none has come. */
const PATIENCE = 60;

/** RFC 6120, 4.9.3 */
const CONDITIONS =
  'bad-format|bad-namespace-prefix|conflict|connection-timeout|host-gone|host-unknown|improper-addressing|internal-server-error|invalid-from|invalid-id|invalid-namespace|invalid-xml|not-authorized|not-well-formed|policy-violation|remote-connection-failed|reset|resource-constraint|restricted-xml|see-other-host|system-shutdown|undefined-condition|unsupported-encoding|unsupported-feature|unsupported-stanza-type|unsupported-version|xml-not-well-formed|no reason';
/** xmpp.erl, format_s_error: `TEXT (policy-violation)` */
const CONDITION = new RegExp(` \\((?:${CONDITIONS})\\)$`);
/** xmpp_stream_in.erl and xmpp_stream_out.erl, format_error: a condition without text, or what ends a stream besides. */
const REASON = new RegExp(
  `: (?:${CONDITIONS}|Stream reset by peer|Connection failed: [\\w ]+|TLS failed: .+|Unrecognized error: .+|Internal server error|unknown reason|stopped by supervisor|internal server error)$|${CONDITION.source}`,
);
const ADDRESS = String.raw`(?:[\da-fA-F:.]{2,45}|hidden_by_ejabberd)`;
type End = Omit<Quoting, 'begins' | 'has' | 'head'>;

const always = (ends: RegExp, orphan = ends): End => ({ whole: ends, ends, orphan });
/** No line ends so on which Erlang prints a value, as of a text that a client has sent. */
const WORDS = String.raw`: .*[^\s">,}\])]$`;
/** `from 127.0.0.1: Unsupported mechanism` */
const FROM = always(/ from \S{1,64}: .+$/, new RegExp(` from ${ADDRESS}${WORDS}`));
/** `a.example -> b.example (127.0.0.1): Unsupported mechanism` */
const S2S = always(/ -> \S* \(\S{0,64}\): .+$/, new RegExp(` -> \\S* \\(${ADDRESS}\\)${WORDS}`));
/** Where a closing stream has the text of the other party. */
export const PEER_TEXT = 'Stream closed by peer: ';
const PEER = { has: PEER_TEXT, whole: REASON, ends: CONDITION, orphan: CONDITION };

const MQTT_SESSION = 'Closing MQTT session for ';
const MQTT_TEXT = ': Peer disconnected with reason: ';
/** mqtt_codec.erl, reason_code() */
const MQTT_CODES =
  'normal-disconnection|granted-qos-[0-2]|disconnect-with-will-message|no-matching-subscribers|no-subscription-existed|continue-authentication|re-authenticate|unspecified-error|malformed-packet|protocol-error|implementation-specific-error|unsupported-protocol-version|client-identifier-not-valid|bad-user-name-or-password|not-authorized|server-unavailable|server-busy|banned|server-shutting-down|bad-authentication-method|keep-alive-timeout|session-taken-over|topic-filter-invalid|topic-name-invalid|packet-identifier-in-use|packet-identifier-not-found|receive-maximum-exceeded|topic-alias-invalid|packet-too-large|message-rate-too-high|quota-exceeded|administrative-action|payload-format-invalid|retain-not-supported|qos-not-supported|use-another-server|server-moved|shared-subscriptions-not-supported|connection-rate-exceeded|maximum-connect-time|subscription-identifiers-not-supported|wildcard-subscriptions-not-supported';
/** mod_mqtt_session.erl, format_error: a client's text (MQTT 5) and behind it the code; without a text the code in words. */
const MQTT_END = new RegExp(` \\((?:${MQTT_CODES})\\)$`);
const MQTT: End = {
  whole: new RegExp(`${MQTT_TEXT}[A-Z][\\w /-]{0,64}$|${MQTT_END.source}`),
  ends: MQTT_END,
  orphan: MQTT_END,
};

/** mqtt_codec.erl, format_got_expected */
const MQTT_NAME = ': Unsupported protocol name: ';
const MQTT_NAME_END = / \(expected: MQTT\)$/;

/** mod_push.erl, notify: `push.example rejected notification for alice@chat.example (NODE) temporarily: TEXT (resource-constraint)` */
export const PUSH_TEXT = ' rejected notification for ';
const PUSH_HEAD = /[^\s/]{1,2100}(?:\/[^\n]{1,1023})? rejected notification for [^\s@/]{1,1023}@[^\s@/]{1,1023} \(/y;
/** RFC 6120, 8.3.3 */
const STANZA_CONDITIONS =
  'bad-request|conflict|feature-not-implemented|forbidden|gone|internal-server-error|item-not-found|jid-malformed|not-acceptable|not-allowed|not-authorized|payment-required|policy-violation|recipient-unavailable|redirect|registration-required|remote-server-not-found|remote-server-timeout|resource-constraint|service-unavailable|subscription-required|undefined-condition|unexpected-request|no reason';
const STANZA = `(?:${STANZA_CONDITIONS}|unrecognized error)`;
const TYPE = String.raw` \((?:auth|cancel|continue|modify|wait|undefined)\)$`;
const PUSH_END = new RegExp(String.raw`\) temporarily: ${STANZA}$| \(${STANZA}\)$|${TYPE}`);
const PUSH: End = {
  whole: new RegExp(String.raw`\) temporarily: (?:${STANZA}|.* \(${STANZA}\))$|\), disabling push: .*${TYPE}`),
  ends: PUSH_END,
  orphan: PUSH_END,
};

/** mod_http_upload.erl, process, of anybody's request: `Cannot serve /upload/PATH to 127.0.0.1: No such file` */
const SERVED = always(new RegExp(` to ${ADDRESS}: [A-Za-z][\\w /()'-]{2,100}$`));
/** The same of a file that is put there: `Rejecting file NAME from 127.0.0.1 for chat.example: Invalid slot`, or `from alice@chat.example/x (too large: 12 bytes)` */
const REJECTED = always(
  new RegExp(
    ` from ${ADDRESS} for \\S{0,1023}: (?:Invalid slot|Unexpected size \\(\\d{1,20}\\))$| \\(too large: \\d{1,20} bytes\\)$`,
  ),
);
/** mod_http_api.erl, log, of anybody's request: `API call NAME [] from 127.0.0.1:49252`, or `API call NAME [] ({127,0,0,1})` */
const CALLED = always(new RegExp(`\\] (?:from ${ADDRESS}(?::\\d{1,5})?|\\(\\{[\\d,]{7,47}\\}\\))$`));

export const QUOTING: readonly Quoting[] = [
  // ejabberd_c2s.erl, process_auth_result: `Failed c2s PLAIN authentication for bob@chat.example from 127.0.0.1: Invalid username or password`
  { begins: 'Failed c2s ', ...FROM },
  // ejabberd_service.erl, handle_auth_failure
  { begins: 'Failed external component ', ...FROM },
  // ejabberd_s2s_in.erl, handle_auth_failure: `Failed inbound s2s EXTERNAL authentication a.example -> b.example (127.0.0.1): REASON`
  { begins: 'Failed inbound s2s ', ...S2S },
  // ejabberd_c2s.erl, process_terminated: `Closing c2s session for JID: Stream closed by peer: TEXT (policy-violation)`
  { begins: 'Closing c2s session for ', ...PEER },
  // ejabberd_s2s_in.erl, process_closed; ejabberd_s2s_out.erl, process_closed
  { begins: 'Closing inbound s2s connection ', ...PEER },
  { begins: 'Closing outbound s2s connection ', ...PEER },
  // ejabberd_s2s_out.erl, process_closed and handle_auth_failure
  { begins: 'Failed to establish outbound s2s connection ', ...always(/; bouncing for \d+ seconds$/) },
  { begins: 'Failed outbound s2s ', whole: /./, ends: CONDITION, orphan: CONDITION },
  // mod_http_upload.erl: `Got HTTP upload slot for JID (file: NAME, size: 12)`
  { begins: 'Got HTTP upload slot for ', ...always(/, size: \d+\)$/) },
  // mod_mqtt_session.erl, unregister_session: `Closing MQTT session for alice@chat.example/cid from 127.0.0.1: Peer disconnected with reason: TEXT (normal-disconnection)`
  { begins: MQTT_SESSION, has: MQTT_TEXT, ...MQTT },
  // mod_mqtt_session.erl, log_disconnection, of somebody who has not logged in: `Rejected MQTT connection from 127.0.0.1: Protocol error: Unsupported protocol name: TEXT (expected: MQTT)`
  { begins: 'Rejected MQTT connection from ', has: MQTT_NAME, ...always(MQTT_NAME_END) },
  // of somebody who has: `Closing MQTT connection for`, and unregister_session: `Closing MQTT session for`
  { begins: 'Closing MQTT ', has: MQTT_NAME, ...always(MQTT_NAME_END) },
  { begins: 'Cannot serve ', ...SERVED },
  { begins: 'Rejecting file ', ...REJECTED },
  { begins: 'API call ', ...CALLED },
  { begins: '', has: PUSH_TEXT, head: PUSH_HEAD, ...PUSH },
];

/** What a message quotes that begins there; undefined for nothing. */
export function quotingAt(text: string, message: number, end: number): Quoting | undefined {
  return QUOTING.find(
    ({ begins, has, head }) =>
      text.startsWith(begins, message) &&
      (has === undefined || text.slice(message, end).includes(has)) &&
      (head === undefined || beginsWith(head, text, message)),
  );
}

/** `head`: sticky. */
function beginsWith(head: RegExp, text: string, at: number): boolean {
  head.lastIndex = at;
  return head.test(text);
}

/** A message of which there may be more lines. */
export interface Going {
  readonly quoting: Quoting;
  /** It may be over, as its last line looks so. */
  readonly isWhole: boolean;
  /** Characters of it that may be still to come, at most. */
  readonly left: number;
  /** Of its first line, up to the second. */
  readonly stamp: string;
}

/** Where a message goes on. */
export interface Rest {
  /** Lines that begin before it are of the message. */
  readonly to: number;
  /** It may go on behind the end of the text. */
  readonly going?: Going | undefined;
}

/** A message, and where it and its first line end. */
export interface Message {
  readonly quoting: Quoting;
  /** Of the message: where its line begins, the message itself, and its newline. */
  readonly start: number;
  readonly message: number;
  readonly lineEnd: number;
}

/** The lines behind its first one that belong to a message. */
export function restOf(text: string, { quoting, start, message, lineEnd }: Message): Rest {
  const line = text.slice(message, endOf(text, lineEnd));
  const isWhole = quoting.whole.test(line) || line.endsWith(LOST_END);
  const left = LONGEST - charactersIn(text, start, lineEnd) - 1;
  return restFrom(text, lineEnd + 1, { quoting, isWhole, left, stamp: secondIn(text, start) });
}

/** The same of a message that has gone on to the line at `from`. */
export function restFrom(text: string, from: number, going: Going): Rest {
  const first = going.isWhole ? from : firstEnd(text, from, going);
  if (typeof first !== 'number') return first;
  const places = placesOf(text);
  const to = cutEnd(places, from, first, going) ?? lastOrphan(places, from, first, going) ?? first;
  if (isQuotingIn(places, to, text.length)) return { to };
  const left = going.left - places.charactersBetween(from, text.length);
  if (left <= 0) return { to };
  // What stands at the end of the text by itself is of a message: of this one, or of one behind it, as of a process that crashed.
  const goesOn = places.endsUndated(to) && !isLate(places.lastDated(to), going.stamp);
  return { to: goesOn ? text.length : to, going: { ...going, isWhole: true, left } };
}

/** Behind the first line from `from` on that ends the message, or before one that is too late to be of it; or where it goes on. */
function firstEnd(text: string, from: number, going: Going): number | Rest {
  let { left } = going;
  for (let start = from; left > -CUT;) {
    const newline = text.indexOf('\n', start);
    if (newline < 0) return { to: text.length, going: { ...going, left } };
    const line = text.slice(start, endOf(text, newline));
    if (beginsWithDate(text, start) && secondsBetween(going.stamp, line) > PATIENCE) return start;
    const isEnd = going.quoting.ends.test(line) || line.endsWith(LOST_END);
    if (isEnd || (line.endsWith('...') && left < charactersIn(line) + CUT)) return newline + 1;
    left -= charactersIn(line) + 1;
    start = newline + 1;
  }
  return { to: from };
}

/** Behind the last orphan that no other message explains. `from`: where what is left of the message begins; `first`: where it may have ended. */
function lastOrphan(places: Places, from: number, first: number, { quoting, left, stamp }: Going): number | undefined {
  const { text, orphans } = places;
  let to: number | undefined;
  for (let i = firstFrom(orphans, first); i < orphans.length; i++) {
    const begin = orphans[i]!;
    const isNear = places.charactersBetween(from, begin) < left;
    const newline = text.indexOf('\n', begin);
    if (!isNear || newline < 0 || isQuotingIn(places, to ?? first, begin)) break;
    const line = text.slice(begin, endOf(text, newline));
    if ((quoting.orphan.test(line) || line.endsWith(LOST_END)) && !mayBeReal(places, begin, newline, stamp))
      to = newline + 1;
  }
  return to;
}

/** Whether an orphan has a stamp of its own, and comes so late that it is rather an odd name than the end of the message with the stamp `of`. */
const mayBeReal = ({ text }: Places, begin: number, newline: number, of: string): boolean =>
  beginsWithDate(text, begin) && isLate(text.slice(begin, newline), of) && isLate(nextDated(text, newline + 1), of);

/** Behind the line where the message was cut, if it was. It may look whole, and has then no end of its own. */
function cutEnd(places: Places, from: number, first: number, { left }: Going): number | undefined {
  const newline = places.cutBehind(from, left);
  return newline === undefined || isQuotingIn(places, first, newline) ? undefined : newline + 1;
}

/** The first line from `from` on with a date, which is enough of it; empty when there is none. */
function nextDated(text: string, from: number): string {
  for (let start = from, newline; (newline = text.indexOf('\n', start)) >= 0; start = newline + 1)
    if (beginsWithDate(text, start)) return text.slice(start, newline);
  return '';
}

/** Whether another message that may quote somebody begins in the lines between. */
function isQuotingIn({ quoting }: Places, from: number, to: number): boolean {
  const next = quoting[firstFrom(quoting, from)];
  return next !== undefined && next < to;
}

/** Of the text asked about last. */
let known: Places | undefined;

function placesOf(text: string): Places {
  if (known?.text !== text) known = new Places(text, KINDS);
  return known;
}

/** Whether a line that tells of a session ends as only another message does. */
const isOdd = (line: string): boolean =>
  CONDITION.test(line)
    ? !line.includes('Stream closed by ')
    : [FROM, SERVED, REJECTED, CALLED].some(({ orphan }) => orphan.test(line)) ||
      [MQTT_END, MQTT_NAME_END, PUSH_END].some((end) => end.test(line));

const KINDS: Kinds = {
  isOdd,
  begins: QUOTING.map(({ begins }) => begins).filter((begins) => begins !== ''),
  inside: [PUSH_TEXT],
  quotes: (text, message, end) => quotingAt(text, message, end) !== undefined,
  // mod_mqtt_session.erl: `Closing MQTT session for alice@chat.example/cid from 127.0.0.1: Connection reset by peer`
  alike: ['Closing MQTT ', 'Rejected MQTT ', 'Failed to register MQTT ', 'Failed to close MQTT '],
  tails: [
    ' from ',
    ' -> ',
    '; bouncing for ',
    ', size: ',
    ' to ',
    '] (',
    ') temporarily: ',
    ')\n',
    ')\r\n',
    ')\x1b[0m',
  ],
  isTail: (line) => QUOTING.some(({ orphan }) => orphan.test(line)),
};

/**
 * Whether a line with this stamp comes too late to be of a message with that one. An earlier stamp says nothing: who forges a
 * line may write any.
 */
const isLate = (stamp: string, messageStamp: string): boolean => secondsBetween(messageStamp, stamp) > NEAR;
