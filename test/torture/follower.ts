/** The follower under torture: follows every log of a directory, and keeps what it is given in a journal. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Follower } from '../../src/source/follow/follower.ts';
import { rotatedFiles } from '../../src/source/files/siblings.ts';
import { inodeOf } from '../../src/source/files/file-stat.ts';
import { Journal } from './journal.ts';

const [directory = '', state = '', tick = '1000'] = process.argv.slice(2);
const journal = new Journal(join(state, 'journal'), 'a+');
const stored = journal.positions();
const followed = new Map<string, Promise<void>>();
const stopping = new AbortController();

function follow(path: string): void {
  if (followed.has(path)) return;
  const follower = new Follower({
    path,
    positions: [...(stored.get(path)?.values() ?? [])],
    tickMs: Number(tick),
    // As at the first start of the daemon, where what was rotated before is read, too.
    pending: stored.has(path) ? [] : rotatedFiles(path).siblings.map(inodeOf),
    verdicts: journal.verdicts(path),
    beforeCorruptIn: () => (lines) => lines,
    notice: ({ kind, text }) => {
      if (process.env['VERBOSE'] !== undefined || ['unreadable', 'damaged', 'lost'].includes(kind))
        process.stderr.write(`${Date.now()} ${kind}: ${text}\n`);
    },
  });
  followed.set(path, keep(follower));
}

async function keep(follower: Follower): Promise<void> {
  for await (const { log, bytes, position, forgotten, verdicts } of follower.blocks(AbortSignal.any([stopping.signal])))
    journal.append({ log, position, forgotten, ...(verdicts && { verdicts }) }, bytes);
}

[...stored.keys()].forEach(follow);
setInterval(() => {
  readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .forEach((name) => follow(join(directory, name)));
}, 50);

process.on('SIGTERM', () => {
  stopping.abort();
  void Promise.all(followed.values()).then(() => process.exit(0));
});
