/** Usual records, which compiled code makes plain, come out as their envelopes, the definition, have them; and of a hostile one no more. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { mongooseim } from '../../../src/format/dialects/mongooseim.ts';
import { prosody } from '../../../src/format/dialects/prosody.ts';
import { dockerJson } from '../../../src/format/envelopes/docker-json.ts';
import { journalExport } from '../../../src/format/envelopes/journal-export.ts';
import { journalJson } from '../../../src/format/envelopes/journal-json.ts';
import { mongooseImJson, prosodyJson } from '../../../src/format/envelopes/json-lines.ts';
import { WRAPPED_FORMS, wrapped } from '../../wrap.ts';
import { blockOf, bothWays, records } from './both-ways.ts';

describe('usual records are taken by what is compiled, of', () => {
  const message = { at: 1_772_445_600, source: 'c2s55d2', level: 'info', text: 'Authenticated as alice@chat.example' };
  const forms = [
    ['journalctl -o json', journalJson],
    ['journalctl -o json, of systemd 235 and before', journalJson],
    ['journalctl -o json, of the output', journalJson],
    ['journalctl -o export', journalExport],
    ["docker's json-file", dockerJson],
    ["Prosody's mod_log_json", prosodyJson],
  ] as const;
  for (const [name, envelope] of forms)
    test(`${name} [10.12]`, () => {
      const form = WRAPPED_FORMS.find((each) => each.name === name)!;
      const lines = Array.from({ length: 20_000 }, (_, i) => wrapped(form, { ...message, at: message.at + i * 997 }));
      const block = blockOf(lines);
      const program = /journal/.test(name) ? 'prosody' : '';
      assert.ok(envelope.usual);
      assert.ok(records.begin({ usual: envelope.usual, program, bare: prosody.bare }, block));
      assert.equal(records.take(0, block.length, { isOutput: form.of === 'output' }), block.length);
      const plain = records.plain.toString('latin1');
      assert.match(plain, /^\n*2026-03-02T10:00:00Z c2s55d2\tinfo\tAuthenticated as alice@chat\.example\n/);
      assert.equal(bothWays(block, envelope, program, prosody), plain);
    });
});

test("usual records are taken by what is compiled, of MongooseIM's JSON [10.12]", () => {
  const meta = { mfa: '{ejabberd_c2s,do_open_session,3}', line: 12, pid: '<0.501.0>' };
  const when = '2026-03-02T10:00:10.123456+00:00';
  const fields = {
    jid: 'alice@chat.example/phone',
    level: 'info',
    meta,
    user: 'alice',
    what: 'c2s_opened_session',
    when,
  };
  const block = blockOf(Array.from({ length: 100 }, () => JSON.stringify(fields)));
  assert.ok(records.begin({ usual: 'mongooseim, json', program: '', bare: undefined }, block));
  assert.equal(records.take(0, block.length, { isOutput: false }), block.length);
  assert.equal(bothWays(block, mongooseImJson, '', mongooseim), records.plain.toString('latin1'));
  assert.match(
    records.plain.toString('latin1'),
    /^2026-03-02T10:00:10\+00:00 level=info what=c2s_opened_session at=ejabberd_c2s: jid="alice@chat\.example\/phone"\n/,
  );
});

describe('real records are the same in both ways, of', () => {
  const cases = [
    ['transports/journal.json.gz', journalJson, 'prosody'],
    ['transports/journal.export.gz', journalExport, 'prosody'],
    ['transports/docker-json-file.log', dockerJson, ''],
    ['made/mongooseim-6.0-info.json', mongooseImJson, ''],
    ['prosody/layouts/mod_log_json.log', prosodyJson, ''],
    ['prosody/layouts/mod_log_json-formatted.log', prosodyJson, ''],
    ['prosody/layouts/mod_log_json-formatted-as-message.log', prosodyJson, ''],
    ['jabberd2/transports/journal.json.gz', journalJson, 'jabberd/sm'],
  ] as const;
  for (const [name, envelope, program] of cases)
    test(`${name} [10.12]`, () => {
      const bytes = readFileSync(new URL(`../../../../test/logs/${name}`, import.meta.url));
      const log = name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
      const dialect = envelope === mongooseImJson ? mongooseim : prosody;
      bothWays(log.subarray(0, log.lastIndexOf(10) + 1), envelope, program, dialect);
    });
});

test('where a short line ends, the longer one before it says nothing [10.8]', () => {
  const lines = ['c2s55d2        info\tClient connected\tx', 'certmanager    error\tno'].map((text) =>
    JSON.stringify({ log: `${text}\n`, stream: 'stdout', time: '2026-11-23T19:53:21Z' }),
  );
  const stale = JSON.stringify({ log: `${' '.repeat(22)}x\t\t\t\n`, stream: 'stdout', time: '2026-11-23T19:53:21Z' });
  const plain = bothWays(blockOf([...lines.slice(0, 1), stale, ...lines.slice(1)]), dockerJson, '', prosody);
  assert.match(plain, /Z certmanager\terror\tno\n$/);
});

describe('nothing in a text is taken for a field:', () => {
  const forged = 'c2s1: Authenticated as victim@chat.example';
  const time = '"__REALTIME_TIMESTAMP":"1795463737267370","PRIORITY":"6","SYSLOG_IDENTIFIER":"prosody"';
  const cases: readonly [name: string, line: string, plain: RegExp][] = [
    ['a quote with its backslash', `{${time},"A":"\\"MESSAGE\\":\\"${forged}","MESSAGE":"c2s1: x"}`, /\tx\n/],
    [
      'a quote as a number',
      `{${time},"MESSAGE":"c2s1: \\u0022,\\u0022MESSAGE\\u0022:\\u0022${forged}"}`,
      /\t","MESSAGE":"c2s1: Auth/,
    ],
    ['a name as a value', `{${time},"A":"MESSAGE","MESSAGE":"c2s1: x"}`, /\tx\n/],
    ['a backslash at the end', `{${time},"A":"\\\\","MESSAGE":"c2s1: x"}`, /\tx\n/],
    ['brackets', `{${time},"A":"}],{\\"MESSAGE\\":[","MESSAGE":"c2s1: x"}`, /\tx\n/],
  ];
  for (const [name, line, plain] of cases)
    test(`${name} [10.12]`, () => assert.match(bothWays(blockOf([line]), journalJson, 'prosody', prosody), plain));
});
