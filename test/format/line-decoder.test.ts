import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from '../properties.ts';
import { prosody } from '../../src/format/dialects/prosody.ts';
import { LineDecoder, type LineDecoderState } from '../../src/format/line-decoder.ts';
import type { SessionEvent } from '../../src/format/dialects/dialect.ts';
import { eventsOf, goldenFile, goldenLog, NEWYEAR_BERLIN, SMALL_UTC } from '../golden.ts';

interface Setting {
  readonly timezone?: string;
  readonly year?: number;
  readonly last?: number;
  readonly horizon?: number;
}

function readerOf({ timezone = 'UTC', year = 2026, last, horizon = Infinity }: Setting = {}): LineDecoder {
  return new LineDecoder({ dialect: prosody, timezone, state: { clock: { year, last } }, horizon: () => horizon });
}

const block = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''));

function read(reader: LineDecoder, bytes: Buffer): SessionEvent[] {
  const events: SessionEvent[] = [];
  reader.read(bytes, (event) => events.push(event));
  return events;
}

const login = (stamp: string, user = 'alice'): string =>
  `${stamp} c2s55d2\tinfo\tAuthenticated as ${user}@chat.example`;
/** A line that is no event. */
const other = (stamp: string): string => `${stamp} mod_posix\tinfo\tReceived SIGHUP`;

/** The instants of the events of these lines, ISO 8601. */
const instants = (lines: readonly string[], setting?: Setting): string[] =>
  read(readerOf(setting), block(lines)).map(({ at }) => new Date(at * 1000).toISOString().slice(0, 19));

describe('stamps', () => {
  const FORMS: readonly (readonly [format: string, stamp: string])[] = [
    ['%b %d %H:%M:%S', 'Nov 03 19:43:11'],
    ['syslog', 'Nov  3 19:43:11'],
    ['%Y-%m-%dT%H:%M:%S%z', '2026-11-03T19:43:11+0000'],
    ['%Y-%m-%dT%H:%M:%S%z elsewhere', '2026-11-04T01:13:11+0530'],
    ['%F %T', '2026-11-03 19:43:11'],
    ['%FT%TZ', '2026-11-03T19:43:11Z'],
    ['%c', 'Tue Nov  3 19:43:11 2026'],
    ['%d.%m.%Y %T', '03.11.2026 19:43:11'],
    ['%d/%b/%Y:%T %z', '03/Nov/2026:19:43:11 +0000'],
    ['%s', '1793734991'],
    ['[%F %T]', '[2026-11-03 19:43:11]'],
    ['%I:%M:%S %p', '2026-11-03 07:43:11 PM'],
  ];
  for (const [format, stamp] of FORMS)
    it(`${format}: ${stamp}`, () => assert.deepEqual(instants([login(stamp)]), ['2026-11-03T19:43:11']));

  it('of the log files of one server are read to the same instants', () => {
    const year = { timezone: 'UTC', year: 2026 };
    const [expected] = eventsOf(goldenFile('layouts/file-default.log'), year);
    for (const file of ['file-c', 'file-iso', 'file-source_width', 'console-timestamps-true'])
      assert.deepEqual(eventsOf(goldenFile(`layouts/${file}.log`), year)[0], expected, file);
  });

  it('that are missing make every event a rejected one', () => {
    const reader = readerOf();
    assert.deepEqual(read(reader, goldenFile('layouts/file-timestamps-false.log')), []);
    assert.equal(reader.counts.events, 0);
    assert.ok(reader.counts.rejected > 20);
  });

  it('that are missing are not taken for the last one', () => {
    const lines = [login('Nov 03 19:43:11'), other('Nov 03 19:53:11'), login('').trimStart()];
    assert.equal(instants(lines).length, 1);
  });

  it('must be all that stands before the source', () =>
    assert.deepEqual(instants([login('Nov 03 19:43:11'), login('Nov 03 19:43:11 Nov 03 19:43:12')]).length, 1));

  it('may change their form in the middle of a log', () =>
    assert.deepEqual(
      instants([
        login('Nov 03 19:43:11'),
        other('2026-11-03T19:43:12+0000'),
        login('2026-11-03T19:43:13+0000'),
        login('Tue Nov  3 19:43:14 2026'),
      ]),
      ['2026-11-03T19:43:11', '2026-11-03T19:43:13', '2026-11-03T19:43:14'],
    ));

  it('of one minute are each read to the second, also behind lines of other minutes', () =>
    assert.deepEqual(
      instants(
        ['19:43:11', '19:43:59', '19:44:00', '19:43:58', '19:43:60', '19:43:00', '19:43:6x'].map((time) =>
          login(`Nov 03 ${time}`),
        ),
      ).map((iso) => iso.slice(11)),
      ['19:43:11', '19:43:59', '19:44:00', '19:43:58', '19:44:00', '19:43:00'],
    ));

  it('of the last event are remembered, also within a minute', () => {
    const reader = readerOf();
    read(reader, block([login('Nov 03 19:43:11'), login('Nov 03 19:43:58'), login('Nov 03 19:43:50')]));
    assert.equal(reader.state.clock.last, Date.UTC(2026, 10, 3, 19, 43, 58) / 1000);
  });

  it('of an impossible day are rejected', () => {
    const reader = readerOf({ year: 2026 });
    assert.deepEqual(read(reader, block([login('Nov 31 00:00:00'), login('2026-02-29T00:00:00Z')])), []);
    assert.equal(reader.counts.rejected, 2);
  });
});

describe('stamps of the future', () => {
  const horizon = Date.UTC(2026, 10, 3, 20, 0, 0) / 1000;

  it('are rejected, up to the horizon they are believed', () => {
    const reader = readerOf({ horizon });
    const events = read(reader, block([login('Nov 03 20:00:00'), login('Nov 03 20:00:01')]));
    assert.deepEqual(
      events.map(({ at }) => at),
      [horizon],
    );
    assert.deepEqual(reader.counts, { lines: 2, events: 1, rejected: 1, foreign: 0, quoted: 0 });
  });

  for (const [what, wrong] of [
    ['an event', login],
    ['a line that is no event', other],
  ] as const)
    it(`do not turn the year for the lines behind them: ${what}`, () => {
      const lines = [
        login('Mar 02 10:00:00'),
        wrong('Dec 24 10:00:00'),
        wrong('Jan 01 00:00:07'),
        login('Mar 02 10:00:09'),
      ];
      assert.equal(instants(lines, { horizon }).at(-1), '2026-03-02T10:00:09');
    });
});

describe('the year', () => {
  it('turns between two events', () =>
    assert.deepEqual(instants([login('Dec 31 23:59:59'), login('Jan 01 00:00:00')]), [
      '2026-12-31T23:59:59',
      '2027-01-01T00:00:00',
    ]));

  it('turns by lines that are no events', () => {
    const lines = [
      login('Dec 01 00:00:00'),
      other('Dec 28 00:00:00'),
      other('Jan 02 00:00:00'),
      login('Dec 02 00:00:00'),
    ];
    assert.deepEqual(instants(lines), ['2026-12-01T00:00:00', '2027-12-02T00:00:00']);
  });

  it('does not turn by continuation lines, which a client may have written', () => {
    const forged = [`Mar 02 10:00:00 c2s55d2\tinfo\tx`, `\tJan 01 00:00:00 c2s55d2\tinfo\tx`, `Jan 01 00:00:00 no tab`];
    assert.deepEqual(instants([...forged, login('Mar 02 10:00:01')]), ['2026-03-02T10:00:01']);
  });

  it('has a 29 February when it has one', () => {
    assert.deepEqual(instants([login('Feb 29 12:00:00')], { year: 2028 }), ['2028-02-29T12:00:00']);
    assert.deepEqual(instants([login('Dec 31 12:00:00'), login('Feb 29 12:00:00')], { year: 2027 }), [
      '2027-12-31T12:00:00',
      '2028-02-29T12:00:00',
    ]);
  });
});

describe('the hour that repeats when summer time ends', () => {
  const berlin = { timezone: 'Europe/Berlin' };

  it('is told by the order of the events', () =>
    assert.deepEqual(
      instants(
        ['01:59:00', '02:10:00', '02:50:00', '02:10:00', '02:50:00', '03:00:00'].map((t) => login(`Oct 25 ${t}`)),
        berlin,
      ),
      ['23:59:00', '00:10:00', '00:50:00', '01:10:00', '01:50:00', '02:00:00'].map(
        (time, i) => `2026-10-${i === 0 ? 24 : 25}T${time}`,
      ),
    ));

  it('is told by lines that are no events', () => {
    const lines = [
      other('Oct 25 02:10:00'),
      other('Oct 25 02:55:00'),
      other('Oct 25 02:05:00'),
      login('Oct 25 02:20:00'),
    ];
    assert.deepEqual(instants(lines, berlin), ['2026-10-25T01:20:00']);
  });

  it('is told between two stamps with the same text', () => {
    const lines = [
      login('Oct 25 02:20:00'),
      other('Oct 25 02:55:00'),
      other('Oct 25 02:05:00'),
      login('Oct 25 02:20:00'),
    ];
    assert.deepEqual(instants(lines, berlin), ['2026-10-25T00:20:00', '2026-10-25T01:20:00']);
  });
});

describe('lines', () => {
  it('end at a newline and nowhere else', () => {
    for (const [what, character] of [
      ['CR', '\r'],
      ['NEL', '\u0085'],
      ['LINE SEPARATOR', '\u2028'],
      ['VT', '\v'],
      ['FF', '\f'],
      ['NUL', '\0'],
    ] as const) {
      const reader = readerOf();
      const text = `Nov 03 19:43:11 c2s55d2\tinfo\tStream encrypted${character}${login('Nov 03 19:43:12', 'forged')}`;
      assert.deepEqual(read(reader, block([text, login('Nov 03 19:43:13')])).length, 1, what);
      assert.equal(reader.counts.lines, 2, what);
    }
  });

  it('of bytes that are no UTF-8 hide nothing behind them', () => {
    const garbage = Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x09, 0xc3, 0x0a, 0x00, 0x0a]);
    const reader = readerOf();
    const events = read(
      reader,
      Buffer.concat([block([other('Nov 03 19:43:11')]), garbage, block([login('Nov 03 19:43:12')])]),
    );
    assert.equal(events.length, 1);
    assert.deepEqual(reader.counts, { lines: 4, events: 1, rejected: 0, foreign: 2, quoted: 0 });
  });

  it('are read behind the NUL bytes that a power failure leaves', () => {
    const reader = readerOf();
    const hole = Buffer.concat([Buffer.alloc(1000), block([login('Nov 03 19:43:12')])]);
    assert.equal(read(reader, Buffer.concat([block([other('Nov 03 19:43:11')]), hole])).length, 1);
    assert.deepEqual(reader.counts, { lines: 2, events: 1, rejected: 0, foreign: 0, quoted: 0 });
  });

  it('of 10 MB hide nothing behind them', () => {
    const long = 'x'.repeat(10_000_000);
    const lines = [
      long,
      `${other('Nov 03 19:43:11')} ${long}`,
      login('Nov 03 19:43:11', long),
      login('Nov 03 19:43:12'),
    ];
    assert.deepEqual(instants(lines), ['2026-11-03T19:43:12']);
  });

  it('are numbered within their block', () => {
    const numbers: number[] = [];
    const lines = [other('Nov 03 19:43:11'), login('Nov 03 19:43:12'), '', login('Nov 03 19:43:13')];
    readerOf().read(block(lines), (_, line) => numbers.push(line));
    assert.deepEqual(numbers, [1, 3]);
  });

  it('of another program are counted as foreign', () => {
    const reader = readerOf();
    read(reader, block(['Nov 03 19:43:11 host sshd[1]: Accepted publickey for alice', 'Lorem ipsum']));
    assert.deepEqual(reader.counts, { lines: 2, events: 0, rejected: 0, foreign: 2, quoted: 0 });
  });
});

/** The offsets just behind newlines. */
function lineEnds(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let end = 0; (end = bytes.indexOf(10, end) + 1) > 0;) ends.push(end);
  return ends;
}

describe('blocks', () => {
  const LOGS = [
    [SMALL_UTC, goldenLog(SMALL_UTC, 'info')],
    [NEWYEAR_BERLIN, goldenLog(NEWYEAR_BERLIN, 'info')],
    [SMALL_UTC, goldenLog(SMALL_UTC, 'debug').subarray(0, 2_000_000)],
  ] as const;

  for (const [campaign, whole] of LOGS) {
    const ends = lineEnds(whole);
    const log = whole.subarray(0, ends.at(-1));
    const [expected] = eventsOf(log, campaign);
    const cutsOf = fc.uniqueArray(fc.constantFrom(...ends), { minLength: 1, maxLength: 30, size: 'max' });

    it(`cut anywhere give the events of the whole log, by one reader or by one after the other: ${campaign.name}`, () => {
      fc.assert(
        fc.property(cutsOf, fc.boolean(), (cuts, again) => {
          let reader = readerOf(campaign);
          const events: SessionEvent[] = [];
          const borders = [0, ...cuts.toSorted((a, b) => a - b), log.length];
          for (const [i, from] of borders.entries()) {
            reader.read(log.subarray(from, borders[i + 1] ?? log.length), (event) => events.push(event));
            const state = JSON.parse(JSON.stringify(reader.state)) as LineDecoderState;
            const { timezone } = campaign;
            if (again) reader = new LineDecoder({ dialect: prosody, timezone, state, horizon: () => Infinity });
          }
          assert.deepEqual(events, expected);
        }),
        { numRuns: 15 },
      );
    });
  }

  it('are not kept in memory by the names found in them', () => {
    setFlagsFromString('--expose-gc');
    const collect = (): unknown => runInNewContext('gc()');
    const reader = readerOf();
    const padding = block(Array.from({ length: 20_000 }, () => other('Nov 03 19:43:11')));
    const stored: SessionEvent[] = [];
    const readOne = (i: number): void => {
      const lines = [
        login('Nov 03 19:43:11', `a.user.with.a.long.name.${i}`),
        `Nov 03 19:43:11 c2s56035195${i}\tdebug\tResource bound: a.user.with.a.long.name@chat.example/resource.${i}`,
      ];
      reader.read(Buffer.concat([block(lines), padding]), (event) => stored.push(event));
    };
    readOne(1000);
    collect();
    const before = process.memoryUsage();
    for (let i = 1001; i < 1100; i++) readOne(i);
    collect();
    const after = process.memoryUsage();
    const grown = after.heapUsed + after.external - before.heapUsed - before.external;
    assert.equal(stored.length, 200);
    assert.ok(grown < 20 * padding.length, `${grown} bytes are kept of ${99 * padding.length} read`);
  });
});
