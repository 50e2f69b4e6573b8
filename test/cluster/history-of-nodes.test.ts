/** The logs of several nodes of one host, one group each: `history` counts each user once, as brute force does. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Random } from '../fuzz/random.ts';
import { run } from '../program.ts';
import { SEED } from '../properties.ts';
import { NodesWorld, written } from './nodes-world.ts';

const HOUR = 3600;
const BEGIN = Date.parse('2026-03-02T00:00:00Z') / 1000;
const HOURS = 9 * 24;

const root = mkdtempSync(join(tmpdir(), 'history-of-nodes-'));
after(() => rmSync(root, { recursive: true }));

/** The log of each node, rotated twice at times of its own. */
function writeLogs(world: NodesWorld, nodes: number, random: Random, directory: string): void {
  for (let node = 0; node < nodes; node++) {
    const own = world.lines.filter((line) => line.node === node).toSorted((a, b) => a.at - b.at);
    const [first = 0, second = 0] = [random.next(), random.next()]
      .map((share) => Math.floor(share * own.length))
      .toSorted((a, b) => a - b);
    mkdirSync(join(directory, `node${node}`), { recursive: true });
    const write = (name: string, from: number, to: number): void => {
      const lines = own.slice(from, to);
      const text = Buffer.from(lines.map(written).join(''));
      const path = join(directory, `node${node}`, name);
      writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text);
      const { at } = lines.at(-1) ?? { at: BEGIN };
      utimesSync(path, at, at);
    };
    write('prosody.log.2.gz', 0, first);
    write('prosody.log.1', first, second);
    write('prosody.log', second, own.length);
  }
}

describe('history of the logs of many nodes', () => {
  for (const nodes of [3, 7])
    test(`of ${nodes} counts at each hour what brute force does (seed ${SEED}) [12.7]`, async () => {
      const random = new Random(SEED + nodes);
      const world = new NodesWorld({ random, nodes, users: 200, begin: BEGIN, hours: HOURS, hosts: ['chat.example'] });
      const directory = join(root, String(nodes));
      writeLogs(world, nodes, random, directory);
      const groups = Array.from({ length: nodes }, (_, node) => [
        '--log',
        `n${node}=${directory}/node${node}/prosody.log*`,
      ]);
      const { code, out, err } = await run(['history', '--format', 'csv', '--timezone', 'UTC', ...groups.flat()]);
      assert.equal(code, 0, err);
      const rows = out.trim().split('\n').slice(1);
      assert.ok(rows.length >= HOURS, `${rows.length} rows`);
      const wrong = rows.flatMap((row) => {
        const [time = '', , ...counts] = row.split(',');
        const expected = world.countsAt(Number(time)).join();
        return counts.join() === expected
          ? []
          : [`${(Number(time) - BEGIN) / HOUR} h: ${counts.join()}, not ${expected}`];
      });
      assert.deepEqual(wrong, []);
    });
});
