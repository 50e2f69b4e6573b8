/**
 * A process to be killed while it writes. `PATH N` writes batches N + 1, N + 2, ... without end and prints each when it is
 * acknowledged. `PATH until-full` waits for a line, writes until a write fails, prints the code, and the same once more; after another line it
 * writes the same again and more, and prints `written N`.
 */
import { createInterface } from 'node:readline';
import { IndexError, LastSeenIndex, type Changes } from '../../src/index/last-seen.ts';

const [, , path = '', mode = ''] = process.argv;
const none = { length: 0, hash: '' };

function batch(n: number): Changes {
  return {
    removals: new Map(Array.from({ length: 100 }, (_, i) => [`user${i}@chat.example`, n + i])),
    positions: new Map([['p', { id: 'p', log: '/a.log', offset: n, head: none, marker: none, readAt: 0 }]]),
  };
}

const index = await LastSeenIndex.open(path);
await index.load();
if (mode === 'until-full') await untilFull();
else for (let n = Number(mode) + 1; ; n += 1) await index.write(batch(n)).then(() => process.stdout.write(`${n}\n`));

async function untilFull(): Promise<void> {
  const lines = createInterface(process.stdin)[Symbol.asyncIterator]();
  process.stdout.write('ready\n');
  await lines.next();
  let n = 1;
  let code: string | undefined;
  while ((code = await attempt(n)) === undefined) n += 1;
  process.stdout.write(`${code}\n`);
  await lines.next();
  process.stdout.write(`${await attempt(n)}\n`);
  await lines.next();
  for (let more = 0; more < 20; more += 1) await index.write(batch(n + more));
  process.stdout.write(`written ${n + 19}\n`);
  await lines.next();
}

async function attempt(n: number): Promise<string | undefined> {
  try {
    await index.write(batch(n));
    return undefined;
  } catch (error) {
    return error instanceof IndexError ? error.code : String(error);
  }
}
