import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import type { Io } from '../../src/cli/io.ts';
import { Progress } from '../../src/cli/progress.ts';
import type { Series } from '../../src/service/archive/arrange.ts';
import { DEADLINE_MS } from '../deadline.ts';

const TOTAL = 4 * 1024 * 1024;
const CHAINS: readonly Pick<Series, 'archivedFiles'>[] = [
  {
    archivedFiles: [
      {
        path: '/prosody.log',
        log: '/prosody.log',
        firstAt: 0,
        lastAt: 0,
        year: 2026,
        textBytes: TOTAL,
        sampleLines: [],
        head: Buffer.alloc(0),
      },
    ],
  },
];

/** Terminals of `columns`, for stdout and stderr alike; `screen` is what can be seen of stderr. */
function terminal(columns: number): { io: Io; screen: () => string; stop: AbortController } {
  const stderr = new PassThrough({ encoding: 'utf8' });
  const stop = new AbortController();
  let written = '';
  stderr.on('data', (text: string) => (written += text));
  const io: Io = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr,
    columns,
    isTTY: true,
    isPiped: false,
    stderrIsTTY: true,
    stderrColumns: () => columns,
    now: () => 1_772_413_200,
    ...{ watchdogMs: undefined, monotonic: () => 0n },
    signal: stop.signal,
    onHangup: () => {},
    releaseMemory: () => {},
    version: '',
    env: { LANG: 'C.UTF-8' },
    log: (_level, message) => void stderr.write(`${message}\n`),
    reloadConfig: () => {
      throw new Error('not asked for');
    },
  };
  return { io, stop, screen: () => written.split('\n').map(seen).join('\n') };
}

/** A row of the terminal: a carriage return goes to its beginning, `ESC [K` deletes to its end. */
function seen(row: string): string {
  return row.split('\r').reduce((shown, part) => {
    const text = part.replace(/^\u001b\[K/, '');
    return text === part ? text + shown.slice(text.length) : text;
  }, '');
}

/** Half of the file is read, until the bar is on the screen. */
function draw(progress: Progress, screen: () => string): void {
  const until = performance.now() + DEADLINE_MS;
  while (screen() === '') {
    assert.ok(performance.now() < until, 'no bar');
    progress.reached('/prosody.log', TOTAL / 2, 1_772_413_200);
  }
}

describe('a bar of progress', () => {
  test('is not shown where data are printed that may come to the same terminal [8.22]', () => {
    const { io } = terminal(80);
    const manner = (part: Partial<Io>): string => Progress.besideData({ ...io, ...part });
    assert.equal(manner({ isTTY: false }), 'bar');
    assert.equal(manner({ isTTY: true }), 'nothing');
    assert.equal(manner({ isTTY: false, isPiped: true }), 'lines');
    assert.equal(manner({ stderrIsTTY: false }), 'lines');
  });

  for (const columns of [20, 40, 60, 80, 200])
    test(`fits a terminal of ${columns} columns [8.22]`, () => {
      const { io, screen } = terminal(columns);
      draw(new Progress(CHAINS, 'UTC', io), screen);
      assert.match(screen(), /50% of 4\.0 MiB/);
      assert.ok(screen().length < columns, screen());
    });

  const ends: Readonly<Record<string, (progress: Progress, io: Io, stop: AbortController) => void>> = {
    'the end of the reading': (progress) => progress.done(),
    'Ctrl-C': (_progress, _io, stop) => stop.abort(),
    'a reader that went away': (_progress, io) => {
      // As in main, the process ends in the listener that was there first.
      EventEmitter.prototype.emit.call(io.stdout, 'error', new Error('EPIPE'));
    },
  };
  for (const [what, end] of Object.entries(ends))
    test(`leaves nothing behind at ${what} [8.22]`, () => {
      const { io, screen, stop } = terminal(60);
      let atTheEnd: string | undefined;
      io.stdout.on('error', () => (atTheEnd = screen()));
      const progress = new Progress(CHAINS, 'UTC', io);
      draw(progress, screen);
      end(progress, io, stop);
      progress.reached('/prosody.log', TOTAL, 1_772_413_200);
      assert.equal(atTheEnd ?? screen(), '');
      assert.equal(screen(), '');
    });

  test('makes way for a message [8.22]', () => {
    const { io, screen } = terminal(60);
    const progress = new Progress(CHAINS, 'UTC', io);
    draw(progress, screen);
    progress.io.log('error', 'prosody.log.2.gz is damaged');
    assert.equal(screen(), 'prosody.log.2.gz is damaged\n');
  });
});
