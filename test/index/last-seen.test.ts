import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as fc from '../properties.ts';
import { Level } from 'level';
import { keyOfNumber } from '../../src/index/contents.ts';
import { LastSeenIndex, moveAside, type Changes, type Contents } from '../../src/index/last-seen.ts';
import { checksum, encode } from '../../src/index/record.ts';
import type { Position } from '../../src/source/follow/position.ts';

const PROBE = fileURLToPath(new URL('../../src/index/probe.js', import.meta.url));
const WRITER = fileURLToPath(new URL('last-seen-writer.js', import.meta.url));
let root = '';
let made = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'last-seen-'));
});
after(() => rm(root, { recursive: true }));

function fresh(): string {
  made += 1;
  return join(root, `index-${made}`);
}

function position(id: string, offset: number): Position {
  const none = { length: 0, hash: '' };
  return { id, log: '/var/log/prosody/prosody.log', offset, head: none, marker: none, readAt: 1_772_413_200 };
}

const positions = (...all: readonly Position[]): Map<string, Position> => new Map(all.map((each) => [each.id, each]));

async function open(path: string): Promise<{ index: LastSeenIndex; contents: Contents }> {
  const index = await LastSeenIndex.open(path);
  try {
    return { index, contents: await index.load() };
  } catch (error) {
    await index.close();
    throw error;
  }
}

async function read(path: string): Promise<Contents> {
  const { index, contents } = await open(path);
  await index.close();
  return contents;
}

async function write(path: string, ...batches: Changes[]): Promise<void> {
  const { index } = await open(path);
  for (const batch of batches) await index.write(batch);
  await index.close();
}

/** As good as any records: accounts that were removed, and when. */
function removals(count: number, at: number): Map<string, number> {
  return new Map(Array.from({ length: count }, (_, i) => [`user${i}@chat.example`, at + i]));
}

/** A LevelDB as this program writes it, opened behind its back. */
async function tamper(path: string, work: (db: Level) => Promise<void>): Promise<void> {
  const db = new Level(path);
  await work(db);
  await db.close();
}

void describe('the index gives back what was written', () => {
  void test('every kind of record survives closing and opening', async () => {
    const path = fresh();
    const all: Changes = {
      recent: [
        [3, Buffer.from([0, 200])],
        [4, Buffer.from('later')],
      ],
      pages: [
        [0, Buffer.from([0, 255, 128, 13, 10])],
        [70_000, Buffer.from('søren ☕')],
      ],
      pageCount: 70_001,
      hosts: new Map([['søren ☕.example', true as const]]),
      removals: new Map([['0123abc', 1_772_413_200]]),
      sessions: new Map([['/a.log\0c2s55d2', { user: 'alice@chat.example', since: 1_772_413_200 }]]),
      piles: new Map(
        [2, 10].map((number) => [`/ä.log\0${number.toString(16).padStart(2, '0')}`, Buffer.of(0, 255, number)]),
      ),
      positions: positions(position('p1', 10), position('p2', 20)),
      logs: new Map([['/a.log', { last: 1 }]]),
    };
    await write(path, all);
    const pages: unknown[] = [];
    const index = await LastSeenIndex.open(path);
    const contents = await index.load({
      begin: (count) => pages.push(count),
      recent: (number, bytes) => pages.push(['by themselves', number, bytes]),
      page: (page, bytes) => pages.push([page, bytes]),
      user: (jid) => pages.push(jid),
    });
    await index.close();
    const recent = (all.recent ?? []).map(([number, bytes]) => ['by themselves', number, bytes]);
    assert.deepEqual(pages, [70_001, ...recent.toReversed(), ...(all.pages ?? []).toReversed()]);
    assert.deepEqual(contents.hosts, all.hosts);
    assert.deepEqual(contents.removals, all.removals);
    assert.deepEqual(contents.sessions, all.sessions);
    assert.deepEqual([...contents.piles], [...(all.piles ?? [])], 'in the order of their keys');
    assert.deepEqual(contents.positions, all.positions);
    assert.deepEqual(contents.logs, all.logs);
  });

  void test('undefined deletes, and a forgotten position is gone', async () => {
    const path = fresh();
    await write(
      path,
      {
        removals: removals(3, 1),
        positions: positions(position('p1', 1), position('p2', 2)),
        logs: new Map([['/a', 1]]),
      },
      {
        removals: new Map([
          ['user1@chat.example', undefined],
          ['nobody@chat.example', undefined],
        ]),
        positions: new Map([
          ['p1', undefined],
          ['p2', position('p2', 3)],
        ]),
        logs: new Map([['/a', undefined]]),
      },
    );
    const contents = await read(path);
    assert.deepEqual([...contents.removals.keys()], ['user0@chat.example', 'user2@chat.example']);
    assert.deepEqual(contents.positions, positions(position('p2', 3)));
    assert.equal(contents.logs.size, 0);
  });

  void test('writes that are not awaited are done one after the other', async () => {
    const path = fresh();
    const { index } = await open(path);
    const writes = Array.from({ length: 20 }, (_, i) => index.write({ removals: removals(i + 1, i) }));
    await Promise.all(writes);
    await index.close();
    assert.deepEqual((await read(path)).removals, removals(20, 19));
  });

  void test('any series of changes, with restarts in between, ends as in a map', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'é', '!removals!', '\0');
    const record = fc.option(fc.nat(), { nil: undefined });
    const batch = fc.array(fc.tuple(key, record), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(batch, { maxLength: 4 }), { maxLength: 3 }), async (runs) => {
        const path = fresh();
        const model = new Map<string, number>();
        for (const run of runs) {
          await write(path, ...run.map((edits) => ({ removals: new Map(edits) })));
          for (const [user, value] of run.flatMap((edits) => [...new Map(edits)]))
            if (value !== undefined) model.set(user, value);
            else model.delete(user);
        }
        assert.deepEqual(sorted((await read(path)).removals), sorted(model));
      }),
      { numRuns: 12 },
    );
  });

  void test('the directory is for its owner only', async () => {
    const path = fresh();
    await write(path);
    assert.equal((await stat(path)).mode & 0o777, 0o700);
  });
});

function sorted(map: ReadonlyMap<string, unknown>): unknown[] {
  return [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

void describe('an index that cannot be opened says why', () => {
  void test('MISSING: none there, and none is made', async () => {
    const path = fresh();
    await assert.rejects(LastSeenIndex.open(path, { create: false }), { code: 'MISSING', message: mentions(path) });
    await assert.rejects(stat(path), { code: 'ENOENT' });
  });

  void test('LOCKED: open already', async () => {
    const path = fresh();
    const { index } = await open(path);
    await assert.rejects(LastSeenIndex.open(path), { code: 'LOCKED', message: /systemctl stop xmpp-active-users/ });
    await index.close();
  });

  void test('NOT_WRITABLE: below a file', async () => {
    const file = fresh();
    await writeFile(file, '');
    for (const path of [join(file, 'index'), file])
      await assert.rejects(LastSeenIndex.open(path), { code: 'NOT_WRITABLE', message: mentions(path) });
  });

  void test('NOT_WRITABLE: where the kernel lets nobody write', async () => {
    await assert.rejects(LastSeenIndex.open('/proc/xmpp-active-users'), { code: 'NOT_WRITABLE' });
  });

  void test('what root did to an index leaves its files to their owner', async () => {
    // Only root can be somebody else; anybody else's own index stays theirs.
    const owner = process.getuid?.() || 12_345;
    const path = fresh();
    await write(path, { removals: removals(10, 1) });
    for (const name of ['.', ...(await readdir(path))]) await chown(join(path, name), owner, -1);
    const link = `${path}.link`;
    await symlink(path, link);
    const { index } = await open(link);
    await index.write({ removals: removals(10, 2) });
    assert.deepEqual(await ownersIn(path), [owner], 'while it is open');
    await index.close();
    assert.deepEqual(await ownersIn(path), [owner]);
  });

  void test('NOT_LEVELDB: a directory with something else stays as it is', async () => {
    const path = fresh();
    await mkdir(path);
    await writeFile(join(path, 'holiday.jpg'), 'sea');
    await assert.rejects(LastSeenIndex.open(path), { code: 'NOT_LEVELDB', message: /holiday\.jpg/ });
    assert.deepEqual(await readdir(path), ['holiday.jpg']);
  });

  void test("NOT_LEVELDB: another program's LevelDB stays as it is", async () => {
    const path = fresh();
    await tamper(path, (db) => db.put('theirs', '1'));
    const names = await readdir(path);
    await assert.rejects(LastSeenIndex.open(path), { code: 'NOT_LEVELDB' });
    assert.deepEqual(await readdir(path), names);
  });

  void test('NEWER_SCHEMA: written by a later version', async () => {
    const path = fresh();
    await write(path);
    await tamper(path, (db) => db.put('!meta!schema', encode(checksum('meta', 'schema', '7'), '7')));
    await assert.rejects(LastSeenIndex.open(path), { code: 'NEWER_SCHEMA', message: /schema 7/ });
  });
});

function mentions(path: string): RegExp {
  return new RegExp(path.replaceAll('.', '\\.'));
}

void describe('F24: damage is never read as numbers', () => {
  const stored: Changes = {
    removals: removals(50, 1_772_413_200),
    sessions: new Map([['/a.log\0s1', { user: 'user1@chat.example', since: 1 }]]),
    piles: new Map([1, 2].map((number) => [`/a.log\0${number}`, Buffer.from(`pile ${number}`)])),
    positions: positions(position('p1', 10)),
    logs: new Map([['/a.log', { last: 1 }]]),
    recent: [[0, Buffer.from('users')]],
    pages: [0, 1].map((page) => [page, Buffer.from(`page ${page}`)]),
  };
  const page = (number: number): string => `!pages!${keyOfNumber(number)}`;
  const raw = { valueEncoding: 'buffer' } as const;
  const cases: Record<string, (db: Level) => Promise<void>> = {
    'a record is lost': (db) => db.del('!removals!user7@chat.example'),
    'a session is lost': (db) => db.del('!sessions!/a.log\0s1'),
    'a pile of sessions is lost': (db) => db.del('!piles!/a.log\x002'),
    'a pile of sessions is another': (db) => db.put('!piles!/a.log\x002', Buffer.from('1234pile 1'), raw),
    'a position is lost': (db) => db.del('!positions!p1'),
    'a value is another': (db) => db.put('!removals!user7@chat.example', 'abc zzzzz,,'),
    'a value has no checksum': (db) => db.put('!removals!user7@chat.example', 'zzzzz,,'),
    'a record is stored under the key of another': async (db) => {
      await db.put('!removals!user7@chat.example', (await db.get('!removals!user8@chat.example')) ?? '');
    },
    'a page is lost': (db) => db.del(page(0)),
    'users by themselves are lost': (db) => db.del(`!recent!${keyOfNumber(0)}`),
    'users by themselves are others': (db) => db.put(`!recent!${keyOfNumber(0)}`, Buffer.from('1234users'), raw),
    'a page is another': (db) => db.put(page(0), Buffer.from('1234page 2'), raw),
    'a page is empty': (db) => db.put(page(0), Buffer.from(''), raw),
    'a page is stored under the number of another': async (db) =>
      db.put(page(0), (await db.get<string, Buffer>(page(1), raw)) ?? Buffer.from(''), raw),
    'an unknown record appears': (db) => db.put('!user!x', '1'),
    'the digest is lost': (db) => db.del('!meta!digest'),
    'the schema is lost': (db) => db.del('!meta!schema'),
    'the schema is another': (db) => db.put('!meta!schema', 'abc 4'),
    'everything is gone': (db) => db.clear(),
  };
  for (const [name, work] of Object.entries(cases)) {
    void test(name, async () => {
      const path = fresh();
      await write(path, stored);
      await tamper(path, work);
      await assert.rejects(read(path), { code: 'DAMAGED', message: mentions(path) });
    });
  }

  void test('an older version of a record comes back', async () => {
    const path = fresh();
    let old: string | undefined;
    await write(path, stored);
    await tamper(path, async (db) => void (old = await db.get('!removals!user7@chat.example')));
    await write(path, { removals: removals(50, 1_772_500_000) });
    await tamper(path, (db) => db.put('!removals!user7@chat.example', old ?? ''));
    await assert.rejects(read(path), { code: 'DAMAGED' });
  });

  void test('the file CURRENT is lost: LevelDB alone would start afresh', async () => {
    const path = fresh();
    await write(path, stored);
    await rm(join(path, 'CURRENT'));
    await assert.rejects(read(path), { code: 'DAMAGED', message: /CURRENT/ });
  });

  void test('a whole older copy comes back below the watermark', async () => {
    const path = fresh();
    const older = fresh();
    await write(path, stored);
    await cp(path, older, { recursive: true });
    await write(path, { removals: removals(50, 1_772_500_000) });
    await cp(join(path, 'xmpp-active-users'), join(older, 'xmpp-active-users'));
    await assert.rejects(read(older), { code: 'DAMAGED', message: /last 1 batches/ });
  });

  void test('a block that makes LevelDB abort the process it runs in is told by the next one [9.13]', async () => {
    const path = fresh();
    await write(path, stored);
    await write(path);
    await shortenFirstIndexKey(path);
    assert.equal(await signalOfReader(path), 'SIGABRT');
    await assert.rejects(read(path), { code: 'DAMAGED', message: /LevelDB crashes/ });
    await assert.rejects(read(path), { code: 'DAMAGED', message: /LevelDB crashes/ });
  });

  void test('a reader that was killed leaves an index that is read, and nothing else [9.13]', async () => {
    const path = fresh();
    await write(path, stored);
    for (const readers of [1, 2, 3]) {
      await writeFile(join(path, 'reading'), '.'.repeat(readers));
      assert.equal((await read(path)).removals.size, 50);
      assert.ok(!(await readdir(path)).includes('reading'));
    }
  });

  void test('the child that looks for such blocks reads every record', async () => {
    const path = fresh();
    await write(path, { removals: removals(25_000, 1) });
    const child = spawn(process.execPath, [PROBE, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    assert.equal(await text(child.stdout), '25003\n');
  });

  void test('single flipped bits, anywhere in its files, are found or change nothing', async () => {
    const path = fresh();
    const batches = Array.from({ length: 20 }, (_, i) => ({ removals: removals(200, 1_772_413_200 + i) }));
    await write(path, ...batches.slice(0, 10), stored);
    await write(path, ...batches.slice(10));
    const expected = await copyAnd(path, async () => {});
    assert.equal(typeof expected, 'object');
    const random = generator(fc.SEED);
    let found = 0;
    for (let i = 0; i < 30; i += 1) {
      const outcome = await copyAnd(path, (copy) => flipOneBit(copy, random));
      if (typeof outcome === 'string') found += 1;
      else assert.deepEqual(outcome, expected, `seed ${fc.SEED}, flip ${i}`);
    }
    assert.ok(found > 7, `only ${found} of 30 flips were found (seed ${fc.SEED})`);
  });
});

/** What kills a process that writes to the index, which it must read first. */
async function signalOfReader(path: string): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [WRITER, path, '0'], { stdio: 'ignore' });
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return signal;
}

/** What the copy of an index holds after `work`, or the code of the error. A child looks first whether it can be read. */
async function copyAnd(path: string, work: (copy: string) => Promise<void>): Promise<Contents | string> {
  const copy = fresh();
  await cp(path, copy, { recursive: true });
  await writeFile(join(copy, 'reading'), '.');
  await work(copy);
  try {
    return await read(copy);
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error && error.code === 'DAMAGED', String(error));
    return error.code;
  } finally {
    await rm(copy, { recursive: true });
  }
}

/**
 * The last 48 bytes of a table say, as varints, where its index of blocks is (offset and size, after those of the meta
 * index). An entry there begins with three lengths. A key below 8 bytes fails an assertion of LevelDB.
 */
async function shortenFirstIndexKey(path: string): Promise<void> {
  const name = (await readdir(path)).find((file) => file.endsWith('.ldb')) ?? '';
  const bytes = await readFile(join(path, name));
  const footer = bytes.subarray(-48);
  const numbers = [...footer.toString('latin1').matchAll(/[\x80-\xff]*[\x00-\x7f]/g)].map(([varint]) =>
    varint.split('').reduceRight((sum, char) => sum * 128 + (char.charCodeAt(0) & 127), 0),
  );
  bytes[(numbers[2] ?? 0) + 1] = 1;
  await writeFile(join(path, name), bytes);
}

async function flipOneBit(path: string, random: (below: number) => number): Promise<void> {
  const names = (await readdir(path)).filter((name) => /\.(?:ldb|log)$|^MANIFEST|^CURRENT/.test(name));
  const file = join(path, names[random(names.length)] ?? '');
  const bytes = await readFile(file);
  const at = random(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
  await writeFile(file, bytes);
}

function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

void describe('a damaged index is moved aside', () => {
  void test('as a whole, and a new one can be built in its place', async () => {
    const path = fresh();
    await write(path, { removals: removals(3, 1) });
    await rm(join(path, 'CURRENT'));
    const aside = await moveAside(path, new Date('2026-03-02T01:00:00Z'));
    assert.equal(aside, `${path}.damaged-2026-03-02T01:00:00.000Z`);
    assert.ok((await readdir(aside)).includes('xmpp-active-users'));
    assert.equal((await read(path)).removals.size, 0);
  });

  void test('into itself where it cannot be renamed', async () => {
    const path = fresh();
    await write(path, { removals: removals(3, 1) });
    const now = new Date('2026-03-02T01:00:00Z');
    await writeFile(`${path}.damaged-${now.toISOString()}`, 'a file in the way');
    const aside = await moveAside(path, now);
    assert.equal(aside, join(path, 'damaged-2026-03-02T01:00:00.000Z'));
    assert.deepEqual(await readdir(path), ['damaged-2026-03-02T01:00:00.000Z']);
    assert.equal((await read(path)).removals.size, 0);
    assert.equal((await read(aside)).removals.size, 3);
  });
});

void describe('a batch is written as a whole', () => {
  void test('kill -9 at any moment leaves the last acknowledged batch, or the one after it', async () => {
    const path = fresh();
    let last = 0;
    for (let round = 0; round < 5; round += 1) {
      last = await writeAndKill(path, last);
      const contents = await read(path);
      const [position] = contents.positions.values();
      const batch = position && 'offset' in position ? position.offset : 0;
      assert.ok(batch === last || batch === last + 1, `acknowledged ${last}, found ${batch}`);
      assert.deepEqual(contents.removals, removals(100, batch));
      last = batch;
    }
  });

  void test('F33: a full disk rejects the write; with room again all that was acknowledged and more is there', async (t) => {
    const path = fresh();
    await write(path, { removals: removals(10, 1) });
    const child = spawn(process.execPath, [WRITER, path, 'until-full']);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const next = async (): Promise<string> => String((await lines.next()).value);
    t.after(() => child.kill('SIGKILL'));
    assert.equal(await next(), 'ready');
    if ((await limitFileSize(child.pid, 200_000)) !== 0) return t.skip('no prlimit here');
    child.stdin.write('go\n');
    assert.equal(await next(), 'FAILED', 'while it writes');
    await limitFileSize(child.pid, 10);
    child.stdin.write('go\n');
    assert.equal(await next(), 'FAILED', 'and not even reopening works');
    await limitFileSize(child.pid, 'unlimited');
    child.stdin.write('go\n');
    const [word, batch] = (await next()).split(' ');
    assert.equal(word, 'written');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.deepEqual((await read(path)).removals, removals(100, Number(batch)));
  });
});

/** Lets the writer write from batch `first` + 1, kills it soon after an acknowledgement, returns the last acknowledged. */
async function writeAndKill(path: string, first: number): Promise<number> {
  const child = spawn(process.execPath, [WRITER, path, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let last = first;
  for await (const line of createInterface(child.stdout)) {
    last = Number(line);
    if (last === first + 20) setTimeout(() => child.kill('SIGKILL'), Math.random() * 10);
  }
  await exited;
  return last;
}

async function ownersIn(path: string): Promise<number[]> {
  const stats = await Promise.all((await readdir(path)).map((name) => stat(join(path, name))));
  return [...new Set(stats.map(({ uid }) => uid))];
}

async function limitFileSize(pid: number | undefined, bytes: number | 'unlimited'): Promise<number | null> {
  const child = spawn('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`]);
  return new Promise((resolve) => child.once('error', () => resolve(null)).once('exit', resolve));
}
