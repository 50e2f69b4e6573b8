/** One case after the other, each from its seed, in one of the ways in which the program is used. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkBackfill } from './check-backfill.ts';
import { checkHistoryByProcess, checkRunByProcess } from './check-cli.ts';
import { checkRun } from './check-run.ts';
import type { Case } from './case.ts';
import { checkHistory, type Differences } from './checks.ts';
import { textOf, writeFiles } from './drive.ts';
import { caseOf, type CaseOptions } from './generator.ts';
import { Random } from './random.ts';
import { shrink } from './shrink.ts';

export type Way = 'history' | 'backfill' | 'run' | 'history-process' | 'run-process';

type Check = (root: string, the: Case) => Promise<Differences>;

const CHECKS: Readonly<Record<Way, Check>> = {
  history: (root, the) => checkHistory(root, the),
  backfill: checkBackfill,
  run: (root, the) => checkRun(root, the),
  'history-process': checkHistoryByProcess,
  'run-process': checkRunByProcess,
};

/** How likely each is: an index costs a hundred times as much as a look at the files. */
const WAYS: readonly (readonly [Way, number])[] = [
  ['history', 100],
  ['backfill', 12],
  ['run', 6],
  ['history-process', 2],
  ['run-process', 1],
];

export const isWay = (text: string): text is Way => Object.hasOwn(CHECKS, text);

export const wayOf = (seed: number): Way => new Random(seed + 4).weighted(WAYS);

/** Real processes have the machine's clock, so what they read ends now. */
export const endsNow = (way: Way): boolean => way.endsWith('-process');

export interface Found {
  readonly seed: number;
  readonly way: Way;
  readonly options: CaseOptions;
  readonly the: Case;
  readonly differences: Differences;
}

/** Whether the program and the model agree on a case; undefined when they do. */
export async function tryCase(seed: number, way: Way, options: CaseOptions = {}): Promise<Found | undefined> {
  const the = caseOf(seed, options);
  const differences = await check(the, way);
  return differences.length > 0 ? { seed, way, options, the, differences } : undefined;
}

async function check(the: Case, way: Way): Promise<Differences> {
  const root = mkdtempSync(join(tmpdir(), 'xmpp-active-users-fuzz-'));
  try {
    return await CHECKS[way](root, the);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** The smallest case that differs in the same way, found within so many milliseconds. */
export async function smallest({ the, way, differences }: Found, milliseconds: number): Promise<Case> {
  const [first] = differences;
  if (!first) return the;
  const fails = async (candidate: Case): Promise<boolean> =>
    (await check(candidate, way)).some(({ kind }) => kind === first.kind);
  return shrink(the, { first, fails, until: performance.now() + milliseconds });
}

/** Keeps a case with its files below a directory, for whoever mends it. */
export async function keep(directory: string, found: Found, small: Case): Promise<string> {
  const root = join(directory, `${found.way}-${found.seed}`);
  mkdirSync(root, { recursive: true });
  writeFiles(root, small);
  writeFileSync(join(root, 'case.json'), `${JSON.stringify(small, undefined, 1)}\n`);
  const still = await check(small, found.way);
  const told = [...(still.length > 0 ? still : found.differences)].map(({ sentence }) => sentence);
  writeFileSync(join(root, 'differences.txt'), `${told.join('\n')}\n`);
  return root;
}

export function describe({ rules, now, logs }: Case): string {
  const files = logs.flatMap((log) =>
    log.pieces.map((piece) => {
      const mtime = new Date(piece.mtime * 1000).toISOString();
      return `${log.directory}/${piece.name} (${log.zone}, modified ${mtime})\n${textOf(piece.entries, log)}`;
    }),
  );
  return `now ${new Date(now * 1000).toISOString()}, ${JSON.stringify(rules)}\n${files.join('\n')}`;
}
