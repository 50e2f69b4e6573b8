/**
 * What `docker compose logs` prints, coloured or not, with `-t` or without; the name is that of the container:
 *
 *     prosody-1  | BODY
 *     prosody-1  | 2026-11-23T19:53:21.434500123Z BODY
 */
import type { Envelope } from './envelope.ts';
import { openText, UP_TO_NINE } from './text-head.ts';

const ESC = 27;
const NAME = String.raw`(?:\x1b\[[0-9;]{0,16}m){0,2}(?<program>[A-Za-z0-9][\w.-]{0,127}) {0,128}\| (?:\x1b\[0m)?`;
const STAMP = String.raw`(?<stamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?<fraction>\.\d{1,9})?(?<zone>Z|[+-]\d\d:\d\d)(?<behind> )`;

const STAMPED = new RegExp(`^(?<before>${NAME})${STAMP}`);
const BARE = new RegExp(`^(?<before>${NAME})(?<stamp>)(?<fraction>)(?<zone>)(?<behind>)`);

export const compose: Envelope = {
  name: 'docker compose logs',
  begins: BARE,
  usual: 'head and text',
  open: () => openText({ pattern: BARE, longer: [ESC] }),
};

export const composeStamped: Envelope = {
  name: 'docker compose logs -t',
  begins: STAMPED,
  usual: 'head and text',
  open: () => openText({ pattern: STAMPED, fraction: UP_TO_NINE }),
};
