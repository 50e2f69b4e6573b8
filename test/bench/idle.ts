/**
 * What the daemon costs while nothing happens: with many users in its index and one log to which nobody writes. Minute after minute,
 * as what a start leaves behind is done in the first one; once behind the reading of the log, and once started anew.
 */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { machine } from './measure.ts';
import { cpuOf, daemon, rssOf, withSubject, type Subject } from './subject.ts';

const USERS = 100_000;
const DAYS = 28;
const MINUTE_MS = 60_000;
const MINUTES = 3;
const MIB = 1024 * 1024;

/** Each user logs in and out once in the last weeks. */
export function* linesUntil(now: number, users: number): Iterable<string> {
  for (let user = 0; user < users; user++) {
    const at = new Date(now - ((users - user) / users) * DAYS * 86_400_000).toISOString().slice(0, 19);
    const head = `${at}+0000 c2s${(0x5625_5800_0000 + (user % 60_000) * 96).toString(16)}\tinfo\t`;
    yield `${head}Authenticated as user${user}@chat.example\n${head}Client disconnected: connection closed\n`;
  }
}

async function minutes(start: string, subject: Subject): Promise<object[]> {
  const rows: object[] = [];
  for (let minute = 1; minute <= MINUTES; minute++) {
    const [before, began] = [cpuOf(subject), performance.now()];
    await wait(MINUTE_MS);
    const share = (cpuOf(subject) - before) / ((performance.now() - began) / 1000);
    rows.push({ start, minute, 'CPU % of a core': Number((share * 100).toFixed(2)), 'RSS MB': megabytes(subject) });
  }
  return rows;
}

const megabytes = (subject: Subject): number => Math.round((rssOf(subject) * MIB) / 1e6);

/** Prints a table. */
export async function benchIdle(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-idle-'));
  try {
    const log = join(directory, 'prosody.log');
    await pipeline(Readable.from(linesUntil(Date.now(), USERS)), createWriteStream(log));
    const rows = [];
    for (const start of ['that read the log', 'with the index there'])
      rows.push(...(await withSubject(daemon([log], directory), (subject) => minutes(start, subject))));
    console.log(`The daemon with ${USERS} users, while nothing happens; ${machine()}:`);
    console.table(rows);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
