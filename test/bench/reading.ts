/**
 * How fast old logs are read: `history` and `backfill` beside what others make of the same log, in turn in one run. The logs
 * are made here; figures of one table can be compared, those of two runs only where the machine had as little else to do.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MAIN } from '../program.ts';
import { END, makeLog, YEAR, type Form, type Wanted } from './made-log.ts';
import { machine, medians, missing, type Contestant, type Cost } from './measure.ts';

export interface ReadingOptions {
  /** The size of the large logs. */
  readonly megabytes: number;
  readonly runs: number;
  /** Names of tables, and of contestants besides `history`; empty: all. */
  readonly tables: readonly string[];
  readonly only: readonly string[];
}

interface Table {
  readonly name: string;
  /** The first log is the one that others are compared on. */
  readonly logs: readonly (Wanted & { readonly file: string })[];
  readonly contestants: readonly Contestant[];
}

/** Of the same lines. */
const WRAPPINGS = [
  'rsyslog, traditional',
  'rsyslog, file format',
  'rsyslog, RFC 5424',
  'journalctl -o short-iso',
  'journalctl -o json',
  'journalctl -o export',
  "docker's json-file",
  "Kubernetes' container log",
  'docker compose logs -t',
  'multilog',
];

const peer = (file: string): string => fileURLToPath(new URL(`../../../test/bench/${file}`, import.meta.url));
const ours = (name: string, args: string): Contestant => ({
  name,
  needs: [],
  command: `${process.execPath} ${MAIN} ${args}`,
});
const history = (file: string, name = 'history'): Contestant =>
  ours(name, `history --year ${YEAR} --format csv ${file}`);
const backfill = (file: string): Contestant => {
  const { command, ...rest } = ours('backfill', `backfill --year ${YEAR} --index index ${file}`);
  return { ...rest, command: `rm -rf index; ${command}` };
};
const theirs = (name: string, command: string, needs = [name.split(' ', 1)[0] ?? name]): Contestant => ({
  name,
  needs,
  command,
});

const GUNZIP = `require('node:stream').pipeline(process.stdin, require('node:zlib').createGunzip(), require('node:fs').createWriteStream('text'), () => {})`;

const peers = (log: string): readonly Contestant[] => [
  theirs('rg -c', `rg -c 'Authenticated as ' ${log}`),
  theirs('grep | sort -u: names only', `grep -oP 'Authenticated as \\K.*' ${log} | sort -u`),
  theirs('mawk: last seen', `mawk -v year=${YEAR} -f ${peer('last-seen.awk')} ${log}`, ['mawk']),
];
const mtail = (log: string): Contestant =>
  theirs('mtail 3: last seen', `mtail --one_shot --progs ${peer('last-seen.mtail')} --logs ${log}`, ['mtail']);

function tables(megabytes: number): readonly Table[] {
  const size = { bytes: megabytes * 1e6, users: megabytes * 440 };
  const dense = (form: Form) => ({ ...size, mix: 'dense', form, file: `${form}.log` }) as const;
  return [
    {
      name: 'dense',
      logs: [{ ...size, mix: 'dense', file: 'dense.log' }],
      contestants: [
        history('dense.log'),
        backfill('dense.log'),
        ...peers('dense.log'),
        mtail('dense.log'),
        { ...history('zipped.log.gz', 'history of .gz'), needs: ['gzip'] },
        theirs('zcat', 'zcat zipped.log.gz'),
        theirs('gunzip of Node', `${process.execPath} -e "${GUNZIP}" < zipped.log.gz; rm text`, ['gzip']),
      ],
    },
    {
      name: 'real',
      logs: [{ ...size, mix: 'real', file: 'real.log' }],
      contestants: [history('real.log'), backfill('real.log'), ...peers('real.log')],
    },
    {
      name: 'forms',
      logs: [
        dense('default'),
        dense('iso'),
        dense('fraction'),
        dense('console'),
        { ...size, mix: 'debug', file: 'debug.log' },
      ],
      contestants: [
        history('default.log'),
        history('iso.log', 'ISO 8601'),
        history('fraction.log', 'ISO 8601 with fractions'),
        history('console.log', 'layout of stdout'),
        history('debug.log', 'debug log'),
      ],
    },
    {
      name: 'wrapped',
      logs: [
        dense('default'),
        ...WRAPPINGS.map((wrapped, i) => ({ ...size, mix: 'dense', wrapped, file: `${i}.log` }) as const),
      ],
      contestants: [history('default.log', 'as a file'), ...WRAPPINGS.map((name, i) => history(`${i}.log`, name))],
    },
    {
      name: 'million',
      logs: [{ mix: 'once', bytes: 0, users: 1e6, file: 'million.log' }],
      contestants: [
        history('million.log'),
        backfill('million.log'),
        ours('count', 'count --index index'),
        peers('million.log')[2]!,
      ],
    },
  ];
}

/** Prints a table for each of those wanted. */
export async function benchReading({ megabytes, runs, tables: names, only }: ReadingOptions): Promise<void> {
  for (const table of tables(megabytes)) {
    if (names.length > 0 && !names.includes(table.name)) continue;
    const directory = mkdtempSync(join(tmpdir(), 'bench-'));
    try {
      await makeLogs(table, directory);
      print(table, directory, runs, only);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
}

async function makeLogs({ logs, contestants }: Table, directory: string): Promise<void> {
  for (const log of logs) {
    const path = join(directory, log.file);
    await makeLog(path, log);
    utimesSync(path, END, END);
  }
  if (contestants.some(({ command }) => command.includes('.gz')))
    execFileSync('sh', ['-c', `gzip -c ${logs[0]?.file} > zipped.log.gz`], { cwd: directory });
}

function print(table: Table, directory: string, runs: number, only: readonly string[]): void {
  const wanted = table.contestants.filter(({ name }, i) => i === 0 || only.length === 0 || only.includes(name));
  const absent = wanted.filter((each) => missing(each).length > 0);
  for (const each of absent) console.log(`${each.name} is left out: ${missing(each).join(' and ')} not installed`);
  const costs = medians(
    wanted.filter((each) => !absent.includes(each)),
    runs,
    directory,
  );
  const bytes = table.logs.map(({ file }) => statSync(join(directory, file)).size);
  console.log(`${table.name}, ${Math.round((bytes[0] ?? 0) / 1e6)} MB, medians of ${runs}; ${machine()}:`);
  console.table(rows(costs));
}

function rows(costs: ReadonlyMap<Contestant, Cost>): object {
  const [first] = costs.values();
  const row = ({ cpu, wall, memory }: Cost): object => ({
    'CPU s': Number(cpu.toFixed(2)),
    'times history': Number((cpu / (first?.cpu ?? NaN)).toFixed(2)),
    'clock s': Number(wall.toFixed(2)),
    'times history ': Number((wall / (first?.wall ?? NaN)).toFixed(2)),
    'peak MB': Math.round(memory),
  });
  return Object.fromEntries([...costs].map(([{ name }, cost]) => [name, row(cost)]));
}
