import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { run } from '../program.ts';

const LINES = [
  '2026-03-02 10:00:27 c2s55d2\tinfo\tClient connected',
  '2026-03-02 10:00:28 c2s55d2\tinfo\tAuthenticated as alice@chat.example',
  '2026-03-02 10:00:29 mod_x\tinfo\tA \u001b[2Jb \u202ec\tand a tab',
  '2026-03-02 10:00:30 c2s55d2fe0a0b1c2\tinfo\tAuthenticated as a-much-longer-name-than-that@chat.example',
  '2026-03-02 10:00:31 c2s55d2\tinfo\tClient disconnected: closed',
];
let root = '';
let file = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'explain-'));
  file = join(root, 'prosody.log');
  await writeFile(file, LINES.map((line) => `${line}\n`).join(''));
});
after(() => rm(root, { recursive: true }));

describe('explain', () => {
  test('has times with seconds, columns, and the line behind a tab; control characters do not reach the terminal [8.23]', async () => {
    const { code, out } = await run(['explain', '--timezone', 'UTC', file]);
    assert.equal(code, 0);
    const rows = out.trimEnd().split('\n');
    assert.deepEqual(
      rows.map((row) => row.slice(row.indexOf('\t') + 1)),
      LINES.map((line) => line.replace('\u001b', '\\x1b').replace('\u202e', '\\u202e')),
    );
    const cells = rows.map((row) => row.slice(0, row.indexOf('\t')));
    assert.deepEqual(
      cells.map((cell) => cell.trimEnd()),
      [
        '2026-03-02 10:00:27  connect                                 c2s55d2',
        '2026-03-02 10:00:28  start         alice@chat.example        c2s55d2',
        '-',
        '2026-03-02 10:00:30  start         a-much-longer-name-than-that@chat.example  c2s55d2fe0a0b1c2',
        '2026-03-02 10:00:31  end                                     c2s55d2',
      ],
    );
    assert.deepEqual([...new Set(cells.toSpliced(3, 1).map(({ length }) => length))], [76]);
  });

  test('says on stderr what was found and what the words mean [8.23]', async () => {
    const { err } = await run(['explain', '--timezone', 'Europe/Berlin', file]);
    assert.match(err, /: 5 lines: 1 connect, 2 start, 1 end, 1 without an event \(-\)\n/);
    assert.match(err, /: columns: time \(Europe\/Berlin\), event, user, session, and behind a tab the line\n/);
    assert.match(err, /: start +a login: /);
    assert.doesNotMatch(err, /server-stop/);
  });

  test('--json is nothing but objects [8.23]', async () => {
    const { out, err } = await run(['explain', '--json', '--timezone', 'UTC', file]);
    assert.equal(err, '');
    assert.deepEqual(
      out
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { kind: unknown }).kind),
      ['connect', 'start', null, 'start', 'end'],
    );
  });
});
