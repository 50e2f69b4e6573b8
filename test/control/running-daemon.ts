/** A real daemon that follows a log, as a child process, and what its administrator asks of it. */
import { once } from 'node:events';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { deadline } from '../deadline.ts';
import { start } from '../program.ts';

export const line = (at: number, rest: string): string =>
  `${new Date(at * 1000).toISOString().slice(0, 19)}+0000 ${rest}\n`;
export const login = (at: number, id: string, user: string): string =>
  line(at, `${id}\tinfo\tAuthenticated as ${user}@chat.example`);

export interface Place {
  readonly root: string;
  readonly log: string;
  readonly index: string;
  /** Ends what runs in it, before it is removed: nobody can remove a directory into which somebody writes. */
  readonly ends: (() => Promise<unknown>)[];
}

/** An empty directory with a log in it. */
export async function place(t: TestContext, text: string): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), 'control-'));
  const ends: Place['ends'] = [];
  t.after(async () => {
    await Promise.all(ends.map((end) => end()));
    await rm(root, { recursive: true, force: true });
  });
  const log = join(root, 'prosody.log');
  await writeFile(log, text);
  return { root, log, index: join(root, 'index'), ends };
}

export interface Running {
  readonly said: readonly string[];
  /** Waits until a line of what it says matches. */
  readonly says: (what: RegExp) => Promise<void>;
  readonly end: (signal: NodeJS.Signals) => Promise<unknown>;
}

/** Resolves when it has caught up with the log. */
export async function daemon({ log, index, ends }: Place, ...flags: readonly string[]): Promise<Running> {
  const destination = ['--log', log, '--index', index, '--timezone', 'UTC', '--statsd', '127.0.0.1:9'];
  const child = start(['run', ...destination, ...flags]);
  const over = once(child, 'exit');
  const end = async (signal: NodeJS.Signals): Promise<unknown> => {
    child.kill(signal);
    const [code] = await over;
    return code;
  };
  ends.push(() => end('SIGKILL'));
  if (!child.stderr) throw new Error('no pipe');
  const said: string[] = [];
  const lines = createInterface(child.stderr);
  lines.on('line', (text) => said.push(text));
  const signal = deadline();
  const says = async (what: RegExp): Promise<void> => {
    while (!said.some((text) => what.test(text)))
      await once(lines, 'line', { signal }).catch((error: unknown) => {
        throw new Error(`it did not say ${String(what)}, but:\n${said.join('\n')}`, { cause: error });
      });
  };
  await says(/caught up with|there is no log to read yet/);
  return { said, says, end };
}

export const append = ({ log }: Place, text: string): Promise<void> => appendFile(log, text);
