/**
 * What a line costs in each form: the same messages of Prosody's in each wrapping, and lines of each other server. It is what a long
 * log costs more than a short one of the same form, so that the start and the finding of the form are no part of it. The plain file
 * is measured in each round, too, and the ratio is taken there: what else the machine does disturbs both alike.
 */
import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAIN } from '../program.ts';
import { WRAPPED_FORMS } from '../wrap.ts';
import { END, makeLog, YEAR } from './made-log.ts';
import { machine, measure, median, type Contestant } from './measure.ts';
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
  /** Writes about so many messages; resolves with how many. */
  readonly make: (path: string, lines: number) => Promise<number>;
}

/** Two logs of a form. */
interface Pair {
  readonly short: Contestant;
  readonly long: Contestant;
  /** So many messages the long one has more. */
  readonly messages: number;
}

const BYTES_PER_LINE = 68;
const USERS_PER_LINE = 0.03;
/** The short log has so many times fewer lines. */
const SHORTER = 4;
const PLAIN = "Prosody's plain file";
/** In the line of a table below its head. */
const RIGHT = '-:';
const COLUMNS = ['', 'ns of CPU per message', `times ${PLAIN}`] as const;

const prosody = (name: string, wrapped?: string): Form => ({
  name,
  make: (path, lines) => {
    const size = { bytes: lines * BYTES_PER_LINE, users: Math.ceil(lines * USERS_PER_LINE) };
    return makeLog(path, { mix: 'dense', ...size, ...(wrapped !== undefined && { wrapped }) });
  },
});

const FORMS: readonly Form[] = [
  ...WRAPPED_FORMS.map(({ name }) => prosody(name, name)),
  ...SERVERS.map((server) => ({
    name: server.name,
    make: (path: string, lines: number) => makeServerLog(path, server, lines),
  })),
];

/** Prints a row for each form as soon as it is measured. */
export async function benchForms({ lines, runs, only }: FormsOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-forms-'));
  try {
    const plain = await pairOf(prosody(PLAIN), lines, directory);
    const forms = FORMS.filter(({ name }) => only.length === 0 || only.includes(name));
    const width = Math.max(...forms.map(({ name }) => name.length));
    console.log(`Up to ${lines} messages, medians of ${runs}; ${machine()}:\n`);
    for (const row of [COLUMNS, ['-', RIGHT, RIGHT]]) printRow(row, width);
    for (const form of forms) {
      const pair = await pairOf(form, lines, directory);
      const rounds = Array.from({ length: runs }, () => roundOf(pair, plain, directory));
      const [cost, ratio] = [median(rounds.map(([own]) => own)), median(rounds.map(([own, others]) => own / others))];
      printRow([form.name, cost.toFixed(0), ratio.toFixed(2)], width);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function pairOf({ name, make }: Form, lines: number, directory: string): Promise<Pair> {
  const log = async (size: string, of: number) => {
    const file = `${name === PLAIN ? 'plain' : 'form'}-${size}.log`;
    const messages = await make(join(directory, file), of);
    utimesSync(join(directory, file), END, END);
    const command = `${process.execPath} ${MAIN} history --year ${YEAR} --format csv ${file}`;
    return { contestant: { name: `${name}, ${size}`, needs: [], command }, messages };
  };
  const [short, long] = [await log('short', lines / SHORTER), await log('long', lines)];
  return { short: short.contestant, long: long.contestant, messages: long.messages - short.messages };
}

/** Nanoseconds per message of the form, and of the plain file. */
function roundOf(form: Pair, plain: Pair, directory: string): readonly [number, number] {
  const cpu = [plain.short, form.short, plain.long, form.long].map((each) => measure(each, directory).cpu);
  const [plainShort = NaN, formShort = NaN, plainLong = NaN, formLong = NaN] = cpu;
  const cost = (seconds: number, { messages }: Pair): number => (seconds / messages) * 1e9;
  return [cost(formLong - formShort, form), cost(plainLong - plainShort, plain)];
}

function printRow([name = '', ...figures]: readonly string[], width: number): void {
  const cells = figures.map((figure, i) => {
    const { length } = COLUMNS[i + 1] ?? '';
    return figure === RIGHT ? figure.padStart(length, '-') : figure.padStart(length);
  });
  console.log(`| ${[name.padEnd(width, name === '-' ? '-' : ' '), ...cells].join(' | ')} |`);
}
