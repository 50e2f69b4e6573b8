import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { longestSpan, parseRetention, readStorageSchemas } from '../../src/report/graphite/retention.ts';

const [minute, hour, day] = [60, 3600, 86_400];

describe('a retention', () => {
  const cases: [string, [number, number][]][] = [
    [
      '10s:6h,1m:6d,10m:1800d',
      [
        [10, 6 * hour],
        [minute, 6 * day],
        [600, 1800 * day],
      ],
    ],
    ['1h:5y', [[hour, 5 * 365 * day]]],
    ['60:1440', [[60, day]]],
    ['1min:2weeks', [[minute, 14 * day]]],
    [
      ' 1h:1y , 1m:1d ',
      [
        [minute, day],
        [hour, 365 * day],
      ],
    ],
    ['7s:1m', [[7, 56]]],
  ];
  for (const [text, expected] of cases) {
    test(`"${text}" is understood as whisper does`, () => {
      assert.deepEqual(
        parseRetention(text),
        expected.map(([step, span]) => ({ step, span })),
      );
    });
  }

  const wrong: [string, RegExp][] = [
    ['', /"" is not of the form 10s:6h/],
    ['10s', /"10s" is not of the form/],
    ['10s:6h:', /"10s:6h:" is not of the form/],
    ['-1s:6h', /is not of the form/],
    ['1.5s:6h', /is not of the form/],
    ['10x:6h', /"x" is no unit; there are s, m, h, d, w and y/],
    ['0s:6h', /has a step of 0/],
    ['1h:30m', /keeps no point at all/],
    ['1m:1d,1m:2d', /two archives have the step 60 s/],
    ['7s:1d,1m:2d', /a step of 60 s is no multiple of 7 s/],
    ['1m:2d,1h:1d', /the archive of 3600 s must reach further back than that of 60 s/],
    ['1s:10s,1m:1d', /the archive of 1 s is too short to fill one step of 60 s/],
  ];
  for (const [text, expected] of wrong) {
    test(`"${text}" is refused`, () => {
      assert.throws(
        () => parseRetention(text),
        (error: Error & { code?: string }) => {
          assert.match(error.message, expected);
          return error.code === 'RETENTION';
        },
      );
    });
  }

  test('reaches as far back as its longest archive', () => {
    assert.equal(longestSpan(parseRetention('10s:6h,1m:6d,10m:1800d')), 1800 * day);
  });
});

describe('storage-schemas.conf', () => {
  const file = `# comment
; another
[carbon]
pattern = ^carbon\\.
retentions = 60:90d

[no pattern]
retentions = 1s:1d
[Named]
Pattern: ^stats\\.(?P<kind>gauges)\\.
retentions = 10s:6h,1m:6d
[ignoring case]
pattern = (?i)^TAGGED
retentions = 5m:1d
[default]
pattern = .*
retentions = 1h:1y
`;
  const cases: [string, string][] = [
    ['carbon.agents.x', '60:90d'],
    ['stats.gauges.xmpp.active_users_1d.chat_example', '10s:6h,1m:6d'],
    ['tagged.x', '5m:1d'],
    ['other', '1h:1y'],
  ];
  for (const [name, retention] of cases) {
    test(`gives ${name} the first section that matches`, () => {
      assert.deepEqual(readStorageSchemas(file, name), parseRetention(retention));
    });
  }
  test("falls back to carbon's built-in week of minutes", () => {
    assert.deepEqual(readStorageSchemas('[a]\npattern = ^a\nretentions = 1h:1y\n', 'b'), parseRetention('60s:7d'));
  });
  test('that cannot be understood is an error that names the place', () => {
    assert.throws(() => readStorageSchemas('pattern = x\n', 'x'), /the line "pattern = x" is neither/);
    assert.throws(
      () => readStorageSchemas('[a]\npattern = (\nretentions = 1h:1y\n', 'x'),
      /the pattern of section \[a\], "\("/,
    );
    assert.throws(() => readStorageSchemas('[a]\npattern = .\nretentions = 1h\n', 'x'), /"1h" is not of the form/);
  });
  test('of the examples gives our names one slot an hour', async () => {
    const example = await readFile('examples/graphite/storage-schemas.conf', 'utf8');
    for (const name of [
      'stats.gauges.xmpp.active_users_30d.a',
      'prosody.prosody_mod_measure_active_users.active_users_1d.a',
    ]) {
      assert.deepEqual(readStorageSchemas(example, name), parseRetention('1h:10y'));
    }
    assert.deepEqual(readStorageSchemas(example, 'stats.gauges.xmpp.self.lag_seconds'), parseRetention('60s:7d'));
  });
});

test('an indented line goes on with the value before it, as for ConfigParser', () => {
  const text = '[all]\npattern = .*\nretentions = 60s:1d,\n  5m:30d\n  ,1h:3y\n';
  assert.deepEqual(
    readStorageSchemas(text, 'a').map(({ step }) => step),
    [60, 300, 3600],
  );
});
