import assert from 'node:assert/strict';
import { appendFileSync, linkSync, symlinkSync, truncateSync, writeFileSync, readFileSync, mkdirSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Arrangement } from '../../../src/service/archive/arrange.ts';
import { rotatedName } from '../../../src/source/files/rotated-name.ts';
import { ENDINGS } from '../../source/archives.ts';
import { arrange, at, folder, iso, log, NOW, shown } from './old-logs.ts';

const UTC = { timezone: 'UTC', now: NOW };
const older = log(at('2026-11-01T00:00:00Z'), at('2026-11-10T00:00:00Z'), 3600);
const newer = log(at('2026-11-10T00:00:07Z'), at('2026-11-20T00:00:00Z'), 3600);
const codes = ({ problems }: Arrangement): string[] => problems.map(({ severity, code }) => `${severity} ${code}`);
const span = ({ from, to }: { from: number; to: number }): string => `${iso(from)} ${iso(to)}`;

describe('files of one log', () => {
  for (const { ending, skip } of ENDINGS)
    test(`make one chain, named after the live file, beside x.log.1${ending}`, { skip }, async () => {
      const into = folder();
      const paths = [into.put('x.log', newer.text, newer.to), into.put(`x.log.1${ending}`, older.text, older.to)];
      const found = await arrange(paths, UTC);
      assert.deepEqual(shown(found, into), [['x.log', `x.log.1${ending} ${span(older)}`, `x.log ${span(newer)}`]]);
      assert.deepEqual(codes(found), []);
      const archivedFiles = found.allSeries[0]?.archivedFiles ?? [];
      assert.deepEqual(
        archivedFiles.map(({ textBytes }) => textBytes),
        [older.text.length, newer.text.length],
      );
      assert.equal(archivedFiles[0]?.sampleLines[0], older.text.split('\n')[0]);
      assert.deepEqual(
        archivedFiles.map((archivedFile) => archivedFile.log),
        Array(2).fill(join(into.path, 'x.log')),
      );
    });

  test('are different chains where they overlap in time and differ in text, with a warning', async () => {
    const into = folder();
    const debug = log(older.from, older.to, 1800, { who: 'debug' });
    const found = await arrange(
      [
        into.put('x.log', newer.text, newer.to),
        into.put('x.log.1', older.text, older.to),
        into.put('x.debug.1', debug.text, debug.to),
      ],
      UTC,
    );
    assert.deepEqual(
      new Set(
        found.allSeries.map(({ log: name, archivedFiles }) =>
          [name.slice(into.path.length + 1), archivedFiles.length].join(' '),
        ),
      ),
      new Set(['x.log 2', 'x.debug.1 1']),
    );
    assert.deepEqual(codes(found), ['warning OVERLAP']);
  });

  test('with the same name and the same time are told apart, with a warning', async () => {
    const into = folder();
    const days = (from: number, to: number, who: string): string =>
      Array.from({ length: to - from }, (_, i) => `2026-11-${from + i} 10:00:00.1 [info] ${who}\n`).join('');
    const found = await arrange(
      [
        into.put('x.log', days(20, 24, 'a'), NOW),
        into.put('x.log.1', days(10, 20, 'a'), NOW),
        into.put('x.log.2', days(10, 20, 'b'), NOW),
      ],
      UTC,
    );
    assert.equal(new Set(found.allSeries.map((series) => series.log)).size, 2);
    assert.deepEqual(codes(found), ['warning OVERLAP']);
  });

  test('are one log though the form of its stamps was changed [8.13]', async () => {
    const into = folder();
    const dated = '2026-11-20 10:00:00.123 [info] x\n2026-11-21 10:00:00.123 [info] x\n';
    const found = await arrange([into.put('x.log', dated, NOW), into.put('x.log.1', older.text, older.to)], UTC);
    assert.deepEqual(
      found.allSeries.map(({ archivedFiles }) => archivedFiles.length),
      [2],
    );
  });

  test('touch in the hour that is repeated', async () => {
    const into = folder();
    const zone = 'Europe/Berlin';
    const change = at('2026-10-25T01:00:00Z');
    const before = log(change - 30_000, change - 600, 120, { zone });
    const behind = log(change + 10, change + 30_000, 120, { zone });
    const paths = [into.put('x.log', behind.text, behind.to), into.put('x.log.1', before.text, before.to)];
    const { allSeries } = await arrange(paths, { timezone: zone, now: NOW });
    assert.deepEqual(
      allSeries.map(({ archivedFiles }) => archivedFiles.map(({ path }) => path.slice(into.path.length + 1))),
      [['x.log.1', 'x.log']],
    );
  });
});

describe('the same text', () => {
  for (const { ending, skip } of ENDINGS)
    test(`is read once, whatever its name and compression: copy${ending}`, { skip }, async () => {
      const into = folder();
      const paths = ['x.log.1', 'x.log.2.gz', `copy${ending}`].map((name) => into.put(name, older.text, older.to));
      linkSync(join(into.path, 'x.log.1'), join(into.path, 'hard'));
      symlinkSync('x.log.1', join(into.path, 'soft'));
      paths.push(join(into.path, 'hard'), join(into.path, 'soft'), join(into.path, 'hard'));
      const found = await arrange(paths, UTC);
      assert.equal(found.allSeries.flatMap(({ archivedFiles }) => archivedFiles).length, 1);
      assert.equal(found.duplicates.length, 4);
      assert.deepEqual(codes(found), []);
    });

  test('is read from the longer file where a copy was made earlier', async () => {
    const into = folder();
    const half = newer.text.slice(0, newer.text.length >> 1);
    const found = await arrange([into.put('x.log', newer.text, newer.to), into.put('copy.gz', half, NOW)], UTC);
    assert.deepEqual(shown(found, into), [['x.log', `x.log ${span(newer)}`]]);
    assert.match(
      found.duplicates[0]?.sentence ?? '',
      /copy\.gz holds the beginning of .*x\.log, which is read instead/,
    );
  });

  test('of a compressed file that is just being written is no problem', async () => {
    const into = folder();
    const gz = readFileSync(into.put('whole.gz', newer.text, newer.to));
    writeFileSync(join(into.path, 'x.log.1.gz'), gz.subarray(0, gz.length >> 1));
    const found = await arrange([into.put('x.log.1', newer.text, newer.to), join(into.path, 'x.log.1.gz')], UTC);
    assert.deepEqual(codes(found), []);
    assert.equal(found.duplicates.length, 1);
  });

  test('is not what only begins alike', async () => {
    const into = folder();
    const banner = 'Nov 01 00:00:00 startup\tinfo\tHello\n'.repeat(20);
    const found = await arrange(
      [into.put('a.log', banner + older.text, older.to), into.put('b.log', banner + newer.text, newer.to)],
      UTC,
    );
    assert.deepEqual(found.duplicates, []);
    assert.equal(found.allSeries.flatMap(({ archivedFiles }) => archivedFiles).length, 2);
  });

  test('shares the modification time of the copy that has the right one', async () => {
    const into = folder();
    const found = await arrange(
      [into.put('a.log', older.text, NOW + 300 * 86_400), into.put('b.gz', older.text, older.to)],
      UTC,
    );
    assert.deepEqual(shown(found, into), [['a.log', `a.log ${span(older)}`]]);
  });
});

describe('what is wrong with a file', () => {
  test('is said, and keeps no other file from being arranged', async () => {
    const into = folder();
    const good = into.put('x.log', newer.text, newer.to);
    const gz = readFileSync(into.put('cut.gz', older.text, older.to));
    writeFileSync(join(into.path, 'cut.gz'), gz.subarray(0, gz.length - 20));
    mkdirSync(join(into.path, 'folder'));
    execFileSync('mkfifo', [join(into.path, 'pipe')]);
    const random = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251));
    const paths = [
      join(into.path, 'none'),
      join(into.path, 'folder'),
      join(into.path, 'cut.gz'),
      join(into.path, 'pipe'),
      into.put('a.bin', random, NOW),
      into.put('words.txt', 'no stamps\nat all\n', NOW),
      into.put('z.zip', 'PK\x03\x04 and so on', NOW),
      into.put('empty.log', '', NOW),
      into.put('empty.gz', '', NOW),
    ];
    const found = await arrange([good, ...paths], UTC);
    assert.deepEqual(
      found.problems.map(({ path, severity, code }) => `${path.slice(into.path.length + 1)} ${severity} ${code}`),
      [
        'a.bin error NO_STAMPS',
        'cut.gz error UNEXPECTED_END',
        'folder error DIRECTORY',
        'none error MISSING',
        'pipe error PIPE',
        'words.txt error NO_STAMPS',
        'z.zip error NOT_A_LOG',
      ],
    );
    for (const { path, sentence } of found.problems) assert.ok(sentence.startsWith(path), sentence);
    assert.deepEqual(
      found.allSeries.flatMap(({ archivedFiles }) => archivedFiles.map(({ path }) => path.slice(into.path.length + 1))),
      ['cut.gz', 'x.log'],
    );
  });

  test('no files are no chains', async () => {
    assert.deepEqual(await arrange([], UTC), { allSeries: [], duplicates: [], problems: [] });
  });

  test('continuation lines and leading NULs do not matter', async () => {
    const into = folder();
    const text = `\tstack traceback:\n\t at x\n${older.text}\tat line 3\n  Nov 23 10:00:00 quoted\n`;
    const found = await arrange(
      [
        into.put('x.log.1', text, older.to),
        into.put('x.log', Buffer.concat([Buffer.alloc(9000), Buffer.from(newer.text)]), newer.to),
      ],
      UTC,
    );
    assert.deepEqual(shown(found, into), [['x.log', `x.log.1 ${span(older)}`, `x.log ${span(newer)}`]]);
    assert.deepEqual(codes(found), []);
  });

  test('it stops when told to', async () => {
    const into = folder();
    await assert.rejects(
      arrange([into.put('x.log', older.text, NOW)], { ...UTC, signal: AbortSignal.abort() }),
      /abort/i,
    );
  });
});

describe('the name of a rotated file', () => {
  const noon = at('2025-11-23T12:00:00Z');
  const CASES: readonly (readonly [string, ReturnType<typeof rotatedName>])[] = [
    ['/l/x.log', { log: '/l/x.log' }],
    ['/l/x.log.1', { log: '/l/x.log', by: 'count', order: [-1, 0] }],
    ['/l/x.log.0', { log: '/l/x.log', by: 'count', order: [0, 0] }],
    ['/l/x.log.12.gz', { log: '/l/x.log', by: 'count', order: [-12, 0] }],
    ['/l/x.debug.2.xz', { log: '/l/x.debug', by: 'count', order: [-2, 0] }],
    ['/l/x.log-20251123', { log: '/l/x.log', by: 'date', order: [20_251_123, 0], date: noon }],
    ['/l/x.log-20251123.bz2', { log: '/l/x.log', by: 'date', order: [20_251_123, 0], date: noon }],
    [
      '/l/x.log-20251123-1763853791.gz',
      { log: '/l/x.log', by: 'date', order: [20_251_123, 1_763_853_791], date: noon },
    ],
    ['/l/x-20251123.log.zst', { log: '/l/x.log', by: 'date', order: [20_251_123, 0], date: noon }],
    ['/l/x.log.2025-11-23', { log: '/l/x.log', by: 'date', order: [20_251_123, 0], date: noon }],
    ['/l/x.log.err', { log: '/l/x.log.err' }],
    ['/l/x-20259923.log', { log: '/l/x-20259923.log' }],
  ];
  for (const [path, expected] of CASES) test(path, () => assert.deepEqual(rotatedName(path), expected));
});

test('gigabytes of NUL bytes before the text of a file are passed over in little memory [9.12]', async () => {
  const into = folder();
  const path = into.put('x.log', '', NOW);
  truncateSync(path, 3e8);
  appendFileSync(path, older.text);
  const before = process.memoryUsage().rss;
  const { allSeries, problems } = await arrange([path], UTC);
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error'),
    [],
  );
  assert.equal(allSeries[0]?.archivedFiles[0]?.sampleLines[0], older.text.split('\n')[0]);
  assert.ok(process.memoryUsage().rss - before < 100_000_000);
});
