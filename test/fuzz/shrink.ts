/** A failing case made as small as it gets while it still fails: whole users go first, then ever smaller runs of lines. */
import type { Case } from './case.ts';
import type { Difference } from './checks.ts';
import type { Entry } from './prosody.ts';

/** Whether a case still fails in the same way. */
export type Fails = (the: Case) => Promise<boolean>;

export interface ShrinkOptions {
  readonly first: Difference;
  readonly fails: Fails;
  /** Milliseconds, as of `performance.now()`, after which what has been reached is good enough. */
  readonly until: number;
}

export async function shrink(the: Case, options: ShrinkOptions): Promise<Case> {
  const { at = Infinity } = options.first;
  const short = await ifFails(
    only(the, (entry) => entry.at <= at + 3600),
    the,
    options,
  );
  let smallest = await withoutUsers(await withoutEmpty(await withFewerLives(short, options), options), options);
  for (let before = Infinity; sizeOf(smallest) < before;) {
    before = sizeOf(smallest);
    for (let length = before; length >= 1; length = Math.floor(length / 2))
      smallest = await withoutRuns(smallest, length, options);
    smallest = await withoutEmpty(smallest, options);
  }
  return smallest;
}

const sizeOf = ({ logs }: Case): number =>
  logs.flatMap(({ pieces }) => pieces.flatMap(({ entries }) => entries)).length;

/** It tells the version, on which depends what other lines mean. */
const isStart = ({ says }: Entry): boolean => says?.kind === 'started';

/** The case with those lines only for which `keeps` holds; `i` counts the lines of all files. */
function only(the: Case, keeps: (entry: Entry, i: number) => boolean): Case {
  let i = 0;
  const logs = the.logs.map((log) => ({
    ...log,
    pieces: log.pieces.map((piece) => ({
      ...piece,
      entries: piece.entries.filter((entry) => keeps(entry, i++) || isStart(entry)),
    })),
  }));
  return { ...the, logs };
}

async function ifFails(candidate: Case, otherwise: Case, { fails, until }: ShrinkOptions): Promise<Case> {
  if (performance.now() > until) return otherwise;
  return (await fails(candidate)) ? candidate : otherwise;
}

/** As few starts of a daemon as will do. */
async function withFewerLives(the: Case, options: ShrinkOptions): Promise<Case> {
  let smallest = the;
  for (const life of the.lives)
    smallest = await ifFails({ ...smallest, lives: smallest.lives.filter((each) => each !== life) }, smallest, options);
  for (const life of smallest.lives) {
    const lives = smallest.lives.map((each) => (each === life ? { ...each, until: each.at } : each));
    smallest = await ifFails({ ...smallest, lives }, smallest, options);
  }
  return smallest;
}

async function withoutUsers(the: Case, options: ShrinkOptions): Promise<Case> {
  const all = the.logs.flatMap(({ pieces }) => pieces.flatMap(({ entries }) => entries));
  const users = new Set(all.flatMap(({ says }) => (says && 'user' in says ? [says.user] : [])));
  let smallest = await ifFails(
    only(the, ({ says }) => says !== undefined),
    the,
    options,
  );
  for (const user of users) {
    const candidate = only(smallest, ({ says }) => !says || !('user' in says) || says.user !== user);
    smallest = await ifFails(candidate, smallest, options);
  }
  return smallest;
}

async function withoutRuns(the: Case, length: number, options: ShrinkOptions): Promise<Case> {
  let smallest = the;
  for (let from = 0; from < sizeOf(smallest);) {
    const candidate = only(smallest, (_, i) => i < from || i >= from + length);
    const next = await ifFails(candidate, smallest, options);
    if (next === smallest) from += length;
    smallest = next;
  }
  return smallest;
}

async function withoutEmpty(the: Case, options: ShrinkOptions): Promise<Case> {
  const logs = the.logs.map((log) => ({ ...log, pieces: log.pieces.filter(({ entries }) => entries.length > 0) }));
  return ifFails({ ...the, logs: logs.filter(({ pieces }) => pieces.length > 0) }, the, options);
}
