/**
 * A log in a directory of its own, a follower, and a store that takes lines and positions in one step, as the index does.
 * Nothing is simulated but the index: files, renames, permissions and events are real.
 */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { beforeCorruptIn } from '../../../src/format/corrupt.ts';
import { Follower } from '../../../src/source/follow/follower.ts';
import type { Notice } from '../../../src/source/follow/notices.ts';
import type { FileBlock } from '../../../src/source/source.ts';
import type { Position } from '../../../src/source/follow/position.ts';
import type { StoredVerdicts } from '../../../src/source/follow/verdicts.ts';
import { consume, storeWithPatience } from '../../../src/service/consume.ts';
import { DEADLINE_MS } from '../../deadline.ts';

export const TICK_MS = 10;

export class Rig {
  readonly directory: string;
  readonly path: string;
  /** What is known for good: survives stops and crashes. */
  readonly lines: string[] = [];
  readonly positions = new Map<string, Position>();
  readonly notices: Notice[] = [];
  verdicts: StoredVerdicts | undefined;
  /** Blocks before which lines were lost. */
  losses = 0;
  blocks = 0;
  tickMs = TICK_MS;
  /** Globs of rotated files elsewhere. */
  rotated: readonly string[] = [];
  /** What happens instead of taking a block, if anything. */
  intercept: ((block: FileBlock, take: () => void) => Promise<void>) | undefined;
  /** Reasons why a block could not be stored, and that it was in the end. */
  readonly troubles: string[] = [];
  private follower: Follower | undefined;
  private stopping = new AbortController();
  private consuming: Promise<void> | undefined;
  private readonly abandoned: Promise<void>[] = [];
  private readonly hanging: (() => void)[] = [];

  constructor(name = 'x.log', directory = mkdtempSync(join(tmpdir(), 'follow-'))) {
    this.directory = directory;
    this.path = join(directory, name);
  }

  get running(): Follower {
    assert.ok(this.follower, 'the follower has been started');
    return this.follower;
  }

  start(): void {
    this.follower = new Follower({
      path: this.path,
      positions: structuredClone([...this.positions.values()]),
      notice: (notice) => void this.notices.push(notice),
      tickMs: this.tickMs,
      rotated: this.rotated,
      beforeCorruptIn,
      verdicts: structuredClone(this.verdicts),
    });
    const { signal } = (this.stopping = new AbortController());
    const store = storeWithPatience({
      signal,
      trouble: (reason) => this.troubles.push(reason),
      over: () => this.troubles.push('over'),
      waitMs: this.tickMs,
    });
    this.consuming = consume(this.follower.blocks(signal), {
      apply: () => {},
      commit: (block) => (this.intercept ? this.intercept(block, () => this.take(block)) : this.taken(block)),
      store,
    }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.consuming;
    this.follower = undefined;
    this.consuming = undefined;
  }

  /** A delivery that does not end while the test lasts. */
  hang(): Promise<void> {
    return new Promise((_resolve, reject) => this.hanging.push(() => reject(new Error('the test is over'))));
  }

  /** Leaves a follower whose delivery hangs, as a kill would: it does nothing more. */
  abandon(): void {
    this.intercept = undefined;
    this.stopping.abort();
    if (this.consuming) this.abandoned.push(this.consuming);
    this.follower = undefined;
    this.consuming = undefined;
  }

  async end(): Promise<void> {
    const ending = [...this.abandoned, this.stop()];
    this.hanging.forEach((over) => over());
    await Promise.all(ending);
    rmSync(this.directory, { recursive: true, force: true });
  }

  async restart(): Promise<void> {
    await this.stop();
    this.start();
  }

  /** The lines delivered so far are these, once they have come, and no more come after them. */
  async delivers(expected: readonly string[]): Promise<void> {
    await this.until(
      () => this.lines.length >= expected.length,
      () => describe(this.lines, expected),
    );
    await this.running.caughtUp();
    assert.deepEqual(this.lines, expected);
  }

  /** As `delivers`, in any order: of two files that were replaced within one look the follower may meet the newer first. */
  async deliversAll(expected: readonly string[]): Promise<void> {
    await this.until(
      () => this.lines.length >= expected.length,
      () => describe(this.lines, expected),
    );
    await this.running.caughtUp();
    assert.deepEqual(this.lines.toSorted(byText), expected.toSorted(byText));
  }

  async until(condition: () => boolean, what: () => string = () => condition.toString()): Promise<void> {
    const until = performance.now() + DEADLINE_MS;
    while (!condition()) {
      if (performance.now() > until) assert.fail(`waited in vain for ${what()}`);
      await delay(2);
    }
  }

  /** The follower has looked at everything so many times more. */
  async looks(times = 1): Promise<void> {
    for (let i = 0; i < times; i++) await this.running.caughtUp();
  }

  /** The file at the live path is held open by this process. */
  async pinned(): Promise<void> {
    const { ino } = statSync(this.path);
    await this.until(() => readdirSync('/proc/self/fd').some((fd) => inodeBehind(fd) === ino));
  }

  told(kind: Notice['kind']): number {
    return this.notices.filter((notice) => notice.kind === kind).length;
  }

  // What writers and rotators do.
  write(...lines: string[]): void {
    appendFileSync(this.path, lines.map((line) => `${line}\n`).join(''));
  }
  append(bytes: string | Buffer, suffix = ''): void {
    appendFileSync(this.path + suffix, bytes);
  }
  rename(from: string, to: string): void {
    renameSync(this.path + from, this.path + to);
  }
  copyTruncate(suffix = '.1'): void {
    copyFileSync(this.path, this.path + suffix);
    truncateSync(this.path);
  }
  /** Like gzip: the file time stays. */
  gzip(suffix: string, to = `${suffix}.gz`): void {
    const { atime, mtime } = statSync(this.path + suffix);
    writeFileSync(this.path + to, gzipSync(readFileSync(this.path + suffix)));
    utimesSync(this.path + to, atime, mtime);
    unlinkSync(this.path + suffix);
  }
  /** Overwrites bytes in the middle. */
  damage(suffix: string): void {
    const bytes = readFileSync(this.path + suffix);
    bytes.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 64);
    writeFileSync(this.path + suffix, bytes);
  }
  /** Makes the next read of the live file fail, as on a network filesystem that came back: its descriptor is a directory's. */
  spoilDescriptor(): void {
    const { ino } = statSync(this.path);
    const fd = readdirSync('/proc/self/fd').find((each) => inodeBehind(each) === ino);
    assert.ok(fd, 'the live file is held open');
    closeSync(Number(fd));
    assert.equal(openSync(this.directory, 'r'), Number(fd));
  }
  remove(suffix = ''): void {
    unlinkSync(this.path + suffix);
  }
  /** Makes a file look as if it had been written so many seconds ago. */
  age(suffix: string, seconds: number): void {
    const then = Date.now() / 1000 - seconds;
    utimesSync(this.path + suffix, then, then);
  }

  private taken(block: FileBlock): Promise<void> {
    this.take(block);
    return Promise.resolve();
  }

  private take({ bytes, position, forgotten, verdicts, isBehindLoss }: FileBlock): void {
    this.verdicts = verdicts ?? this.verdicts;
    this.losses += Number(isBehindLoss === true);
    assert.ok(bytes.length === 0 || bytes.at(-1) === 10, 'a block is whole lines');
    this.blocks++;
    if (bytes.length > 0) this.lines.push(...bytes.toString('utf8').slice(0, -1).split('\n'));
    this.positions.set(position.id, position);
    forgotten.forEach((id) => this.positions.delete(id));
  }
}

/** What a generator returns, whatever it gives before. */
export async function resultOf<Result>(generator: AsyncGenerator<unknown, Result>): Promise<Result> {
  for (;;) {
    const next = await generator.next();
    if (next.done === true) return next.value;
  }
}

function inodeBehind(fd: string): number | undefined {
  try {
    return statSync(`/proc/self/fd/${fd}`).ino;
  } catch {
    return undefined;
  }
}

const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function describe(lines: readonly string[], expected: readonly string[]): string {
  const there = new Set(lines);
  const missing = expected.filter((line) => !there.has(line));
  return `${expected.length} lines, have ${lines.length}, without ${missing.slice(0, 5).join(', ').slice(0, 300)}`;
}

/** A rig whose follower ends and whose directory goes with the test. */
export function rig(t: TestContext, name?: string): Rig {
  const made = new Rig(name);
  t.after(() => made.end());
  return made;
}

/** Numbered lines of the length that servers write. */
export function some(from: number, to: number, text = 'info Client connected and some more text'): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => `Nov 24 03:30:00 c2s${from + i} ${text}`);
}
