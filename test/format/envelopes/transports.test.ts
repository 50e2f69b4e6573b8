import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { SessionEvent } from '../../../src/format/dialects/dialect.ts';
import { plainLines, recogniseFormat } from '../../../src/format/recogniser.ts';
import { goldenLog, hourly, SMALL_UTC } from '../../golden.ts';
import { messagesOf, WRAPPED_FORMS, wrapped } from '../../wrap.ts';
import { eventsOf } from './events.ts';

/** This file runs as dist/test/format/envelopes/transports.test.js. */
const LOGS = new URL('../../../../test/logs/transports/', import.meta.url);
function fileOf(name: string): Buffer {
  const bytes = readFileSync(new URL(name, LOGS));
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

const told = (events: readonly SessionEvent[]): string[] =>
  events.map(({ kind, ...more }) => `${kind} ${'user' in more ? more.user : ''}`.trim());

describe('one run of the same clients, through', () => {
  const expected = told(eventsOf(fileOf('file.log')).events);
  const names = ['syslog.traditional', 'syslog.fileformat', 'syslog.rfc5424', 'cri.log', 'docker-json-file.log'];
  for (const name of names)
    test(`${name}, gives what the file gives [10.1]`, () => {
      const { events, counts } = eventsOf(fileOf(name));
      assert.deepEqual(told(events).toSorted(), expected.toSorted());
      assert.equal(counts.rejected, 0);
    });

  const journals = ['json', 'export', 'short', 'short-iso', 'short-precise', 'short-full', 'with-unit', 'short-unix'];
  for (const name of journals)
    test(`journalctl -o ${name}, once from syslog and once from its output [10.1]`, () => {
      const { events } = eventsOf(fileOf(`journal.${name}.gz`));
      assert.deepEqual(told(events).toSorted(), [...expected, ...expected].toSorted());
    });

  test('docker compose logs, whose lines have no time, is told and not guessed [10.1]', () => {
    assert.deepEqual(eventsOf(fileOf('docker-compose-logs.txt')).events, []);
  });
});

describe('days of real clients, wrapped in', () => {
  for (const level of ['info', 'debug'] as const) {
    const week = goldenLog(SMALL_UTC, level);
    // At debug two days of it have as many lines.
    const log = level === 'debug' ? week.subarray(0, week.indexOf('\n', 1_500_000) + 1) : week;
    const messages = messagesOf(log);
    const expected = hourly(eventsOf(log).events);
    for (const form of WRAPPED_FORMS) {
      const { name, envelope, isLocal } = form;
      test(`${name}, at level ${level}, gives the same counts, and every line is the server's [10.1]`, () => {
        const bytes = Buffer.from(`${messages.map((each) => wrapped(form, each)).join('\n')}\n`, 'latin1');
        const lines = bytes.subarray(0, 65_536).toString('latin1').split('\n');
        assert.match(recogniseFormat(lines)?.wrapping?.envelope.name ?? 'none', envelope);
        const { events, counts } = eventsOf(bytes, isLocal ? 'UTC' : 'Asia/Kolkata');
        assert.deepEqual(hourly(events), expected);
        assert.deepEqual([counts.foreign, counts.rejected], [0, 0]);
      });
    }
  }
});

test('a plain line stands for each wrapped one [10.1]', () => {
  for (const name of ['journal.export.gz', 'journal.short.gz', 'cri.log', 'docker-json-file.log', 'syslog.rfc5424']) {
    const lines = fileOf(name).toString('latin1').split('\n').slice(0, -1);
    assert.equal(plainLines(lines).length, lines.length, name);
  }
});
