/**
 * syslog in a file, and `journalctl -o short`, `short-precise`, `short-iso` and `short-iso-precise`, which look the same:
 *
 *     Nov 23 19:53:21 vm prosody[14464]: BODY                              RSYSLOG_TraditionalFileFormat
 *     2026-11-23T19:53:21.460501+00:00 vm prosody[14464]: BODY             RSYSLOG_FileFormat
 *     2026-11-23T19:55:37+0530 vm prosody[20368]: BODY                     short-iso
 *     Mon 2026-11-23 19:55:37 UTC vm prosody.service[20368]: BODY          short-full, with-unit
 *     1795463737.041622 vm prosody[20368]: BODY                            short-unix
 */
import type { Envelope } from './envelope.ts';
import { withColours } from './octal-colours.ts';
import { openText, UP_TO_NINE } from './text-head.ts';

const PROGRAM = String.raw` [^\s[\]{]{1,255} (?<program>[^\s[:]{1,128})(?:\[\d{1,10}\])?:(?: |$)`;
const DAY_TIME = String.raw`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d`;
const FRACTION = String.raw`(?<fraction>[.,]\d{1,9})?`;
const fraction = { ...UP_TO_NINE, marks: [46, 44] };

/** `stamp` in front of the name of the host. */
const head = (stamp: string, zone: string): RegExp =>
  new RegExp(
    String.raw`^(?<before>(?:<(?<priority>\d{1,3})>)?)(?<stamp>${stamp})${FRACTION}(?<zone>${zone})?(?<behind>${PROGRAM})`,
  );

const SHORT = head(
  String.raw`[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`,
  String.raw`Z|[+-]\d\d:?\d\d`,
);
const FULL = head(String.raw`[A-Z][a-z]{2} ${DAY_TIME}`, String.raw` (?:[A-Z][A-Za-z]{1,4}|[+-]\d\d(?:\d\d)?)`);
const UNIX = head(String.raw`\d{10}`, '');

export const syslog: Envelope = withColours({
  name: 'syslog or journalctl, short forms',
  begins: SHORT,
  cutsUnseen: true,
  altersLengths: true,
  usual: 'head and text',
  open: () => openText({ pattern: SHORT, fraction }),
});

export const journalFull: Envelope = {
  name: 'journalctl -o short-full or with-unit',
  begins: FULL,
  cutsUnseen: true,
  altersLengths: true,
  usual: 'head and text',
  open: () => openText({ pattern: FULL, fraction }),
};

export const journalUnix: Envelope = {
  name: 'journalctl -o short-unix',
  begins: UNIX,
  cutsUnseen: true,
  altersLengths: true,
  usual: 'head and text',
  open: () => openText({ pattern: UNIX, fraction, number: { base: 10, ahead: 0 } }),
};
