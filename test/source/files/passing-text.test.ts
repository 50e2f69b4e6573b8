/** A text that is read ahead is the one that is in the file when it is asked for. */
import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PassingText } from '../../../src/source/files/passing-text.ts';

const LONG = 512 * 1024;
const BACK = 64;
const bytesOf = (length: number, step: number): Buffer => Buffer.from(Uint8Array.from({ length }, (_, i) => i * step));
const bytes = bytesOf(3 * LONG + 1234, 7);

describe('a plain text that is gone through', () => {
  let directory = '';
  before(() => (directory = mkdtempSync(join(tmpdir(), 'passing-'))));
  after(() => rmSync(directory, { recursive: true }));

  async function withText(use: (text: PassingText, path: string) => Promise<void>): Promise<void> {
    const path = join(directory, 'log');
    writeFileSync(path, bytes);
    const fd = openSync(path, 'r+');
    const text = new PassingText(fd);
    try {
      await use(text, path);
    } finally {
      await text.rest();
      closeSync(fd);
    }
  }

  const CASES: Readonly<Record<string, (end: number) => number>> = {
    'from the place where the piece before ended': (end) => end,
    'with a few bytes of the piece before': (end) => end - BACK - 100,
    'with much of the piece before': (end) => end - LONG / 2,
    'with some bytes passed over': (end) => end + 100,
  };
  for (const [how, next] of Object.entries(CASES))
    it(`is what is in the file, read ${how} [9.16]`, () =>
      withText(async (text) => {
        for (let at = 0, came = -1; came !== 0;) {
          const piece = await text.read(at, LONG + BACK);
          assert.deepEqual(await text.read(at, BACK), bytes.subarray(at, at + BACK));
          assert.ok(piece.equals(bytes.subarray(at, at + LONG + BACK)), `at ${at}`);
          came = piece.length < LONG + BACK ? 0 : piece.length;
          at = next(at + piece.length);
        }
      }));

  it('has what was written behind its end meanwhile [9.16]', () =>
    withText(async (text, path) => {
      await text.read(0, 3 * LONG);
      writeFileSync(path, 'more', { flag: 'a' });
      const end = await text.read(3 * LONG - BACK, LONG);
      assert.deepEqual(end, Buffer.concat([bytes.subarray(3 * LONG - BACK), Buffer.from('more')]));
    }));

  it('ends where the file has been cut in the piece before [9.16]', () =>
    withText(async (text, path) => {
      await text.read(0, LONG);
      truncateSync(path, LONG - 10);
      assert.deepEqual(await text.read(LONG - BACK, LONG), bytes.subarray(LONG - BACK, LONG - 10));
    }));

  it('shows that the piece before is another one now [9.16]', () =>
    withText(async (text, path) => {
      await text.read(0, LONG);
      const fd = openSync(path, 'r+');
      writeSync(fd, 'another', LONG - BACK);
      closeSync(fd);
      assert.equal((await text.read(LONG - BACK, LONG)).toString('latin1', 0, 7), 'another');
    }));
});
