/**
 * What is known of a log is stored with each position that is reached in it: a daemon that is started anew, wherever that was, tells of
 * the lines behind what one tells that goes on.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fileOf } from '../ejabberd-golden.ts';
import * as fc from '../properties.ts';
import { eventsIn } from './envelopes/events.ts';

const TEXTS = 25;
/** By so much at the beginning a log is recognised. */
const BEGINNING = 200;

const madeLog = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../../../test/logs/made/${name}`, import.meta.url)));
const someOf = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.indexOf(10, Math.min(200_000, bytes.length - 1)) + 1);
const jabberd2Log = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../../../test/logs/jabberd2/2.7.0/${name}`, import.meta.url)));

/** So many lines in one second after the other, of which more than 250 are a burst. */
function bursts(inSeconds: readonly number[]): Buffer {
  const head = (second: number): string =>
    `2026-11-23 19:${String(Math.floor(second / 60)).padStart(2, '0')}:${String(second % 60).padStart(2, '0')}.030291+00:00 [info] <0.75.0>@ejabberd_c2s:bind/2:450 `;
  const lines = inSeconds.flatMap((count, second) =>
    Array.from({ length: count }, (_, i) =>
      i % 3 === 0
        ? `${head(second)}(tls|<0.75.0>) Opened c2s session for a${i}@chat.example/x`
        : `${head(second)}(tls|<0.75.0>) Accepted c2s PLAIN authentication for a@chat.example by mnesia backend from 127.0.0.1`,
    ),
  );
  return Buffer.from(
    `${head(0)}ejabberd 24.12 is started in the node ejabberd@localhost in 2.38s\n${lines.join('\n')}\n`,
  );
}

const LOGS: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['ejabberd, with bursts', bursts([3, 249, 250, 400, 1, 260, 120])],
  ['ejabberd 23.01, forged lines', fileOf('23.01/05-injection-clean-lines.log')],
  ['ejabberd 26.07, a coloured console', fileOf('26.07/console-stdout.txt.gz')],
  ['jabberd2, c2s.log', someOf(jabberd2Log('c2s.log'))],
  ...['mongooseim-6.0-info.log', 'openfire-5.1-debug.log', 'tigase-8-coloured.log', 'ejabberd-2.1.log'].map(
    (name) => [name, madeLog(name)] as const,
  ),
];

describe('a restart between any two lines changes nothing', () => {
  for (const [name, bytes] of LOGS)
    it(`of ${name} [10.3]`, () => {
      const ends = [...bytes.entries()].filter(([at, byte]) => byte === 10 && at > BEGINNING).map(([at]) => at + 1);
      const cuts = fc.uniqueArray(fc.constantFrom(...ends), { minLength: 1, maxLength: 12 });
      const expected = eventsIn(bytes, { ends: [] }).events;
      assert.ok(expected.length > 0);
      fc.assert(
        fc.property(cuts, (some) => {
          const [once, anew] = [false, true].map((restarts) => eventsIn(bytes, { ends: some, restarts }).events);
          assert.deepEqual(anew, once);
          assert.deepEqual(anew, expected);
        }),
        { numRuns: TEXTS },
      );
    });
});
