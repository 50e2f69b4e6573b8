/**
 * Random actions on a log and its follower, against a model: each numbered line that was ever written is delivered exactly
 * once, wherever the follower was stopped or killed, and whatever was renamed, copied, compressed or deleted.
 *
 * The model knows only the promise; its one concession is that actions that destroy lines which nobody could have read (a
 * truncation without a copy, a deletion while the daemon is down) come after the follower has caught up.
 */
import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from '../../properties.ts';
import { Rig } from './rig.ts';

const KINDS = [
  'write',
  'write',
  'write',
  'part',
  'rename',
  'rename',
  'copytruncate',
  'truncate',
  'recreate',
  'gzip',
] as const;
const DAEMON = ['restart', 'stop', 'start', 'crash before', 'crash after', 'look', 'late'] as const;

type Action = (typeof KINDS)[number] | (typeof DAEMON)[number];

class Model {
  readonly log = new Rig();
  private written = 0;
  private unfinished = '';
  private running = false;
  /** A writer that has not noticed that its file was renamed. */
  private late: number | undefined;

  async run(actions: readonly (readonly [Action, number])[]): Promise<void> {
    // Without any position a start reads no siblings: they are backfill's.
    this.write(0);
    await this.start();
    await this.caughtUp();
    for (const [action, n] of actions) await this.act(action, n);
    await this.start();
    this.finish();
    await this.caughtUp();
    await this.log.looks(2);
    const numbers = this.log.lines.map((line) => Number(line.split(' ')[0]));
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      Array.from({ length: this.written }, (_, i) => i + 1),
    );
  }

  async end(): Promise<void> {
    this.dropLate();
    await this.log.end();
  }

  private async act(action: Action, n: number): Promise<void> {
    const { log } = this;
    switch (action) {
      case 'write':
        return this.write(n);
      case 'part':
        return this.part(n);
      case 'rename':
        return this.rotate(() => log.rename('', '.1'));
      case 'copytruncate':
        return this.rotate(() => log.copyTruncate());
      case 'truncate':
        return this.lose(() => log.copyTruncate('.gone'));
      case 'recreate':
        return this.lose(() => log.remove());
      case 'gzip':
        return this.compress();
      case 'late':
        return this.writeLate();
      case 'look':
        return this.running ? log.looks() : undefined;
      case 'start':
        return this.start();
      case 'stop':
        return this.stop();
      case 'restart':
        await this.stop();
        return this.start();
      case 'crash before':
      case 'crash after':
        return this.crash(action === 'crash after');
    }
  }

  private line(): string {
    return `${++this.written} ${'text '.repeat(this.written % 7)}`;
  }

  private write(n: number): void {
    this.finish();
    this.log.write(...Array.from({ length: 1 + (n % 30) }, () => this.line()));
  }

  private part(n: number): void {
    this.finish();
    const line = `${this.line()}\n`;
    const cut = 1 + (n % (line.length - 1));
    this.log.append(line.slice(0, cut));
    this.unfinished = line.slice(cut);
  }

  private finish(): void {
    if (this.unfinished !== '') this.log.append(this.unfinished);
    this.unfinished = '';
  }

  private rotate(go: () => void): void {
    const { log } = this;
    this.finish();
    if (!existsSync(log.path)) return;
    for (let i = 30; i > 0; i--)
      for (const suffix of ['', '.gz'])
        if (existsSync(`${log.path}.${i}${suffix}`)) log.rename(`.${i}${suffix}`, `.${i + 1}${suffix}`);
    this.dropLate();
    const writer = openSync(log.path, 'a');
    go();
    if (existsSync(log.path)) closeSync(writer);
    else this.late = writer;
  }

  /** Only while the daemon holds the file is it still there for a writer that is late. */
  private async lose(go: () => void): Promise<void> {
    this.finish();
    if (!existsSync(this.log.path)) return;
    await this.start();
    await this.caughtUp();
    this.dropLate();
    go();
    await this.log.looks();
    this.log.write(this.line());
  }

  private compress(): void {
    const newest = [1, 2, 3].find((i) => existsSync(`${this.log.path}.${i}`));
    if (newest === undefined) return;
    this.dropLate();
    this.log.gzip(`.${newest}`);
  }

  private writeLate(): void {
    const path = `${this.log.path}.1`;
    if (this.late === undefined || !existsSync(path)) return;
    writeSync(this.late, `${this.line()}\n`);
  }

  private dropLate(): void {
    if (this.late !== undefined) closeSync(this.late);
    this.late = undefined;
  }

  private async start(): Promise<void> {
    if (!this.running) this.log.start();
    this.running = true;
  }

  private async stop(): Promise<void> {
    if (this.running) await this.log.stop();
    this.running = false;
  }

  private async crash(after: boolean): Promise<void> {
    await this.start();
    const { log } = this;
    let struck = false;
    log.intercept = (_block, take) => {
      struck = true;
      if (after) take();
      return log.hang();
    };
    this.write(3);
    await log.until(() => struck);
    log.abandon();
    this.running = false;
  }

  private caughtUp(): Promise<void> {
    return this.log.until(
      () => this.log.lines.length >= this.written,
      () => `line ${this.written}`,
    );
  }
}

const action = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...KINDS) },
  { weight: 2, arbitrary: fc.constantFrom(...DAEMON) },
);

test('whatever happens to a log and its follower, each line is delivered exactly once', async () => {
  const actions = fc.array(fc.tuple(action, fc.nat(1000)), { minLength: 5, maxLength: 40 });
  const property = fc.asyncProperty(actions, async (chosen) => {
    const model = new Model();
    try {
      await model.run(chosen);
    } finally {
      await model.end();
    }
  });
  await fc.assert(property, {
    endOnFailure: true,
    includeErrorInReport: true,
    numRuns: Number(process.env['RUNS'] ?? 60),
    interruptAfterTimeLimit: Number(process.env['LIMIT_MS'] ?? 6000),
  });
});
