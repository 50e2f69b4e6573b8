import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WINDOWS, type Sample } from '../../src/activity/active-window.ts';
import { countObject, countTable, csvHeader, csvLine, jsonLine, printable } from '../../src/report/table.ts';

const at = 1_772_413_200;
const chat: Sample = { at, host: 'chat.example', online: 9, d1: 72, d7: 127, d30: 1270, covered: WINDOWS };
const other: Sample = { at, host: 'b.example', online: 0, d1: 0, d7: 5, d30: 6, covered: WINDOWS };
const later: Sample = { at: at + 3600, host: 'chat.example', online: 9, d1: 73, d7: 127, d30: 1270, covered: WINDOWS };

describe('CSV', () => {
  test('has dates with the offset of a zone, where they are asked for [8.26]', () => {
    assert.equal(csvLine(chat, { timezone: 'Europe/Berlin' }), '2026-03-02T02:00:00+01:00,chat.example,72,127,1270\n');
    assert.equal(csvLine(chat, { timezone: 'UTC' }), '2026-03-02T01:00:00Z,chat.example,72,127,1270\n');
    assert.equal(csvLine(chat, { timezone: 'Asia/Kolkata' }).slice(0, 25), '2026-03-02T06:30:00+05:30');
  });
  test('quotes a host that would break the line', () => {
    assert.equal(csvLine({ ...other, host: 'a,"b' }), '1772413200,"a,""b",0,5,6\n');
  });
});

describe('the half year, where it is counted', () => {
  const half: Sample = { ...chat, d180: 2000, covered: [...WINDOWS, 10 * 86_400] };
  test('is one column more in CSV, one count more in JSON and in the table of a count [11.6]', () => {
    assert.equal(csvHeader({ coverage: true }, [1, 7, 30, 180]).slice(9, 38), ',d1,d7,d30,d180,d1_covered,d7');
    assert.equal(csvLine(half), '1772413200,chat.example,72,127,1270,2000\n');
    assert.equal(csvLine(half, { coverage: true }).slice(-33), '2000,86400,604800,2592000,864000\n');
    assert.deepEqual(countObject(at, [half]).hosts, { 'chat.example': { d1: 72, d7: 127, d30: 1270, d180: 2000 } });
    assert.equal(countObject(at, [half]).covered?.d180, 864_000);
    const [header, , , total] = countTable([half, { ...half, host: 'b', d180: 1 }], '>=').split('\n');
    assert.deepEqual([header?.slice(-11), total?.slice(-6)], ['half-yearly', '>=2001']);
  });
});

describe('where the logs do not cover a window', () => {
  const partly: Sample = { ...chat, covered: [86_400, 604_799, 700_000] };
  test('CSV tells it in columns that are asked for [8.21]', () => {
    assert.equal(csvHeader({ coverage: true }), 'time,host,d1,d7,d30,d1_covered,d7_covered,d30_covered\n');
    assert.equal(csvLine(partly, { coverage: true }), '1772413200,chat.example,72,127,1270,86400,604799,700000\n');
    assert.equal(csvLine(partly), '1772413200,chat.example,72,127,1270\n');
  });
  test('JSON tells it for each window [8.21]', () => {
    assert.deepEqual(countObject(at, [partly]).covered, { d1: 86_400, d7: 604_799, d30: 700_000 });
  });
  test('the table of a count marks it, for all hosts together as well [8.21]', () => {
    assert.equal(
      countTable([partly, { ...other, covered: partly.covered }], '>='),
      [
        'host          daily  weekly  monthly',
        'b.example         0     >=5      >=6',
        'chat.example     72   >=127   >=1270',
        'all hosts        72   >=132   >=1276',
        '',
      ].join('\n'),
    );
  });
});

describe('JSON', () => {
  test('of a count has time and hosts', () => {
    const text =
      '{"time":1772413200,"hosts":{"b.example":{"d1":0,"d7":5,"d30":6},"chat.example":{"d1":72,"d7":127,"d30":1270}},' +
      '"covered":{"d1":86400,"d7":604800,"d30":2592000}}';
    assert.equal(JSON.stringify(countObject(at, [chat, other])), text);
  });
  test('of no hosts still has the time', () => {
    assert.equal(JSON.stringify(countObject(at, [])), '{"time":1772413200,"hosts":{}}');
  });
  test('of an instant of a history is a line', () => {
    assert.equal(
      jsonLine([later]),
      '{"time":1772416800,"hosts":{"chat.example":{"d1":73,"d7":127,"d30":1270}},"covered":{"d1":86400,"d7":604800,"d30":2592000}}\n',
    );
    assert.equal(jsonLine([]), '');
  });
  test('takes a host named like a property of every object', () => {
    const line = jsonLine([{ ...other, host: '__proto__' }]);
    assert.equal(
      line,
      '{"time":1772413200,"hosts":{"__proto__":{"d1":0,"d7":5,"d30":6}},"covered":{"d1":86400,"d7":604800,"d30":2592000}}\n',
    );
  });
});

describe('the table of a count', () => {
  test('is aligned, and ends with all hosts together where there are several [8.26]', () => {
    assert.equal(
      countTable([chat, other], '>='),
      [
        'host          daily  weekly  monthly',
        'b.example         0       5        6',
        'chat.example     72     127     1270',
        'all hosts        72     132     1276',
        '',
      ].join('\n'),
    );
    assert.doesNotMatch(countTable([chat], '>='), /all hosts/);
  });
  test('does not let a host steer the terminal', () => {
    assert.equal(printable('a\u001b[2Jb\u202e\u2028'), 'a?[2Jb??');
    assert(!countTable([{ ...chat, host: '\u001b[31mx' }], '>=').includes('\u001b'));
  });
});
