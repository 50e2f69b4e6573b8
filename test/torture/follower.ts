/** The follower under torture: follows every log of a directory, and keeps what it is given in a journal. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Follower } from '../../src/source/follow/follower.ts';
import { rotatedFiles } from '../../src/source/files/siblings.ts';
import { inodeOf } from '../../src/source/follow/position.ts';
import { Journal } from './journal.ts';

const [directory = '', state = '', tick = '1000'] = process.argv.slice(2);
const journal = new Journal(join(state, 'journal'), 'a+');
const stored = journal.positions();
const followers = new Map<string, Follower>();

function follow(path: string): void {
  if (followers.has(path)) return;
  const follower = new Follower({
    path,
    positions: [...(stored.get(path)?.values() ?? [])],
    tickMs: Number(tick),
    // As at the first start of the daemon, where what was rotated before is read, too.
    awaited: stored.has(path) ? [] : rotatedFiles(path).siblings.map(inodeOf),
    verdicts: journal.verdicts(path),
    deliver: async ({ log, bytes, position, forgotten, verdicts }) =>
      journal.append({ log, position, forgotten, ...(verdicts && { verdicts }) }, bytes),
    notice: ({ kind, text }) => {
      if (process.env['VERBOSE'] !== undefined || ['unreadable', 'damaged', 'lost'].includes(kind))
        process.stderr.write(`${Date.now()} ${kind}: ${text}\n`);
    },
  });
  followers.set(path, follower);
  void follower.start();
}

[...stored.keys()].forEach(follow);
setInterval(() => {
  readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .forEach((name) => follow(join(directory, name)));
}, 50);

process.on('SIGTERM', () => {
  void Promise.all([...followers.values()].map((follower) => follower.close())).then(() => process.exit(0));
});
