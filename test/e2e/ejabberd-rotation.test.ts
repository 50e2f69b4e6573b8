/**
 * A real ejabberd that rotates its log itself: to `.0`, `.1` and so on, or, with a count of 0, by deleting it. Whoever follows it has
 * every line once.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { beforeCorruptIn } from '../../src/format/corrupt.ts';
import { Follower } from '../../src/source/follow/follower.ts';
import type { Position } from '../../src/source/follow/position.ts';
import { Arrivals } from './arrivals.ts';
import { createEjabberd, HOST, type EjabberdLab } from './ejabberd-lab.ts';
import { connect, login } from './xmpp-client.ts';

/** Bytes: of two or three visits. */
const SIZE = 1500;
const VISITS = 8;

for (const count of [3, 0])
  test(`a real ejabberd that rotates its log, log_rotate_count: ${count}, is followed [10.3]`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'ejabberd-'));
    const lab = await createEjabberd(directory, { rotation: { size: SIZE, count } });
    const log = followed(lab.log);
    t.after(async () => {
      await log.stop();
      await lab.end('SIGKILL');
      rmSync(directory, { recursive: true });
    });
    log.start();
    await lab.start();
    await lab.register('alice');
    for (let visit = 0; visit < VISITS; visit++) {
      // What is deleted while nobody reads is lost.
      const isMissed = visit === VISITS / 2 && count > 0;
      if (isMissed) await log.stop();
      await visits(lab, `visit${visit}`);
      if (isMissed) log.start();
      const isLast = (line: string): boolean => line.includes(`/visit${visit}`) && line.includes('Closing');
      for (const lines of [lab.console(), log.lines]) await lines.first(`visit ${visit}`, isLast);
    }
    const files = readdirSync(directory).filter((name) => name.startsWith('ejabberd.log'));
    const rotated = Array.from({ length: count }, (_, i) => `ejabberd.log.${i}`);
    assert.deepEqual(files.toSorted(), ['ejabberd.log', ...rotated]);
    const [written = [], read = []] = [lab.console().all, log.lines.all].map(visitsIn);
    assert.equal(written.length, 2 * VISITS, written.join('\n'));
    assert.deepEqual(read, written);
    assert.ok(log.status().rotations > 0);
    // A file that is deleted within seconds is not known to be complete by the next life.
    if (count === 0) assert.equal(log.status().lostSegments, 0);
  });

/** But for where in the program a line is written, which the console does not say. */
const visitsIn = (lines: readonly string[]): string[] =>
  lines.filter((line) => /\/visit\d/.test(line)).map((line) => line.replace(/ <[\d.]+>@\S+/, ''));

async function visits(lab: EjabberdLab, resource: string): Promise<void> {
  const client = await login(await connect('c2s', lab.ports, HOST), { user: 'alice', host: HOST, resource });
  await client.online();
  await client.close();
}

interface Life {
  readonly over: AbortController;
  readonly follower: Follower;
  readonly reading: Promise<void>;
}

/** As the daemon follows it, in as many lives as one likes. */
function followed(path: string) {
  const lines = new Arrivals<string>();
  const positions = new Map<string, Position>();
  const lives: Life[] = [];
  const start = (): void => {
    const over = new AbortController();
    const follower = new Follower({ path, positions: [...positions.values()], beforeCorruptIn });
    const read = async (): Promise<void> => {
      for await (const { bytes, position, forgotten } of follower.blocks(over.signal)) {
        positions.set(position.id, position);
        for (const id of forgotten) positions.delete(id);
        for (const line of bytes.toString().split('\n').slice(0, -1)) lines.add(line);
      }
    };
    lives.push({ over, follower, reading: read() });
  };
  const stop = async (): Promise<void> => {
    lives.at(-1)?.over.abort();
    await lives.at(-1)?.reading;
  };
  return { lines, start, stop, status: () => lives.at(-1)!.follower.status() };
}
