import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { golden, run } from '../program.ts';

const GOOD = golden('small-utc/prosody.log.2');
const LOGIN = 'Mar 02 10:00:00 c2s55d2\tinfo\tAuthenticated as alice@chat.example\n';
let root = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'bad-input-'));
});
after(() => rm(root, { recursive: true }));

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(root, name);
  await writeFile(path, content);
  return path;
}

const nginx = '127.0.0.1 - - [02/Mar/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n'.repeat(50);
const sshd = 'Mar  2 10:00:00 vm sshd[12]: Accepted publickey for root from 192.0.2.1 port 22 ssh2\n'.repeat(50);

type Row = readonly [what: string, name: string, content: string | Buffer | undefined, code: number, says: RegExp];
const FILES: readonly Row[] = [
  ['a missing file', 'none.log', undefined, 1, /none\.log does not exist/],
  ['binary garbage', 'noise', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256)), 1, /noise/],
  ['a log of another program', 'nginx.log', nginx, 1, /nginx\.log/],
  ['another log with stamps', 'auth.log', sshd, 1, /not understood/],
  ['an empty file', 'empty.log', '', 1, /empty\.log is empty/],
  ['a line of 10 MB', 'long.log', `${LOGIN}${'x'.repeat(1e7)}\n${LOGIN}`, 0, /covered/],
  [
    'invalid UTF-8',
    'latin1.log',
    Buffer.concat([Buffer.from(LOGIN), Buffer.from([0xff, 0xfe, 10]), Buffer.from(LOGIN)]),
    0,
    /covered/,
  ],
  ['a truncated .gz', 'cut.gz', gzipSync(LOGIN.repeat(5000)).subarray(0, -20), 1, /cut\.gz/],
  ['no stamps at all', 'bare.log', 'startup\tinfo\tHello and welcome to Prosody version 0.12.3\n', 1, /bare\.log/],
];

describe('check fails', () => {
  it('when the lines of a log begin with no time', async () => {
    const { code, err } = await run(['check', '--log', golden('layouts/file-timestamps-false.log')]);
    assert.equal(code, 1);
    assert.match(err, /file-timestamps-false\.log: its lines begin with no time/);
  });

  it('when a log does not exist', async () => {
    const { code, err } = await run(['check', '--log', '/tmp/no/such.log', '--log', '/tmp/no-such.log']);
    assert.equal(code, 1);
    assert.match(err, /there is no directory \/tmp\/no:/);
    assert.match(err, /\/tmp\/no-such\.log: does not exist/);
  });

  it('when nobody listens at a StatsD over TCP', async () => {
    const { code, err } = await run(['check', '--set', 'statsd.protocol=tcp', '--statsd', '127.0.0.1:1']);
    assert.equal(code, 1);
    assert.match(err, /nothing answers at 127\.0\.0\.1:1 over tcp/);
  });
});

it('backfill says that there is nothing in an empty file', async () => {
  const path = join(root, 'nothing.log');
  await writeFile(path, '');
  const { code, err } = await run(['backfill', '--index', join(root, 'index-of-nothing'), path]);
  assert.equal(code, 1);
  assert.match(err, /nothing\.log is empty: there is no line to read/);
});

describe('a bad file is named, and the others are read', () => {
  for (const [what, name, content, code, says] of FILES)
    it(what, async () => {
      const path = content === undefined ? join(root, name) : await file(name, content);
      const alone = await run(['history', '--format', 'csv', '--year', '2026', path]);
      assert.equal(alone.code, code, alone.err);
      assert.match(alone.err, says);
      const beside = await run(['history', '--format', 'csv', '--year', '2026', path, GOOD]);
      assert.match(beside.out, /1772413200,chat\.example,2,2,2/);
    });

  it('a directory', async () => {
    const { code, err } = await run(['history', root]);
    assert.equal(code, 1);
    assert.match(err, /is a directory/);
  });

  it('F34: a stamp in the future is not believed, and what was read is kept', async () => {
    const path = await file(
      'future.log',
      LOGIN.replace('Mar 02', '2026-03-02') + LOGIN.replace('Mar 02', '2099-03-02').replace('alice', 'bob'),
    );
    const index = join(root, 'future-index');
    const { code, err } = await run(['backfill', '--index', index, path]);
    assert.equal(code, 1, err);
    const { out } = await run(['count', '--json', '--at', '1772449200', '--index', index]);
    assert.deepEqual(JSON.parse(out).hosts, { 'chat.example': { d1: 1, d7: 1, d30: 1 } });
  });
});

const CONFIGS: readonly (readonly [what: string, toml: string, says: RegExp])[] = [
  ['an unknown key', '[statsd]\nhots = "x"\n', /statsd\.hots.*host/],
  ['a wrong type', '[statsd]\nport = "many"\n', /statsd\.port/],
  ['a bad zone', '[[log]]\npath = "/x.log"\ntimezone = "Mars/Olympus"\n', /timezone.*Mars\/Olympus/],
  ['a bad port', '[statsd]\nport = 70000\n', /statsd\.port.*70000/],
  ['no TOML', 'this is no toml', /config\.toml/],
];

describe('a bad configuration is named, with exit code 2', () => {
  for (const [what, toml, says] of CONFIGS)
    it(what, async () => {
      const { code, err } = await run(['check', '--config', await file('config.toml', toml)]);
      assert.equal(code, 2, err);
      assert.match(err, says);
    });
});

describe('a bad index', () => {
  it('that another process holds is told, with exit code 1', async () => {
    const path = join(root, 'held');
    const index = await LastSeenIndex.open(path);
    await index.load();
    const { code, err } = await run(['count', '--index', path]);
    await index.close();
    assert.equal(code, 1);
    assert.match(err, /held.*(in use|running)/);
  });

  it('that is no LevelDB is left alone, with exit code 2', async () => {
    const path = join(root, 'photos');
    await mkdir(path);
    await writeFile(join(path, 'cat.jpg'), 'a cat');
    const { code, err } = await run(['backfill', '--index', path, GOOD]);
    assert.equal(code, 2, err);
    assert.match(err, /photos/);
  });

  it('that cannot be made is told, with exit code 2', async () => {
    const path = join(await file('plain', ''), 'index');
    const { code, err } = await run(['backfill', '--index', path, GOOD]);
    assert.equal(code, 2, err);
    assert.match(err, /plain/);
  });
});
