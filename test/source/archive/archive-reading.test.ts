import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, renameSync, truncateSync, writeFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import * as fc from '../../properties.ts';
import {
  alreadyRead,
  readArchivedFile,
  type ArchivedFile,
  type ReadOptions,
} from '../../../src/service/archive/arrange.ts';
import type { FileBlock } from '../../../src/source/source.ts';
import type { Position } from '../../../src/source/follow/position.ts';
import { ENDINGS } from '../archives.ts';
import { arrange, at, Folder, folder, log, NOW } from '../../service/archive/old-logs.ts';

/** Of several blocks, but of little variety, so that the committed archives are small. */
const { text } = log(at('2026-10-01T00:00:00Z'), at('2026-11-20T00:00:00Z'), 600, { who: 'user'.repeat(50) });

async function pieceOf(...paths: string[]): Promise<ArchivedFile> {
  const { allSeries } = await arrange(paths, { timezone: 'UTC', now: NOW });
  return allSeries[0]?.archivedFiles[0] ?? assert.fail('no piece');
}

interface Reading {
  readonly text: string;
  readonly blocks: readonly FileBlock[];
  readonly problems: readonly string[];
  readonly position: Position | undefined;
}

async function read(archivedFile: ArchivedFile, options: Partial<ReadOptions> = {}): Promise<Reading> {
  const blocks: FileBlock[] = [];
  const problems: string[] = [];
  const onProblem = (sentence: string): unknown => problems.push(sentence);
  for await (const block of readArchivedFile(archivedFile, { complete: true, onProblem, ...options }))
    blocks.push({ ...block, bytes: Buffer.from(block.bytes) });
  const bytes = Buffer.concat(blocks.map((block) => block.bytes));
  return { text: bytes.toString('latin1'), blocks, problems, position: blocks.at(-1)?.position };
}

describe('a piece', () => {
  for (const { ending, skip } of ENDINGS)
    test(
      `is read in blocks of whole lines, with a position behind each: x.log.1${ending} [8.0]`,
      { skip },
      async () => {
        const archivedFile = await pieceOf(folder().put(`x.log.1${ending}`, text, NOW));
        const { text: all, blocks, problems, position } = await read(archivedFile);
        assert.ok(all === text);
        assert.deepEqual(problems, []);
        let offset = 0;
        for (const block of blocks) {
          assert.ok(block.bytes.length === 0 || block.bytes.at(-1) === 10);
          assert.equal(block.position.offset, (offset += block.bytes.length));
          assert.equal(block.log, archivedFile.log);
          assert.equal(block.position.log, archivedFile.log);
        }
        assert.ok(blocks.length > 2);
        assert.equal(position?.done, true);
        assert.equal(new Set(blocks.map((block) => block.position.id)).size, 1);
      },
    );

  for (const { ending, skip } of ENDINGS)
    test(`goes on where it was left, under any name: x.log.1${ending}`, { skip }, async () => {
      const into = folder();
      const archivedFile = await pieceOf(into.put(`x.log.1${ending}`, text, NOW));
      const { blocks } = await read(archivedFile);
      const moved = await pieceOf(into.put(`y/x.log.2.gz`, text, NOW));
      for (const [i, { position }] of blocks.entries()) {
        for (const again of [archivedFile, moved]) {
          const found = await alreadyRead(again, [
            { ...position, id: 'other', head: { length: 5, hash: 'x' } },
            position,
          ]);
          assert.equal(found, position);
          const rest = await read(again, { from: position });
          const expected = Buffer.concat(blocks.slice(i + 1).map((block) => block.bytes)).toString('latin1');
          assert.ok(rest.text === expected);
          assert.ok(rest.blocks.every((block) => block.position.id === position.id));
        }
      }
    });

  for (const { ending, skip } of ENDINGS.filter((each) => ['', '.gz', '.xz'].includes(each.ending)))
    test(`holds no more in memory the longer it is: x.log.1${ending}`, { skip }, async () => {
      const archivedFile = await pieceOf(folder().put(`x.log.1${ending}`, text.repeat(8), NOW));
      for await (const { bytes } of readArchivedFile(archivedFile, { complete: true, onProblem: assert.fail }))
        assert.ok(bytes.buffer.byteLength < 4 * 1024 * 1024, `${bytes.buffer.byteLength}`);
    });

  test('that was read to its end is not even opened again while it is as it was', async () => {
    const path = folder().put('x.log.1.gz', text, NOW);
    const archivedFile = await pieceOf(path);
    const { position } = await read(archivedFile);
    assert.ok(position);
    assert.equal((await read(archivedFile, { from: position })).blocks.length, 0);
  });

  test('that is another text with the same beginning is read from its start', async () => {
    const into = folder();
    const banner = 'Nov 01 00:00:00 startup\tinfo\tHello and welcome\n'.repeat(10);
    const { position } = await read(await pieceOf(into.put('a.log.1', `${banner}${text}`, NOW)));
    assert.ok(position);
    const other = await pieceOf(into.put('b.log.1', `${banner}Nov 01 00:00:01 a\tinfo\tb\n`, NOW - 86_400));
    assert.equal(await alreadyRead(other, [position]), undefined);
    const { text: all, position: own } = await read(other, { from: position });
    assert.equal(all.length, banner.length + 25);
    assert.notEqual(own?.id, position.id);
  });

  test('that ends before what was read of a longer copy has nothing new', async () => {
    const into = folder();
    const { position } = await read(await pieceOf(into.put('a.log.1', text, NOW)));
    assert.ok(position);
    const shorter = await pieceOf(into.put('b.log.1.gz', text.slice(0, text.lastIndexOf('\n', 300_000) + 1), NOW));
    assert.equal(await alreadyRead(shorter, [position]), position);
    assert.equal((await read(shorter, { from: position })).text, '');
  });
});

describe('the last line', () => {
  const few = text.slice(0, text.indexOf('\n', 100_000) + 1);

  for (const { ending, skip } of ENDINGS)
    test(
      `without a newline is a line when rotated, and none in one that grows: x.log.1${ending}`,
      { skip },
      async () => {
        const archivedFile = await pieceOf(folder().put(`x.log.1${ending}`, `${few}Nov 21 00:00:00 a\tinfo\tb`, NOW));
        const whole = await read(archivedFile);
        assert.ok(whole.text === `${few}Nov 21 00:00:00 a\tinfo\tb\n`);
        assert.equal(whole.position?.offset, few.length + 24);
        assert.deepEqual((await read(archivedFile, { from: whole.position })).text, '');
        const growing = await read(archivedFile, { complete: false });
        assert.ok(growing.text === few);
        assert.equal(growing.position?.offset, few.length);
        assert.equal(growing.position?.done, undefined);
      },
    );

  test('of a file that was cut short is not taken for one', async () => {
    const into = folder();
    const path = into.put('x.log.1.gz', text, NOW);
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, bytes.length >> 1));
    const archivedFile = await pieceOf(path);
    const cut = await read(archivedFile);
    assert.equal(cut.problems.length, 1);
    assert.match(cut.problems[0] ?? '', /x\.log\.1\.gz ends too early/);
    assert.ok(text.startsWith(cut.text) && cut.text.length > text.length / 4 && cut.text.endsWith('\n'));
    writeFileSync(path, bytes);
    const from = (await alreadyRead(await pieceOf(path), cut.position ? [cut.position] : [])) ?? assert.fail();
    assert.ok(
      cut.text + (await read(archivedFile, { from })).text === text,
      'the rest is read when the file is complete',
    );
  });

  test('is what lies before the damage in a damaged file', async () => {
    const path = folder().put('x.log.1.gz', text, NOW);
    const bytes = readFileSync(path);
    bytes.fill(0x55, bytes.length - 4000, bytes.length - 3900);
    writeFileSync(path, bytes);
    const { text: found, problems } = await read(await pieceOf(path));
    assert.match(problems.join(), /is damaged/);
    assert.ok(text.startsWith(found.slice(0, -200_000)) && found.length > text.length / 2);
  });
});

describe('while it is read', () => {
  const options = (problems: string[]): ReadOptions => ({
    complete: true,
    onProblem: (sentence) => problems.push(sentence),
  });

  test('a file that shrinks is said to, and what was read holds', async () => {
    const path = folder().put('x.log.1', text.repeat(3), NOW);
    const problems: string[] = [];
    let found = '';
    for await (const block of readArchivedFile(await pieceOf(path), options(problems))) {
      found += block.bytes.toString('latin1');
      truncateSync(path, 1000);
    }
    assert.match(problems.join(), /x\.log\.1 became shorter while it was read/);
    assert.ok(found.length > 1000 && text.repeat(3).startsWith(found));
  });

  test('a file may be renamed, compressed and removed', async () => {
    const path = folder().put('x.log.1', text, NOW);
    const archivedFile = await pieceOf(path);
    let found = '';
    for await (const block of readArchivedFile(archivedFile, options([]))) {
      if (found === '') renameSync(path, `${path}.old`);
      found += block.bytes.toString('latin1');
    }
    assert.ok(found === text);
  });

  test('a file that is gone before it is read is said to be', async () => {
    const path = folder().put('x.log.1', text, NOW);
    const archivedFile = await pieceOf(path);
    unlinkSync(path);
    assert.match((await read(archivedFile)).problems.join(), /does not exist/);
  });

  test('a file that grows is read as far as it went when it was opened', async () => {
    const path = folder().put('x.log', text, NOW);
    const archivedFile = await pieceOf(path);
    let found = '';
    for await (const block of readArchivedFile(archivedFile, { ...options([]), complete: false })) {
      found += block.bytes.toString('latin1');
      appendFileSync(path, 'Nov 21 00:00:00 a\tinfo\tb\n');
    }
    assert.ok(found === text);
  });

  test('it can be stopped at the end of a block, and the position holds', async () => {
    const archivedFile = await pieceOf(folder().put('x.log.1.gz', text, NOW));
    const stop = new AbortController();
    const blocks: FileBlock[] = [];
    for await (const block of readArchivedFile(archivedFile, { ...options([]), signal: stop.signal })) {
      blocks.push(block);
      stop.abort();
    }
    assert.equal(blocks.length, 1);
    const rest = await read(archivedFile, { from: blocks[0]?.position ?? assert.fail() });
    assert.ok(`${blocks[0]?.bytes.toString('latin1')}${rest.text}` === text);
  });

  test('a line that is too long is passed over and counted', async () => {
    const long = `Nov 20 10:00:00 ${'x'.repeat(17 * 1024 * 1024)}\n`;
    const last = 'Nov 20 10:00:01 a\tinfo\tb\n';
    for (const ending of ['', '.gz']) {
      const { text: found, problems } = await read(
        await pieceOf(folder().put(`x.log.1${ending}`, text + long + last, NOW)),
      );
      assert.ok(found === text + last);
      assert.match(problems.join(), /1 lines? longer than 16 MiB/);
    }
  });
});

test('any text of any lines is read as it is, in one go or several', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'binary' }), { maxLength: 40 }),
      fc.constantFrom('', '.gz'),
      fc.boolean(),
      async (lines, ending, isEnded) => {
        const into = new Folder();
        try {
          const start = 'Nov 20 10:00:00 a\tinfo\tb\n';
          const body = Buffer.from(`${start}${lines.join('\n')}${isEnded ? '\n' : 'x'}`);
          const archivedFile = await pieceOf(into.put(join('d', `x.log.1${ending}`), body, NOW));
          const expected = isEnded ? body : Buffer.concat([body, Buffer.from('\n')]);
          assert.equal((await read(archivedFile)).text, expected.toString('latin1'));
        } finally {
          into.remove();
        }
      },
    ),
    { numRuns: 40 },
  );
});
