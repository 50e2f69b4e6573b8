/**
 * RFC 5424, as rsyslog's RSYSLOG_SyslogProtocol23Format writes it; what it adds in front of a message is one more blank:
 *
 *     <30>1 2026-11-23T19:53:21.460501+00:00 vm prosody 14464 - -  BODY
 */
import type { Envelope } from './envelope.ts';
import { withColours } from './octal-colours.ts';
import { openText, UP_TO_NINE } from './text-head.ts';

const BLANK = 32;
const DATA = String.raw`(?:-|(?:\[(?:[^\]\\]|\\.){0,1024}\]){1,8})`;
const HEAD = new RegExp(
  String.raw`^(?<before><(?<priority>\d{1,3})>1 )(?<stamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?<fraction>\.\d{1,9})?(?<zone>Z|[+-]\d\d:\d\d)(?<behind> \S{1,255} (?<program>\S{1,128}) \S{1,128} \S{1,32} ${DATA}(?: (?:\xef\xbb\xbf)? ?|$))`,
);

export const rfc5424: Envelope = withColours({
  name: 'syslog, RFC 5424',
  begins: HEAD,
  cutsUnseen: true,
  altersLengths: true,
  usual: 'head and text',
  open: () => openText({ pattern: HEAD, fraction: UP_TO_NINE, longer: [BLANK, 0xef] }),
});
