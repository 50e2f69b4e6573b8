/**
 * `backfill` and `count` beside the model. What lies before lines that were read already may lack the end of its sessions, so
 * the counts must be exact when files come in the order of time, and whenever all of them have been given together at last.
 */
import { linesOf, type Case } from './case.ts';
import { differenceAt, type Differences } from './checks.ts';
import { invoke, pathOf, writeConfig, writeFiles } from './drive.ts';
import { Model, type Counts } from './model.ts';
import { Random } from './random.ts';

/** Files given together, and the case as far as they tell it when its counts are certain. */
interface Step {
  readonly files: readonly string[];
  readonly told: Case | undefined;
}

export async function checkBackfill(root: string, the: Case): Promise<Differences> {
  const random = new Random(the.seed + 2);
  writeFiles(root, the);
  const config = writeConfig(root, the);
  for (const { files, told } of random.chance(0.5) ? inOrder(root, the, random) : inAnyOrder(root, the, random)) {
    const at = (told?.now ?? the.now) + random.int(0, 600);
    const differences = await backfillAndCount(config, files, { told, at, zone: the.logs[0]?.zone ?? 'UTC' });
    if (differences.length > 0) return differences;
  }
  return [];
}

interface Round {
  readonly told: Case | undefined;
  readonly at: number;
  readonly zone: string;
}

async function backfillAndCount(config: string, files: readonly string[], round: Round): Promise<Differences> {
  const { told, at, zone } = round;
  const now = (): number => at;
  const { code, err } = await invoke(['--config', config, 'backfill', '--timezone', zone, ...files], { now });
  // 1: lines were rejected. Whatever is wrong beyond that shows in the counts.
  if (code > 1) return [{ kind: 'failed', sentence: `backfill failed: ${err}` }];
  return told ? countIs(config, told, at) : [];
}

/** Whether the index has the counts of a case at an instant. */
export async function countIs(config: string, told: Case, at: number): Promise<Differences> {
  const { out, err } = await invoke(['--config', config, 'count', '--at', String(at), '--json'], { now: () => at });
  if (out === '') return [{ kind: 'failed', sentence: `count printed nothing: ${err}` }];
  const { hosts }: { hosts: Record<string, { d1: number; d7: number; d30: number }> } = JSON.parse(out);
  const got = new Map(Object.entries(hosts).map(([host, { d1, d7, d30 }]): [string, Counts] => [host, [d1, d7, d30]]));
  const difference = differenceAt(at, new Model(linesOf({ ...told, now: at }), told.rules).at(at), got);
  return difference ? [{ ...difference, sentence: `count ${difference.sentence}` }] : [];
}

/** Some files at a time, the oldest first, now and then some that were read before. */
function inOrder(root: string, the: Case, random: Random): Step[] {
  const total = Math.max(...the.logs.map(({ pieces }) => pieces.length));
  const steps: Step[] = [];
  for (let given = 0, before = 0; given < total; before = given) {
    given = Math.min(total, given + random.int(1, Math.max(1, Math.ceil(total / 2))));
    const told = upTo(the, given);
    const from = random.chance(0.3) ? random.int(0, before) : before;
    steps.push({ files: random.shuffle(filesOf(root, the, from, given)), told });
    if (random.chance(0.2)) steps.push({ files: random.shuffle(filesOf(root, the, 0, given)), told });
  }
  return steps;
}

/** Some files at a time in any order, and at last all. */
function inAnyOrder(root: string, the: Case, random: Random): Step[] {
  const files = random.shuffle(filesOf(root, the, 0, Infinity));
  const steps: Step[] = [];
  for (let i = 0; i < files.length && steps.length < 3;) {
    const length = random.int(1, Math.max(1, Math.ceil(files.length / 2)));
    steps.push({ files: files.slice(i, i + length), told: undefined });
    i += length;
  }
  return [...steps, { files, told: { ...the, now: lastOf(the) } }];
}

function filesOf(root: string, { logs }: Case, from: number, to: number): string[] {
  return logs.flatMap((log) => log.pieces.slice(from, to).map((piece) => pathOf(root, log, piece)));
}

/** The case with the first pieces of each log only, at the time of its last line. */
function upTo(the: Case, given: number): Case {
  const logs = the.logs.map((log) => ({ ...log, pieces: log.pieces.slice(0, given) }));
  return { ...the, logs, now: lastOf({ ...the, logs }) };
}

/** The last line that is believed. */
export function lastOf(the: Pick<Case, 'logs' | 'now'>): number {
  return linesOf({ ...the, now: the.now - 300 })
    .flat()
    .reduce((last, { at }) => Math.max(last, at), 0);
}
