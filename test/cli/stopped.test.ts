import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Sample } from '../../src/activity/active-window.ts';
import { loadConfig } from '../../src/config/config.ts';
import { arrange } from '../../src/service/archive/arrange.ts';
import { logsOf } from '../../src/service/given-logs.ts';
import { replay } from '../../src/service/replay.ts';

const BEGIN = Date.parse('2026-03-01T00:00:00Z') / 1000;
const HOURS = 24 * 20;
let root = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'stopped-'));
});
after(() => rm(root, { recursive: true }));

/** A login of `user` every hour, and so much else that the file is read in several blocks. */
async function log(name: string, user: string, filler: number): Promise<string> {
  const lines = Array.from({ length: HOURS }, (_, hour) => {
    const stamp = new Date((BEGIN + hour * 3600) * 1000).toISOString().slice(0, 19).replace('T', ' ');
    const login = `${stamp} c2s${hour}\tinfo\tAuthenticated as ${user}\n`;
    return login + `${stamp} mod_x\tinfo\t${'x'.repeat(990)}\n`.repeat(filler);
  });
  const path = join(root, name);
  await writeFile(path, lines.join(''));
  return path;
}

describe('history that is stopped', () => {
  test('gives no count for a time of which not every log was read [8.22]', async () => {
    const files = [await log('a.log', 'alice@a.example', 10), await log('b.log', 'bob@b.example', 0)];
    const stop = new AbortController();
    const config = loadConfig({
      flags: {},
      env: {},
      readFile: () => undefined,
      exists: () => false,
      defaultTimezone: 'UTC',
    });
    const now = BEGIN + 2 * HOURS * 3600;
    const arrangement = await arrange(logsOf(files, [], config), { now });
    const samples: Sample[] = [];
    let read = Number.NaN;
    const all = replay({
      ...{ config, arrangement, now, step: 3600, signal: stop.signal },
      onProgress: (path, bytes, at) => {
        if (!path.endsWith('a.log') || bytes < 1_000_000) return;
        read = at ?? Number.NaN;
        stop.abort();
      },
      onProblem: assert.fail,
    });
    for await (const group of all) samples.push(...group);
    const last = samples.at(-1)?.at ?? Number.NaN;
    assert.ok(read < BEGIN + (HOURS - 24) * 3600, 'stopped before its end');
    assert.ok(last > BEGIN && last <= read, `${last} and ${read}`);
  });
});
