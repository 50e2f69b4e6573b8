/**
 * The daemon with a million users: how soon it is ready, what memory it takes, for how long its event loop stands still while it
 * counts and while new users come, and whether it keeps up with a burst. A line has arrived when the daemon, asked, knows its user.
 */
import { once } from 'node:events';
import { appendFileSync, createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { linesUntil } from './idle.ts';
import { machine, median } from './measure.ts';
import type { Pauses } from './pauses.ts';
import { cpuOf, daemon, peakOf, rssOf, withSubject, type Subject } from './subject.ts';

const USERS = 1_000_000;
const COUNTS = 20;
const SECONDS = 10;
/** How often lines are written, and how often one is written whose arrival is waited for. */
const PIECE_MS = 10;
const MARKED_MS = 500;
const KNOWN_PER_SECOND = 100_000;
const NEW_PER_SECOND = 10_000;
const PRELOAD = new URL('./pauses.js', import.meta.url).href;

interface Lab {
  readonly subject: Subject;
  readonly log: string;
  readonly socketPath: string;
  readonly pauses: string;
}

const agent = new Agent({ keepAlive: true });

/** The status of the answer; 404 for a user that is not known. */
async function ask({ socketPath }: Lab, path: string): Promise<number> {
  const asked = request({ socketPath, path, agent }).end();
  const [answer] = await once(asked, 'response');
  answer.resume();
  await once(answer, 'end');
  return answer.statusCode;
}

const said = (figures: readonly number[]): object => ({
  'pauses over 5 ms': figures.filter((each) => each > 5).length,
  'over 20 ms': figures.filter((each) => each > 20).length,
  'longest ms': Number(Math.max(0, ...figures).toFixed(1)),
});

/** What it paused for since the last time. */
async function pausesOf({ subject, pauses }: Lab): Promise<object> {
  rmSync(pauses, { force: true });
  subject.child.kill('SIGUSR2');
  while (!existsSync(pauses)) await wait(1);
  return said((JSON.parse(readFileSync(pauses, 'utf8')) as Pauses).all);
}

const stampOf = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}+0000`;

function piece(first: number, lines: number, name: (n: number) => string): string {
  const head = stampOf(Date.now());
  let text = '';
  for (let n = first; n < first + lines / 2; n++) {
    const id = `c2s${(0x5625_5800_0000 + (n % 60_000) * 96).toString(16)}`;
    text += `${head} ${id}\tinfo\tAuthenticated as ${name(n)}@chat.example\n`;
    text += `${head} ${id}\tinfo\tClient disconnected: connection closed\n`;
  }
  return text;
}

/** Milliseconds until the daemon knows the user. Where that takes long it is asked less often: its answers take time, too. */
async function arrivalOf(lab: Lab, user: string): Promise<number> {
  const began = performance.now();
  const waited = (): number => performance.now() - began;
  while ((await ask(lab, `/last/${user}@chat.example`)) === 404) await wait(Math.max(2, waited() / 20));
  return waited();
}

/** So many lines a second. */
async function burst(lab: Lab, perSecond: number, name: (n: number) => string, mark: string): Promise<object> {
  await pausesOf(lab);
  const arrivals: Promise<number>[] = [];
  const lines = (perSecond * PIECE_MS) / 1000;
  const [began, cpu] = [performance.now(), cpuOf(lab.subject)];
  for (let n = 0; n < (SECONDS * 1000) / PIECE_MS; n++) {
    await wait(began + n * PIECE_MS - performance.now());
    appendFileSync(lab.log, piece((n * lines) / 2, lines, name));
    if ((n * PIECE_MS) % MARKED_MS !== 0) continue;
    appendFileSync(
      lab.log,
      piece(0, 2, () => `${mark}${n}`),
    );
    arrivals.push(arrivalOf(lab, `${mark}${n}`));
  }
  const written = (performance.now() - began) / 1000;
  const took = await Promise.all(arrivals);
  const seconds = (performance.now() - began) / 1000;
  return {
    'lines a second': Math.round((perSecond * SECONDS) / written),
    'CPU % of a core': Math.round(((cpuOf(lab.subject) - cpu) / seconds) * 100),
    'to the index: p50 ms': Math.round(median(took)),
    'longest to the index ms': Math.round(Math.max(...took)),
    ...(await pausesOf(lab)),
  };
}

async function counts(lab: Lab): Promise<object> {
  await pausesOf(lab);
  const cpu = cpuOf(lab.subject);
  const began = performance.now();
  for (let n = 0; n < COUNTS; n++) await ask(lab, '/count');
  return {
    'CPU ms each': Math.round(((cpuOf(lab.subject) - cpu) / COUNTS) * 1000),
    'clock ms each': Math.round((performance.now() - began) / COUNTS),
    ...(await pausesOf(lab)),
  };
}

async function started(what: string, lab: Omit<Lab, 'subject'>, use: (lab: Lab) => Promise<void>): Promise<void> {
  const began = performance.now();
  const options = { preload: PRELOAD, env: { PAUSES: lab.pauses } };
  const index = join(lab.log, '..', 'index-of-1');
  await withSubject(daemon([lab.log], join(index, '..'), options), async (subject) => {
    const ready = (performance.now() - began) / 1000;
    const figures = { 'ready after s': Number(ready.toFixed(2)), 'CPU s': cpuOf(subject), 'peak MB': peakOf(subject) };
    console.log(what);
    console.table([{ ...figures, 'RSS MB': rssOf(subject), ...(await pausesOf({ ...lab, subject })) }]);
    await use({ ...lab, subject });
  });
}

/** Prints tables. */
export async function benchMillion(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-million-'));
  const log = join(directory, 'prosody.log');
  const lab = { log, socketPath: join(directory, 'index-of-1', 'control.sock'), pauses: join(directory, 'pauses') };
  try {
    await pipeline(Readable.from(linesUntil(Date.now(), USERS)), createWriteStream(log));
    console.log(`The daemon with ${USERS} users; ${machine()}`);
    await started('It reads the log:', lab, async () => {});
    await started('Started anew:', lab, async (running) => {
      console.log(`${COUNTS} counts, one after the other:`);
      console.table([await counts(running)]);
      console.log(`Bursts of ${SECONDS} s, of users that are known, and of new ones:`);
      const known = await burst(running, KNOWN_PER_SECOND, (n) => `user${n % USERS}`, 'known');
      const fresh = await burst(running, NEW_PER_SECOND, (n) => `another${n}`, 'fresh');
      console.table([known, fresh]);
      console.log(`peak ${peakOf(running.subject)} MB`);
    });
  } finally {
    agent.destroy();
    rmSync(directory, { recursive: true, force: true });
  }
}
