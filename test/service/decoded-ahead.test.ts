/** What a thread decodes comes to the same as what is decoded here. */
import assert from 'node:assert/strict';
import { appendFile, copyFile, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Sample } from '../../src/activity/active-window.ts';
import { loadConfig, type Config } from '../../src/config/config.ts';
import { loadRe2 } from '../../src/config/re2.ts';
import { defineDialects } from '../../src/format/format.ts';
import { DecodingThread } from '../../src/service/decoded-ahead.ts';
import { arrange } from '../../src/service/archive/arrange.ts';
import { logsOf } from '../../src/service/given-logs.ts';
import { replay, type ReplaySummary } from '../../src/service/replay.ts';
import { goldenFile } from '../golden.ts';

const LOGS = fileURLToPath(new URL('../../../test/logs/', import.meta.url));
const NOW = Date.parse('2026-12-01T00:00:00Z') / 1000;
/** Where other forms of lines are, each file by itself. */
const FOLDERS = ['made', 'transports', 'jabberd2/transports', 'prosody/layouts'];
/** Logs of several files. */
const CAMPAIGNS = ['prosody/small-utc', 'prosody/lordhowe', 'ejabberd/23.01', 'ejabberd/24.12', 'jabberd2/2.7.0'];

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'decoded-ahead-'));
});
after(() => rm(root, { recursive: true }));

function configOf(toml = '', server = 'auto'): Config {
  const of = { readFile: () => toml || undefined, exists: () => false, defaultTimezone: 'UTC' };
  return loadConfig({ flags: { year: '2026', server }, env: {}, ...of });
}

type Progress = readonly [path: string, bytes: number, at: number | undefined];

interface Told {
  readonly samples: readonly Sample[];
  readonly summary: ReplaySummary;
  readonly problems: readonly string[];
  readonly progress: ReadonlyMap<string, readonly unknown[]>;
}

/** `threadFrom` as of `replay`; `beforehand`: what happens to the files between the look at them and the reading. */
async function told(
  files: readonly string[],
  threadFrom: number,
  { config = configOf(), beforehand }: { config?: Config; beforehand?: () => Promise<void> } = {},
): Promise<Told> {
  const arrangement = await arrange(logsOf(files, [], config), { now: NOW, year: 2026 });
  await beforehand?.();
  const [samples, problems]: [Sample[], string[]] = [[], []];
  const progress: Progress[] = [];
  const all = replay({
    ...{ config, arrangement, now: NOW, step: 3600, signal: new AbortController().signal, threadFrom },
    onProgress: (...each) => progress.push(each),
    onProblem: (sentence) => problems.push(sentence),
  });
  for (;;) {
    const next = await all.next();
    // Which of several logs is told of first does not matter.
    if (next.done) return { samples, summary: next.value, problems, progress: byPath(progress) };
    samples.push(...next.value);
  }
}

function byPath(all: readonly Progress[]): Map<string, Progress[]> {
  const paths = new Map<string, Progress[]>();
  for (const each of all) paths.set(each[0], [...(paths.get(each[0]) ?? []), each]);
  return paths;
}

const filesOf = async (folder: string): Promise<string[]> =>
  (await readdir(join(LOGS, folder), { withFileTypes: true }))
    .filter((entry) => entry.isFile() && !/truth|README|\.md$|\.csv$|users|\.jsonl$/.test(entry.name))
    .map(({ name }) => join(LOGS, folder, name));

async function assertSame(files: readonly string[], config?: Config): Promise<Told> {
  const [here, there] = [
    await told(files, Infinity, { ...(config && { config }) }),
    await told(files, 0, { ...(config && { config }) }),
  ];
  assert.deepEqual(there, here);
  return there;
}

describe('a thread that decodes', () => {
  for (const folder of CAMPAIGNS)
    it(`tells the same of ${folder} [9.16]`, async () => {
      const { summary } = await assertSame(await filesOf(folder));
      assert.ok(summary.counts.events > 0);
    });

  for (const folder of FOLDERS)
    it(`tells the same of each file of ${folder} [9.16]`, async () => {
      for (const file of await filesOf(folder)) await assertSame([file]);
    });

  it('tells the same of many logs at a time [9.16]', async () => {
    const files = await Promise.all(
      ['small-utc', 'newyear-berlin', 'kolkata'].map(async (name) => {
        const path = join(root, `${name}.log`);
        await writeFile(path, goldenFile(`${name}/prosody.log.1`));
        return path;
      }),
    );
    const { summary } = await assertSame([...files, ...(await filesOf('ejabberd/23.01'))]);
    assert.ok(summary.counts.events > 100);
  });

  it('tells the same of blocks that grow, and of lines too long for the memory of the scanner [9.16]', async () => {
    const path = join(root, 'long.log');
    const line = (second: number, text: string): string =>
      `Mar 02 10:00:${String(second).padStart(2, '0')} c2s${second}\tinfo\t${text}\n`;
    await writeFile(path, line(10, 'Authenticated as alice@chat.example'));
    await appendFile(path, line(11, 'x'.repeat(5_000_000)));
    await appendFile(path, line(12, 'Authenticated as bob@chat.example'));
    await appendFile(path, line(13, 'Authenticated as carol@chat.example').repeat(40_000));
    const { summary, samples } = await assertSame([path]);
    assert.equal(summary.counts.lines, 40_003);
    assert.deepEqual(samples.at(-1)?.d30, 3);
  });

  it('knows the dialects of the configuration [9.16]', async () => {
    const config = configOf(
      String.raw`[dialect.mine]
start = '^(?<time>\S+ \S+) (?<session>\d+) login (?<user>\S+)'
end = '^(?<time>\S+ \S+) (?<session>\d+) logout'
`,
      'mine',
    );
    defineDialects(config.dialects, loadRe2);
    const path = join(root, 'mine.log');
    await writeFile(path, '2026-03-02 10:00:00 17 login alice@chat.example\n2026-03-02 10:05:00 17 logout\n');
    const { summary } = await assertSame([path], config);
    defineDialects([], loadRe2);
    assert.equal(summary.counts.events, 2);
  });

  it('tells what is wrong with a file [9.16]', async () => {
    const path = join(root, 'cut.log');
    const cut = (): Promise<void> => truncate(path, 600_000);
    const written = goldenFile('small-utc/prosody.log.1');
    const bytes = Buffer.concat(Array.from({ length: Math.ceil(2_000_000 / written.length) }, () => written));
    await writeFile(path, bytes);
    const here = await told([path], Infinity, { beforehand: cut });
    await writeFile(path, bytes);
    const there = await told([path], 0, { beforehand: cut });
    assert.deepEqual(there, here);
    const gone = join(root, 'gone.log');
    await copyFile(path, gone);
    const { problems } = await told([gone], 0, { beforehand: () => rm(gone) });
    assert.match(problems.join('\n'), /gone\.log/);
  });

  it('reads a damaged file as far as it is believed [9.16]', async () => {
    const path = join(root, 'damaged.log.gz');
    const zipped = gzipSync(goldenFile('small-utc/prosody.log.1'));
    await writeFile(path, zipped.subarray(0, zipped.length / 2));
    const { problems } = await assertSame([path]);
    assert.equal(problems.length, 1);
  });

  it('says so when it fails [9.16]', async () => {
    const task = { files: [], server: 'auto', timezone: 'UTC', timestamps: '', horizon: NOW };
    const dialect = { name: 'mine', start: '(', end: '' };
    const thread = new DecodingThread([task], [dialect]);
    await assert.rejects(async () => {
      for await (const _ of thread.blocks(0, assert.fail));
    });
    await thread.close();
  });

  it('ends when nobody wants more of it [9.16]', async () => {
    const path = join(root, 'much.log');
    const written = goldenFile('small-utc/prosody.log.1');
    await writeFile(path, Buffer.concat(Array.from({ length: Math.ceil(8_000_000 / written.length) }, () => written)));
    const config = configOf();
    const arrangement = await arrange(logsOf([path], [], config), { now: NOW, year: 2026 });
    const signal = new AbortController().signal;
    const all = replay({ config, arrangement, now: NOW, step: 3600, signal, threadFrom: 0, onProblem: assert.fail });
    assert.equal((await all.next()).done, false);
    await all.return(undefined as never);
    assert.ok(!process.getActiveResourcesInfo().includes('MessagePort'));
  });
});
