/** `journalctl`, the program that reads the journal: how it is asked, and the whole lines of JSON that it answers with. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import { LONGEST_LINE } from './files/lines.ts';
import { cursorIn } from './journal-cursor.ts';
import { matchFor } from './journal-name.ts';

/** Where in the journal to begin: at an entry, which is given once more; at an instant, unix seconds; or at the oldest one. */
export interface Begin {
  readonly cursor?: string | undefined;
  readonly since?: number | undefined;
}

export interface Asked extends Begin {
  /** As of `journalOf`. */
  readonly entries: string;
  /** Whether it goes on with what comes. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
  /** What it says beside its answer, as it says it. */
  readonly said?: (text: string) => void;
}

/** How it ended: undefined when it has nothing more to say; else why, completing "journalctl ...". */
export type Ending = string | undefined;

/** Whole lines, and whether there were ones before them that are passed over as they are too long. */
export interface Answer {
  readonly bytes: Buffer;
  readonly skipped: number;
  /** Of the last entry in them, or behind them where it was passed over. */
  readonly cursor: string;
}

/**
 * What the envelope of such lines reads; times and the cursor are there anyway. Without `--merge` what is followed is of this boot
 * only, and /proc/sys has to be there (systemd's journalctl.c).
 */
const FORM = [
  '-o',
  'json',
  '--all',
  '--merge',
  '--no-pager',
  '--output-fields=MESSAGE,SYSLOG_IDENTIFIER,PRIORITY,_LINE_BREAK,CONTAINER_PARTIAL_MESSAGE',
];
/** Read together, bytes, where so much is there. */
const BLOCK = 1024 * 1024;
/** Kept of what it says of its troubles, characters. */
const SAID = 2000;
/** Of a line that is too long, bytes: journalctl puts its fields in any order, though the cursor among the first ones. */
const HEAD = 64 * 1024;
const NEWLINE = 10;
const NOT_THERE = 'is not there: the journal can be read on hosts with systemd only';

/** What it says to those who may see only their own entries, or none. */
export const NOT_PERMITTED = /insufficient permissions|not seeing messages from other users/;
/** Completes `LOG ...`. */
export const NOT_PERMITTED_HOW =
  'may not be read by this user: the journal belongs to the group systemd-journal, so make this user a member of it (usermod --append --groups systemd-journal USER; in a unit of systemd SupplementaryGroups=systemd-journal)';

/** The answer until it ends or the signal aborts; the program ends with the iteration. */
export async function* askJournal(asked: Asked): AsyncGenerator<Answer, Ending, undefined> {
  const { entries, follow, signal, said } = asked;
  const how = [...FORM, ...(follow ? ['--follow', '--no-tail'] : []), ...beginOf(asked), ...matchesFor(entries)];
  const child = spawn('journalctl', how, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ending = endOf(child, said);
  const stop = (): void => void child.kill();
  signal.addEventListener('abort', stop);
  try {
    if (!signal.aborted) yield* linesIn(child.stdout.pipe(new PassThrough({ highWaterMark: BLOCK })));
    return await ending;
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

/** Of this machine only, as other ones may send theirs. */
function matchesFor(entries: string): string[] {
  const machine = machineId();
  return [matchFor(entries), ...(machine === undefined ? [] : [`_MACHINE_ID=${machine}`])];
}

function machineId(): string | undefined {
  try {
    return /^[\da-f]{32}$/m.exec(readFileSync('/etc/machine-id', 'latin1'))?.[0];
  } catch {
    return undefined;
  }
}

function beginOf({ cursor, since }: Begin): string[] {
  if (cursor !== undefined) return [`--cursor=${cursor}`];
  return since === undefined ? [] : [`--since=@${Math.floor(since)}`];
}

function endOf(child: ChildProcess, told?: (text: string) => void): Promise<Ending> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-SAID);
    told?.(text);
  });
  return new Promise((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ENOENT' ? NOT_THERE : `cannot be started (${error.message})`),
    );
    child.on('close', (code, killed) => {
      const why = said.trim().split('\n').at(-1);
      if (code === 0) resolve(undefined);
      else resolve(killed ? `was ended by ${killed}` : `failed (${why || `exit code ${code}`})`);
    });
  });
}

/** Memory is bounded: of a line that is too long only the head is kept, in which its cursor is. */
async function* linesIn(stream: AsyncIterable<Buffer>): AsyncGenerator<Answer> {
  let rest: Buffer[] = [];
  let length = 0;
  let skipped = 0;
  for await (const chunk of stream) {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      const first = chunk.indexOf(NEWLINE) + 1;
      const isTooLong = length + first > LONGEST_LINE;
      if (isTooLong) skipped++;
      const passedOver = isTooLong ? cursorIn(Buffer.concat(rest)) : undefined;
      const bytes = isTooLong ? chunk.subarray(first, end) : Buffer.concat([...rest, chunk.subarray(0, end)]);
      const cursor = cursorIn(bytes) ?? passedOver;
      if (cursor !== undefined) {
        yield { bytes, skipped, cursor };
        skipped = 0;
      }
      [rest, length] = [[], 0];
    }
    const begun = chunk.subarray(end);
    length += begun.length;
    if (length <= LONGEST_LINE) rest.push(begun);
    else rest = [Buffer.concat(rest).subarray(0, HEAD)];
  }
}

/** The newest entries, as lines of JSON. Rejects with why the journal cannot be read, which completes `LOG ...`. */
export async function newestEntries(entries: string, count: number, signal?: AbortSignal): Promise<Buffer> {
  const how = [...FORM, `--lines=${count}`, ...matchesFor(entries)];
  const options = { encoding: 'buffer', maxBuffer: 64 * LONGEST_LINE, ...(signal && { signal }) } as const;
  const { stdout, stderr } = await promisify(execFile)('journalctl', how, options).catch((cause: unknown) => {
    const { code, stderr: said = '' } = cause as { code?: unknown; stderr?: Buffer | string };
    if (NOT_PERMITTED.test(String(said))) throw new Error(NOT_PERMITTED_HOW, { cause });
    throw new Error(
      `cannot be read: journalctl ${code === 'ENOENT' ? NOT_THERE : `failed (${String(said).trim() || String(code)})`}`,
      { cause },
    );
  });
  if (stdout.length === 0 && NOT_PERMITTED.test(stderr.toString())) throw new Error(NOT_PERMITTED_HOW);
  return stdout;
}
