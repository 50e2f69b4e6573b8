/**
 * A stamp and a blank in front of what the server wrote:
 *
 *     @400000006742f3a12b8e4c1c BODY                    multilog, svlogd -t, s6-log t
 *     2026-11-23_19:29:20.12345 BODY                    svlogd -tt, in UTC
 *     2026-11-23T19:29:20.12345 BODY                    svlogd -ttt, in UTC
 *     2026-11-23T19:53:21.434500123Z BODY               docker logs -t, kubectl logs --timestamps
 */
import type { Envelope } from './envelope.ts';
import { openText, UP_TO_NINE } from './text-head.ts';

const TAI = /^(?<before>@4000000)(?<stamp>[0-9a-f]{9})(?<fraction>(?:[0-9a-f]{8}){0,2})(?<zone>)(?<behind>(?: |$))/;
const SVLOGD = /^(?<before>)(?<stamp>\d{4}-\d\d-\d\d[_T]\d\d:\d\d:\d\d)(?<fraction>\.\d{5})(?<zone>)(?<behind>(?: |$))/;
const DOCKER =
  /^(?<before>)(?<stamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?<fraction>\.\d{1,9})?(?<zone>Z|[+-]\d\d:\d\d)(?<behind>(?: |$))/;

/** The first digits are those of 2^62 and of thousands of years. TAI was 10 seconds ahead in 1970, and leap seconds are passed over, as by those who write it. */
const AHEAD = 10;
export const tai64n: Envelope = {
  name: 'multilog or svlogd -t',
  begins: TAI,
  usual: 'head and text',
  open: () =>
    openText({ pattern: TAI, fraction: { marks: [], digits: [0, 8, 16] }, number: { base: 16, ahead: AHEAD } }),
};

export const svlogd: Envelope = {
  name: 'svlogd -tt',
  begins: SVLOGD,
  usual: 'head and text',
  open: () => openText({ pattern: SVLOGD, fraction: { ...UP_TO_NINE, digits: [5] }, zone: 'Z' }),
};

export const dockerLogs: Envelope = {
  name: 'docker logs -t',
  begins: DOCKER,
  isStampOnly: true,
  usual: 'head and text',
  open: () => openText({ pattern: DOCKER, fraction: UP_TO_NINE }),
};
