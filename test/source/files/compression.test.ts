import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ArchiveError } from '../../../src/source/files/archive-error.ts';
import { openText } from '../../../src/source/files/compression.ts';
import { compressionOf, gzipTime } from '../../../src/source/files/file-kind.ts';
import { decompressed, throughProgram } from '../../../src/source/files/decompress.ts';
import { archive, ENDINGS } from '../archives.ts';
import { asOrdinaryUser, cannotBe } from '../../ordinary-user.ts';

const folder = mkdtempSync(join(tmpdir(), 'compressed-'));
after(() => rmSync(folder, { recursive: true }));

/** Of little variety, so that the committed archives are small. */
const line = (i: number): string =>
  `Nov 23 19:43:11 c2s${((i * 2654435761) % 2 ** 32).toString(16).slice(0, 3)}\tinfo\tAuthenticated as u${i % 50}@chat.example\n`;
const text = Buffer.from(Array.from({ length: 20_000 }, (_, i) => line(i)).join(''));

/** A file of several members, and the text in it. */
function members(ending: string): { bytes: Buffer; whole: Buffer } {
  const parts = [text.subarray(0, 1000), Buffer.alloc(0), text.subarray(1000, 50_000), text.subarray(50_000, 90_000)];
  return { bytes: Buffer.concat(parts.map((part) => archive(ending, part))), whole: Buffer.concat(parts) };
}

let files = 0;
function file(bytes: Uint8Array): string {
  const path = join(folder, `file-${files++}`);
  writeFileSync(path, bytes);
  return path;
}

interface Outcome {
  readonly text: Buffer;
  readonly code: string | undefined;
  readonly message: string;
}

async function outcome(blocks: AsyncIterable<Buffer>): Promise<Outcome> {
  const parts: Buffer[] = [];
  try {
    for await (const block of blocks) parts.push(block);
  } catch (error) {
    assert.ok(error instanceof ArchiveError, String(error));
    return { text: Buffer.concat(parts), code: error.code, message: error.message };
  }
  return { text: Buffer.concat(parts), code: undefined, message: '' };
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
}

function unzipped(bytes: Uint8Array, size: number): AsyncGenerator<Buffer> {
  return decompressed('gzip', () => inPieces(bytes, size), { name: 'x' });
}

function inArchives(ending: string): void {
  void it('is found, whatever the name of the file', async () => {
    const { text: read, code } = await outcome(openText(file(archive(ending, text))));
    assert.equal(code, undefined);
    assert.ok(read.equals(text));
  });

  void it('F23: is whole in a file of several members, also of an empty one in between', async () => {
    const { bytes, whole } = members(ending);
    const { text: read, code } = await outcome(openText(file(bytes)));
    assert.equal(code, undefined);
    assert.ok(read.equals(whole));
  });

  void it('F21: is handed out as far as it goes where the file was cut short', async () => {
    const whole = archive(ending, text);
    for (const share of [0.999, 0.6]) {
      const cut = whole.subarray(0, Math.floor(whole.length * share));
      const { text: read, code, message } = await outcome(openText(file(cut)));
      assert.equal(code, 'UNEXPECTED_END');
      assert.match(message, /file-\d+ ends too early/);
      assert.ok(read.equals(text.subarray(0, read.length)));
      // bzip2's blocks are as large as this text.
      if (ending !== '.bz2') assert.ok(read.length > text.length * share * 0.7, `${read.length}`);
    }
  });

  void it('F22: is an error, and no endless loop, where the file is damaged', async () => {
    const bytes = archive(ending, text);
    bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 40);
    const { code, message } = await outcome(openText(file(bytes)));
    assert.equal(code, 'CORRUPT');
    assert.match(message, /is damaged/);
  });

  void it('can be given up in the middle', async () => {
    const path = file(archive(ending, text));
    for await (const block of openText(path)) {
      assert.ok(block.length > 0);
      break;
    }
    assert.ok((await outcome(openText(path))).text.equals(text));
  });
}

void describe('the text of a file', () => {
  void it('is that of a plain file, also of an empty one', async () => {
    assert.deepEqual((await outcome(openText(file(text)))).text, text);
    assert.deepEqual(await outcome(openText(file(Buffer.alloc(0)))), {
      text: Buffer.alloc(0),
      code: undefined,
      message: '',
    });
  });

  for (const { ending, skip } of ENDINGS.slice(1))
    void describe(`in x.log${ending}`, { skip }, () => inArchives(ending));

  void it('is every byte that a gzip cut at any place still holds', async () => {
    const bytes = gzipSync(text.subarray(0, 3000));
    let longest = 0;
    for (let end = 2; end < bytes.length; end++) {
      const { text: read, code } = await outcome(unzipped(bytes.subarray(0, end), 512));
      assert.equal(code, 'UNEXPECTED_END', `cut at ${end}`);
      assert.ok(read.equals(text.subarray(0, read.length)));
      assert.ok(read.length >= longest, 'more bytes hold more text');
      longest = read.length;
    }
    assert.equal(longest, 3000);
  });

  void it('does not depend on where the blocks of several gzip members and their padding are cut', async () => {
    const padded = Buffer.concat([
      gzipSync(text.subarray(0, 300)),
      gzipSync(text.subarray(300, 500)),
      gzipSync(text.subarray(500, 501)),
      Buffer.alloc(700),
    ]);
    for (let size = 1; size < padded.length; size++) {
      const { text: read, code } = await outcome(unzipped(padded, size));
      assert.equal(code, undefined, `blocks of ${size}`);
      assert.ok(read.equals(text.subarray(0, 501)), `blocks of ${size}`);
    }
  });

  void it('is all that comes before the damage in a gzip, but for some hundred bytes', async () => {
    const bytes = gzipSync(text, { level: 9 });
    for (const at of [0.3, 0.5, 0.9].map((share) => Math.floor(share * bytes.length))) {
      // What zlib gives of a file that ends there.
      const { text: whole } = await outcome(openText(file(bytes.subarray(0, at))));
      const broken = Buffer.from(bytes);
      broken.fill(0xff, at, at + 12);
      const { text: read, code } = await outcome(openText(file(broken)));
      assert.equal(code, 'CORRUPT');
      assert.ok(read.length >= whole.length, `${read.length} of ${whole.length} bytes`);
      assert.ok(read.subarray(0, whole.length).equals(whole));
    }
  });

  void it('is that of the whole members of a gzip with something else behind them, which is told', async () => {
    const members = Buffer.concat([gzipSync(text.subarray(0, 1000)), gzipSync(text.subarray(1000))]);
    let told = 0;
    const onTrailing = (): void => void told++;
    const found = await outcome(openText(file(Buffer.concat([members, Buffer.from('x\n')])), { onTrailing }));
    assert.deepEqual([found.code, found.text.equals(text), told], [undefined, true, 1]);
  });

  void it('can be had from an open file, which stays open', async () => {
    for (const bytes of [text, gzipSync(text)]) {
      const handle = await open(file(bytes));
      assert.ok((await outcome(openText(handle.fd, { name: 'x' }))).text.equals(text));
      assert.ok((await outcome(openText(handle.fd, { name: 'x' }))).text.equals(text), 'a second time');
      await handle.close();
    }
  });

  void it('stops when told to', async () => {
    const stop = new AbortController();
    const path = file(gzipSync(Buffer.alloc(10_000_000, text)));
    await assert.rejects(async () => {
      for await (const block of openText(path, { signal: stop.signal })) if (block.length > 0) stop.abort();
    }, /abort/i);
  });
});

const tarGz = readFileSync(new URL('../../../../test/source/archives/hostname.tar.gz', import.meta.url));

void describe('what is no log', () => {
  const cases: readonly (readonly [string, () => string, string, RegExp])[] = [
    ['a file that is not there', () => join(folder, 'none'), 'MISSING', /none does not exist/],
    ['a directory', () => folder, 'DIRECTORY', /is a directory: give the files in it/],
    ['a zip', () => file(Buffer.from('PK\x03\x04aaaaaaaaaaaaaaaaaaaaaa')), 'NOT_A_LOG', /is a zip archive/],
    ['a systemd journal', () => file(Buffer.from('LPKSHHRHaaaaaaaaaa')), 'NOT_A_LOG', /journalctl/],
    ['a tar', () => file(gunzipSync(tarGz)), 'NOT_A_LOG', /is a tar archive/],
    ['a tar.gz', () => file(tarGz), 'NOT_A_LOG', /is a tar archive/],
  ];
  for (const [what, make, code, message] of cases)
    void it(`${what} is named as such`, async () => {
      const found = await outcome(openText(make()));
      assert.equal(found.code, code);
      assert.match(found.message, message);
    });

  void it('a file without permission says so [8.0]', { skip: cannotBe }, async (t) => {
    const path = file(text);
    chmodSync(path, 0);
    asOrdinaryUser(t, folder);
    assert.equal((await outcome(openText(path))).code, 'UNREADABLE');
  });

  void it('a directory below a file is missing', async () => {
    mkdirSync(join(folder, 'd'));
    assert.equal((await outcome(openText(join(file(text), 'x')))).code, 'MISSING');
  });

  void it('names the program that is missing', async () => {
    const found = await outcome(throughProgram('no-such-program', inPieces(text, 100), 'old.log.bz2'));
    assert.equal(found.code, 'NO_PROGRAM');
    assert.match(found.message, /old\.log\.bz2 needs the program `no-such-program` to be read: install it/);
  });
});

void describe('the head of a file', () => {
  void it('tells the compression', () => {
    const found = ENDINGS.map(({ ending }) => compressionOf(archive(ending, text).subarray(0, 6)));
    assert.deepEqual(found, [undefined, 'gzip', 'xz', 'zstd', 'bzip2']);
    assert.equal(compressionOf(new Uint8Array(0)), undefined);
  });

  void it('of a gzip tells when the original was last modified', () => {
    const bytes = gzipSync(text);
    assert.equal(gzipTime(bytes), undefined);
    bytes.writeUInt32LE(1_763_853_791, 4);
    assert.equal(gzipTime(bytes), 1_763_853_791);
    assert.equal(gzipTime(text), undefined);
  });
});
