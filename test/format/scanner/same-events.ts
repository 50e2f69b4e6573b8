/** Lines of servers, with texts of remote parties in them, and that a scanner says of them what the reader says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as fc from '../../properties.ts';
import { Sessions } from '../../../src/activity/sessions.ts';
import { Users } from '../../../src/activity/user-table.ts';
import { decode } from '../../../src/format/decoder.ts';
import type { Dialect } from '../../../src/format/dialects/dialect.ts';
import { EventBatch } from '../../../src/format/event-batch.ts';
import { LineDecoder } from '../../../src/format/line-decoder.ts';
import { OPTIONS } from '../../golden.ts';
import { blocksOf, byReader, byScanner, SCANNERS } from './both-ways.ts';

export const zoneOf = (dialect: Dialect) => ({ timezone: 'UTC', year: 2026, dialect });
export const oneOf = (...texts: string[]) => fc.constantFrom(...texts);
export const joined = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((texts) => texts.join(''));

export const jid = oneOf(
  ...['alice@chat.example', 'bob.x@work.example', 'Carol@Chat.Example', 'иван@chat.example', "o'brien@h", 'x@', '@h'],
  ...['a@b@c', 'two words@h', `${'x'.repeat(300)}@h`],
);
export const resource = oneOf(
  ...[
    '/phone',
    '/phone',
    '/phone',
    '',
    '/',
    '/a/b',
    '/x: y',
    '/ü',
    '/\t',
    '/a (b)',
    '/x] [error] SASL callback for non-existing host: y',
  ],
  ...[
    '/[info] [1] [y] error: Stream error (',
    `/${'r'.repeat(790)}`,
    `/${'r'.repeat(1100)}`,
    '/x, packets: 1, bytes: 2',
  ],
  ...['/ from 127.0.0.1: x', '/Stream closed by peer: x (conflict)', '/x\x1b[0m', '/x\r', '/ has dropped '],
);
export const peer = oneOf(
  ...['', ': Stream reset by peer', ': Stream closed by peer: bye (conflict)', ': Stream closed by peer: bye'],
  ...[': Connection failed: connection closed', ' (policy-violation)', ' from 192.0.2.7: x', '\r', '\x1b[0m'],
);
export const second = fc.oneof({ weight: 4, arbitrary: fc.nat(3) }, fc.nat(7000));
export const clock = (seconds: number): string =>
  new Date(Date.UTC(2026, 2, 2, 10) + seconds * 1000).toISOString().slice(11, 19);
export const any = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replaceAll('\n', ''));

export const inPieces = (line: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 12, arbitrary: line },
    fc.constant(''),
    line.map((text) => `\t${text}`),
    line.map((text) => `\0\0${text}`),
    line.map((text) => `${text}\r`),
    any,
  );

const logOf = (path: string): Buffer => readFileSync(new URL(`../../../../test/logs/${path}`, import.meta.url));

export interface Lines {
  readonly dialect: Dialect;
  readonly line: fc.Arbitrary<string>;
  /** In test/logs. */
  readonly logs: readonly string[];
}

export function saysTheSame(servers: readonly Lines[]): void {
  for (const [name, make] of Object.entries(SCANNERS))
    for (const { dialect, line, logs } of servers)
      describe(`the scanner ${name} says of lines of ${dialect.name} what the reader says`, () => {
        const zone = zoneOf(dialect);

        for (const path of logs)
          for (const size of [300, 256 * 1024])
            it(`of a real log: ${path}, in blocks of ${size} bytes [10.1]`, () => {
              const blocks = blocksOf(logOf(path), size);
              const { scanned, ...outcome } = byScanner(blocks, zone, make());
              assert.deepEqual(outcome, byReader(blocks, zone));
              if (size > 300) assert.ok(scanned > outcome.events.length / 4, `${scanned} of ${outcome.events.length}`);
            });

        it('of any lines [10.1]', () => {
          const made = make();
          fc.assert(
            fc.property(
              fc.array(fc.array(line, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 3 }),
              (blocks) => {
                const bytes = blocks.map((lines) => Buffer.from(`${lines.join('\n')}\n`));
                const { scanned: _, ...outcome } = byScanner(bytes, zone, made);
                assert.deepEqual(outcome, byReader(bytes, zone));
              },
            ),
            { numRuns: 1000 },
          );
        });

        it('and what it finds is taken in as the events that it stands for [10.1]', () => {
          fc.assert(
            fc.property(fc.array(line, { minLength: 1, maxLength: 60 }), (lines) => {
              const block = Buffer.from(`${lines.join('\n')}\n`);
              const [users, scannersOf] = make();
              const sessions = new Sessions(users, OPTIONS);
              const batch = new EventBatch(block);
              const state = { clock: { year: 2026, last: undefined } };
              decode(
                batch,
                new LineDecoder({ dialect, timezone: 'UTC', state, horizon: () => Infinity }),
                scannersOf(users),
              );
              sessions.expect(batch);
              sessions.takeRun(batch, 0, batch.count);
              const known = new Users({ exclude: [], includeDisabled: false, ...OPTIONS, seed: 7 });
              const others = new Sessions(known, OPTIONS);
              for (const event of byReader([block], zone).events) others.take(event);
              assert.deepEqual(new Map(sessions.all()), new Map(others.all()));
            }),
            { numRuns: 60 },
          );
        });
      });
}
