/** What the torture harness (`run.mjs --adapter dist/test/torture/adapter.js`) has to know of our follower. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Journal } from './journal.ts';

const FOLLOWER = fileURLToPath(new URL('follower.js', import.meta.url));

export default {
  name: 'xmpp-active-users',
  resumes: true,
  command: ({ dir, state }: { dir: string; state: string }) => [process.execPath, FOLLOWER, dir, state],
  output(state: string) {
    const path = join(state, 'journal');
    let journal: Journal | undefined;
    return {
      next(online: (line: Buffer) => void) {
        if (journal === undefined && !Journal.exists(path)) return;
        journal ??= new Journal(path, 'r');
        for (let record = journal.next(true); record !== undefined; record = journal.next(true))
          for (const line of linesOf(record.bytes)) online(line);
      },
    };
  },
};

function* linesOf(bytes: Buffer): Generator<Buffer> {
  for (let from = 0, to = 0; (to = bytes.indexOf(10, from)) >= 0; from = to + 1) yield bytes.subarray(from, to);
}
