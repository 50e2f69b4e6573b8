/** Names of rotated files as they are in the wild: read alike by who knows the log and by who only knows the name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byAge, byOrder, rotatedName, rotationOf } from '../../../src/source/files/rotated-name.ts';

/** Of each custom the names from the oldest to the newest. */
const CUSTOMS: readonly (readonly string[])[] = [
  ['x.log.10', 'x.log.2', 'x.log.1', 'x.log.0'],
  ['x.2.log', 'x.1.log'],
  ['x.log-20251231', 'x.log-20260101'],
  ['x.log-2025-12-31', 'x.log-2026-01-01'],
  ['x.log-202512', 'x.log-202601'],
  ['x.log-202552', 'x.log-202601'],
  ['x.log_20251231', 'x.log_20260101'],
  ['x.log.2025.12.31', 'x.log.2026.01.01'],
  ['x.log-20260101_010203', 'x.log-20260101_010204'],
  ['x.log-2026010100', 'x.log-2026010101', 'x.log-2026010110'],
  ['x.log.2026-01-01_01-00-00', 'x.log.2026-01-01T02:00:00'],
  ['x.log-20260101-1767225600', 'x.log-20260101-1767229200', 'x.log-20260102-1767312000'],
  ['x.log-1767225600', 'x.log-1767229200'],
  ['x-20251231.log', 'x-20260101.log'],
  ['20251231-x.log', '20260101-x.log'],
  ['x.log-2025', 'x.log-2026'],
  ['x.log-2026112507.backup', 'x.log-2026112508.backup'],
];

/** The name says nothing of the order. */
const UNORDERED = [
  'x.log-01-02-2026',
  'x.log-31122025',
  'x.log.old',
  'x.log.bak',
  'x.log.backup',
  'x.old.log',
  'x-old.log',
];
const SUFFIXES = ['', '.gz', '.xz', '.zst', '.zstd', '.bz2', '.Z', '.lz4', '.br', '.zip'];

for (const [i, names] of [...CUSTOMS, ...UNORDERED.map((name) => [name])].entries())
  test(`${names.join(', ')} are rotated files of x.log, compressed or not [9.7]`, () => {
    for (const name of names)
      for (const suffix of SUFFIXES) {
        const rotation = rotationOf('x.log', `${name}${suffix}`);
        assert.equal(rotation?.compressed, suffix !== '', `${name}${suffix}`);
        assert.equal(rotation?.by === 'time', i >= CUSTOMS.length);
        assert.equal(rotatedName(`/l/${name}${suffix}`).log, '/l/x.log');
      }
    const orders = names.map((name) => rotationOf('x.log', name)).flatMap((each) => (each ? [each] : []));
    assert.deepEqual(orders.toSorted(byOrder), orders);
    const newestFirst = names.map(rotatedName).toReversed();
    assert.deepEqual(newestFirst.toSorted(byAge), newestFirst);
  });

test('x.log.gz is what x.log was compressed to [9.7]', () => {
  assert.deepEqual(rotationOf('x.log', 'x.log.gz'), { by: 'time', order: [0, 0], compressed: true });
  assert.deepEqual(rotatedName('/l/x.log.gz'), { log: '/l/x.log' });
});

test('a log without an extension has rotated files, too [9.7]', () => {
  assert.equal(rotationOf('messages', 'messages-20260101')?.by, 'date');
  assert.equal(rotationOf('messages', 'messages.1.gz')?.by, 'count');
});

for (const other of ['x.log', 'x.err', 'x.err.1', 'x.log.err', 'x.log-errors', 'x.log.1.txt', 'x.log.bak-notes.txt'])
  test(`${other} is no rotated file of x.log [9.7]`, () => assert.equal(rotationOf('x.log', other), undefined));

for (const other of [
  'x.log.tmp',
  'x.log~',
  'x.log.1~',
  'x-errors.log',
  'x-20259923.log',
  'y.log.1',
  'ax.log',
  'xx.log.1',
])
  test(`${other} is no rotated file of x.log, whatever it is [9.7]`, () =>
    assert.equal(rotationOf('x.log', other), undefined));
