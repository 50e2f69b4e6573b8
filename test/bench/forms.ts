/**
 * What a line costs in each form: the same messages of Prosody's in each wrapping, and lines of each other server. The plain file is
 * measured beside each, as often, so that the ratio is right also on a machine that has other work; what the start costs is taken off.
 */
import { createReadStream, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAIN } from '../program.ts';
import { WRAPPED_FORMS } from '../wrap.ts';
import { END, makeLog, YEAR } from './made-log.ts';
import { medians, type Contestant } from './measure.ts';
import { makeServerLog, SERVERS } from './server-log.ts';

export interface FormsOptions {
  /** Messages of each form, about. */
  readonly lines: number;
  readonly runs: number;
  /** Names of forms; empty: all. */
  readonly only: readonly string[];
}

interface Form {
  readonly name: string;
  /** Writes the log; resolves with its messages, or with nothing when they are those of the plain file. */
  readonly make: (path: string) => Promise<number | undefined>;
}

const BYTES_PER_LINE = 68;
const USERS_PER_LINE = 0.03;
const PLAIN = 'plain.log';
const NEWLINE = 10;

const history = (name: string, file: string): Contestant => ({
  name,
  needs: [],
  command: `${process.execPath} ${MAIN} history --year ${YEAR} --format csv ${file}`,
});
const plain = history('plain', PLAIN);
const start = history('start', 'start.log');
const form = history('form', 'form.log');

function formsOf(lines: number): readonly Form[] {
  const dense = { mix: 'dense', bytes: lines * BYTES_PER_LINE, users: Math.ceil(lines * USERS_PER_LINE) } as const;
  const made = async (path: string, wrapped?: string): Promise<undefined> => {
    await makeLog(path, { ...dense, ...(wrapped !== undefined && { wrapped }) });
    return undefined;
  };
  return [
    { name: "Prosody's plain file", make: made },
    ...WRAPPED_FORMS.map(({ name }) => ({ name, make: (path: string) => made(path, name) })),
    ...SERVERS.map((server) => ({ name: server.name, make: (path: string) => makeServerLog(path, server, lines) })),
  ];
}

/** Prints a line for each form as soon as it is measured. */
export async function benchForms({ lines, runs, only }: FormsOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-forms-'));
  try {
    const [first, ...others] = formsOf(lines);
    const write = async ({ make }: Form, file: string): Promise<number | undefined> => {
      const path = join(directory, file);
      const messages = await make(path);
      utimesSync(path, END, END);
      return messages;
    };
    await write(first!, PLAIN);
    const messages = await linesIn(join(directory, PLAIN));
    await makeLog(join(directory, 'start.log'), { mix: 'once', bytes: 0, users: 1 });
    console.log(
      `${messages} messages, medians of ${runs}; ns of processor time per message, and times the plain file's:`,
    );
    for (const each of others) {
      if (only.length > 0 && !only.includes(each.name)) continue;
      const own = (await write(each, 'form.log')) ?? messages;
      const costs = medians([start, plain, form], runs, directory);
      const nanoseconds = (of: Contestant, count: number): number =>
        (((costs.get(of)?.cpu ?? NaN) - (costs.get(start)?.cpu ?? NaN)) / count) * 1e9;
      const [cost, beside] = [nanoseconds(form, own), nanoseconds(plain, messages)];
      console.log(`${each.name.padEnd(36)}${cost.toFixed(0).padStart(6)}${(cost / beside).toFixed(2).padStart(7)}`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function linesIn(path: string): Promise<number> {
  let lines = 0;
  for await (const chunk of createReadStream(path)) for (const byte of chunk) if (byte === NEWLINE) lines++;
  return lines;
}
