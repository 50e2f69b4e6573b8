/** What the program says of a case, beside what the model says. */
import type { Case } from './case.ts';
import { linesOf } from './case.ts';
import { invoke, writeConfig, writeFiles } from './drive.ts';
import { Model, type Counts } from './model.ts';
import { Random } from './random.ts';

/** Seconds between samples. */
const STEPS = [3600, 3600, 3600, 1800, 840] as const;

export interface Difference {
  /** What is wrong: a fault is made smaller as long as it stays the same kind. */
  readonly kind: 'more' | 'less' | 'failed';
  readonly sentence: string;
  /** The instant that was counted for, unix seconds. */
  readonly at?: number;
}
export type Differences = readonly Difference[];

/** The counts at every full hour. */
export async function checkHistory(root: string, the: Case, program = invoke): Promise<Differences> {
  const random = new Random(the.seed + 1);
  const files = random.shuffle(writeFiles(root, the));
  const config = writeConfig(root, the);
  const zone = the.logs[0]?.zone ?? 'UTC';
  const step = random.pick(STEPS);
  const argv = [
    '--config',
    config,
    'history',
    '--timezone',
    zone,
    '--step',
    `${step / 60}m`,
    '--format',
    'csv',
    ...files,
  ];
  const { out, err } = await program(argv, { now: () => the.now });
  const got = parse(out);
  if (!got) return [{ kind: 'failed', sentence: `history printed no counts: ${err}` }];
  return compare(expectedHistory(the, step), got);
}

function expectedHistory(the: Case, step: number): Map<number, ReadonlyMap<string, Counts>> {
  const lines = linesOf(the);
  const times = lines.flat().map(({ at }) => at);
  const [first, last] = [Math.min(...lines.map(([line]) => line?.at ?? Infinity)), maximum(times)];
  const model = new Model(lines, the.rules);
  const expected = new Map<number, ReadonlyMap<string, Counts>>();
  for (let at = Math.floor(first / step) * step + step; at < last + step; at += step) expected.set(at, model.at(at));
  return expected;
}

const maximum = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), -Infinity);

function parse(csv: string): Map<number, Map<string, Counts>> | undefined {
  const [header, ...rows] = csv.trimEnd().split('\n');
  if (header !== 'time,host,d1,d7,d30') return undefined;
  const found = new Map<number, Map<string, Counts>>();
  for (const row of rows) {
    const [at, host = '', d1, d7, d30] = row.split(',');
    const time = Number(at);
    found.set(time, (found.get(time) ?? new Map<string, Counts>()).set(host, [Number(d1), Number(d7), Number(d30)]));
  }
  return found;
}

function compare(
  expected: ReadonlyMap<number, ReadonlyMap<string, Counts>>,
  got: ReadonlyMap<number, ReadonlyMap<string, Counts>>,
): Differences {
  const times = [...new Set([...expected.keys(), ...got.keys()])].toSorted((a, b) => a - b);
  return times.flatMap((at) => differenceAt(at, expected.get(at), got.get(at)) ?? []);
}

export function differenceAt(
  at: number,
  expected: ReadonlyMap<string, Counts> | undefined,
  got: ReadonlyMap<string, Counts> | undefined,
): Difference | undefined {
  const [right, is] = [shown(expected), shown(got)];
  if (right === is) return undefined;
  const sentence = `${new Date(at * 1000).toISOString()} (${at}): right ${right}, got ${is}`;
  return { kind: sumOf(got) > sumOf(expected) ? 'more' : 'less', sentence, at };
}

const sumOf = (counts: ReadonlyMap<string, Counts> | undefined): number =>
  [...(counts?.values() ?? [])].flat().reduce((a, b) => a + b, 0);

/** A host without anybody in any window is as good as none. */
function shown(counts: ReadonlyMap<string, Counts> | undefined): string {
  const rows = [...(counts ?? [])].filter(([, [, , d30]]) => d30 !== 0);
  return rows.length === 0 ? 'nobody' : rows.map(([host, of]) => `${host} ${of.join('/')}`).join(', ');
}
