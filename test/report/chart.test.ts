import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from '../properties.ts';
import { WINDOWS, type Sample } from '../../src/activity/active-window.ts';
import { chart, type ChartOptions } from '../../src/report/charts/terminal.ts';
import { svg } from '../../src/report/charts/svg.ts';

const start = Date.parse('2026-03-01T00:00Z') / 1000;
const plain: ChartOptions = { columns: 60, rows: 8, color: false, unicode: false, timezone: 'UTC' };

/** Hourly samples of one host: d1 rises by one an hour, d7 is 50 and d30 100 above it. */
function rising(hours: number, host = 'chat.example', from = start): Sample[] {
  return Array.from({ length: hours }, (_, i) => ({
    at: from + 3600 * i,
    host,
    online: 0,
    d1: i,
    d7: i + 50,
    d30: i + 100,
    covered: WINDOWS,
  }));
}

const hidden = /\u001b\[\d+m/g;

describe('the chart', () => {
  test('has a title, the latest figures, both axes and three lines', () => {
    assert.equal(
      chart(rising(49), plain),
      `chat.example                         1 Mar 2026 - 2 Mar 2026
mmm monthly 148   www weekly 98   ddd daily 48
200 +
    |
    |                   mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm
100 +mmmmmmmmmmmmmmmmmmm                   wwwwwwwwwwwwwwwww
    | wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww
    |w                  dddddddddddddddddddddddddddddddddddd
  0 +ddddddddddddddddddd
    ++-------------+------------+-------------+-------------
   1 Mar         12:00        2 Mar         12:00
`,
    );
  });

  test('is never wider than the terminal, whatever it shows', () => {
    const count = fc.integer({ min: 0, max: 20_000_000 });
    const sample = fc.record({
      at: fc.integer({ min: 0, max: 4_000_000_000 }),
      host: fc.constantFrom('a.example', 'b.example', `${'long.'.repeat(50)}example`),
      online: count,
      d1: count,
      d7: count,
      d30: count,
      covered: fc.constant(WINDOWS),
    });
    fc.assert(
      fc.property(
        fc.array(sample, { maxLength: 30 }),
        fc.integer({ min: 40, max: 240 }),
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns'),
        (samples, columns, color, unicode, timezone) => {
          const text = chart(samples, { columns, color, unicode, timezone });
          for (const line of text.replaceAll(hidden, '').split('\n')) assert(line.length <= columns, line);
          if (!unicode) assert.match(text.replaceAll(hidden, ''), /^[\x20-\x7e\n]*$/);
          if (!color) assert(!text.includes('\u001b'));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('is of dots with Unicode, and in three colours with colour', () => {
    const dots = chart(rising(49), { ...plain, unicode: true });
    assert.match(dots, /[\u2801-\u28ff]{20}/u);
    const colored = chart(rising(49), { ...plain, unicode: true, color: true });
    for (const code of ['32', '36', '35']) assert(colored.includes(`\u001b[${code}m`));
    // Once per run of a colour, not once per character.
    assert(colored.length < 3 * dots.length, `${colored.length} and ${dots.length}`);
  });

  test('leaves a gap where samples are missing', () => {
    const text = chart([...rising(24), ...rising(24, 'chat.example', start + 3 * 86_400)], plain);
    const bottom = text.split('\n').find((line) => line.startsWith('  0 +'));
    assert.match(bottom ?? '', /d {20,}d/);
  });

  test('shows the hosts with the most users and counts the others', () => {
    const samples = ['small', 'big', 'middle', 'tiny'].flatMap((host, i) =>
      rising(5, host).map((each) => ({ ...each, d30: [20, 900, 300, 1][i] ?? 0 })),
    );
    const text = chart(samples, { ...plain, panels: 2 });
    assert.deepEqual(
      text
        .split('\n')
        .filter((line) => /^[a-z][a-z ]* +1 Mar/.test(line))
        .map((line) => line.split(' ')[0]),
      ['all', 'big', 'middle'],
    );
    assert.match(text, /\n2 hosts with fewer users not shown\n$/);
    assert.match(chart(samples, { ...plain, panels: 3 }), /\n1 host with fewer users not shown\n$/);
    assert.doesNotMatch(chart(samples, plain), /not shown/);
  });

  test('of one sample, of zeros and of nothing is drawn too', () => {
    assert.match(chart(rising(1), plain), /daily 0/);
    assert.match(
      chart([{ at: start, host: 'a', online: 0, d1: 0, d7: 0, d30: 0, covered: WINDOWS }], plain),
      /\n {2}0 \+d/,
    );
    assert.equal(chart([], plain), 'Nothing to draw: no user was seen.\n');
  });

  test('of three years of one host takes no recursion', () => {
    assert.match(chart(rising(26_280), { ...plain, columns: 200 }), /2027/);
  });
});

describe('the chart and the SVG', () => {
  const cases: [hours: number, zone: string, range: RegExp][] = [
    [49, 'UTC', /1 Mar 2026 [-\u2013] 2 Mar 2026/],
    [50, 'UTC', /1 Mar 2026 [-\u2013] 3 Mar 2026/],
    [49, 'Europe/Berlin', /1 Mar 2026 [-\u2013] 3 Mar 2026/],
    [1, 'UTC', /1 Mar 2026 [-\u2013] 1 Mar 2026/],
  ];
  for (const [hours, timezone, range] of cases)
    test(`of ${hours} hours in ${timezone} end on the same day [8.22]`, () => {
      assert.match(chart(rising(hours), { ...plain, timezone }), range);
      assert.match(svg(rising(hours), { timezone }), range);
    });
});

describe('what the logs do not cover', () => {
  const [day, week, month] = WINDOWS;
  /** The day is covered from the 25th hour on, the week never. */
  const partly = rising(49).map((sample, i) => ({ ...sample, covered: [i < 25 ? 3600 * i : day, 3600 * i, month] }));

  test('is drawn broken on the terminal, with a note, and the latest figures say so [8.21]', () => {
    assert.equal(
      chart(partly, plain),
      `chat.example                         1 Mar 2026 - 2 Mar 2026
mmm monthly 148   www weekly >=98   ddd daily 48
200 +
    |
    |                   mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm
100 +mmmmmmmmmmmmmmmmmmm                   w w w w w w w w w
    |  w w w w w w w w w w w w w w w w w w
    |w                   d d d ddddddddddddddddddddddddddddd
  0 +d d d d d d d d d d
    ++-------------+------------+-------------+-------------
   1 Mar         12:00        2 Mar         12:00

Broken lines are lower bounds: the logs do not cover all of
the day, week or 30 days before.
`,
    );
  });

  test('is drawn pale and broken in colour, also where a line is steep [8.21]', () => {
    const text = chart(partly, { ...plain, unicode: true, color: true });
    assert(text.includes('\u001b[2;32m') && text.includes('\u001b[32m'), 'the day has both');
    assert(text.includes('\u001b[2;36m'), 'the week is pale');
    assert(text.includes('\u001b[35m') && !text.includes('\u001b[2;35m'), 'the month is not');
    assert.match(text, /weekly \u226598 .*daily 48/);
    const steep = rising(4).map((each, i) => ({ ...each, d30: i < 2 ? 0 : 200, covered: [day, week, 0] }));
    const rows = chart(steep, { ...plain, unicode: true })
      .split('\n')
      .slice(2, 10);
    assert(rows.filter((row) => /[\u2801-\u28ff]/u.test(row)).length > 4, rows.join('\n'));
  });

  test('is drawn apart in the SVG, with a note, and the latest figures say so [8.21]', () => {
    const text = svg(partly, { timezone: 'UTC' });
    assert.deepEqual(
      [...text.matchAll(/class="line ([^"]*)"/g)].map(([, name]) => name),
      ['d30', 'd7 bound', 'd1 bound', 'd1'],
    );
    assert.match(text, /class="area d7 bound"/);
    assert.match(text, /Broken lines are lower bounds/);
    assert.match(text, />monthly 148<[^]*>weekly \u2265\u202f98<[^]*>daily 48</);
    // The parts of a line meet.
    const paths = new Map(
      [...text.matchAll(/class="line ([^"]*)" d="([^"]*)"/g)].map(([, name, d]) => [name, d ?? '']),
    );
    assert.equal(paths.get('d1 bound')?.split('L').at(-1), paths.get('d1')?.slice(1).split('L')[0]);
  });

  test('is not spoken of where there is none [8.21]', () => {
    assert.doesNotMatch(chart(rising(49), plain), /lower bound/);
    assert.doesNotMatch(svg(rising(49), { timezone: 'UTC' }), /lower bounds|bound"/);
  });
});

describe('a picture of several hosts', () => {
  const several = [...rising(49), ...rising(10, 'late.example', start + 39 * 3600)];
  test('begins with all of them together [8.26]', () => {
    const titles = chart(several, plain)
      .split('\n')
      .filter((line) => line.includes('2026'));
    assert.deepEqual(
      titles.map((line) => line.split(/ {2,}/)[0]),
      ['all hosts', 'chat.example', 'late.example'],
    );
    assert.match(chart(several, plain), /^all hosts .*\nmmm monthly 257 {3}www weekly 157 {3}ddd daily 57\n/);
    assert.deepEqual(
      [...svg(several, { timezone: 'UTC' }).matchAll(/class="host"[^>]*>([^<]*)/g)].map(([, host]) => host),
      ['all hosts', 'chat.example', 'late.example'],
    );
  });
  test('of which one is shown has no more than that one [8.26]', () => {
    assert.doesNotMatch(chart(rising(49), plain), /all hosts/);
    assert.doesNotMatch(svg(rising(49), { timezone: 'UTC' }), /all hosts/);
  });
});

describe('the SVG', () => {
  const text = svg([...rising(49), ...rising(49, '<b>&"\u0007x')], { timezone: 'UTC' });

  test('escapes the hosts', () => {
    assert(text.includes('>&lt;b&gt;&amp;&quot;?x</text>'));
    assert(!text.includes('<b>'));
    assert(!text.includes('\u0007'));
  });
  test('stands alone', () => {
    assert.deepEqual(text.match(/https?:[^"]*/g), ['http://www.w3.org/2000/svg']);
    assert.doesNotMatch(text, /<script|@import|url\(|href/);
  });
  test('has a line and a figure for each window of each host, and of all together', () => {
    for (const window of [1, 7, 30])
      assert.equal(text.match(new RegExp(`class="line d${window}" d="M`, 'g'))?.length, 3);
    assert(text.includes('>monthly 148<') && text.includes('>weekly 98<') && text.includes('>daily 48<'));
  });
  test('holds no number that is none', () => {
    for (const samples of [
      [],
      rising(1),
      [{ at: start, host: 'a', online: 0, d1: 0, d7: 0, d30: 0, covered: WINDOWS }],
    ]) {
      assert.doesNotMatch(svg(samples, { timezone: 'UTC' }), /NaN|Infinity|undefined/);
    }
  });
  test('keeps figures apart that are equal', () => {
    const same = svg([{ at: start, host: 'a', online: 0, d1: 3, d7: 3, d30: 3, covered: WINDOWS }], {
      timezone: 'UTC',
    });
    const heights = [...same.matchAll(/class="figure d\d+" x="\d+" y="([\d.]+)"/g)].map(([, y]) => Number(y));
    assert.equal(heights.length, 3);
    assert((heights[1] ?? 0) - (heights[0] ?? 0) >= 18 && (heights[2] ?? 0) - (heights[1] ?? 0) >= 18);
  });
  test('counts the hosts that it does not show', () => {
    assert.match(
      svg([...rising(3), ...rising(3, 'b')], { timezone: 'UTC', panels: 1 }),
      />1 host with fewer users not shown</,
    );
  });
});
