/** The counts of all slots as one result, and its text. Pure. */
import type { HostCount, Result } from './seam.ts';
import type { NodeView } from './view.ts';

/** Adds up what `count` gave of each slot, behind its OK. */
export function addUp(answers: readonly (readonly unknown[])[], windows: number): HostCount[] {
  const sums = new Map<string, number[]>();
  for (const [, ...answer] of answers)
    for (let i = 0; i < answer.length; i += windows + 2) {
      const host = String(answer[i]);
      const counts = answer.slice(i + 1, i + windows + 2).map(Number);
      const sum = sums.get(host);
      sums.set(host, sum ? sum.map((count, j) => count + (counts[j] ?? 0)) : counts);
    }
  return [...sums]
    .map(([host, [online = 0, ...rest]]) => ({ host, online, windows: rest }))
    .toSorted((a, b) => (a.host < b.host ? -1 : 1));
}

/** Hosts that nodes know of and that nobody was active on are zero. */
export function withHosts(counts: readonly HostCount[], hosts: readonly string[], windows: number): HostCount[] {
  const known = new Set(counts.map(({ host }) => host));
  const others = hosts.filter((host) => !known.has(host));
  const zero = Array.from({ length: windows }, () => 0);
  return [...counts, ...others.map((host) => ({ host, online: 0, windows: zero }))].toSorted((a, b) =>
    a.host < b.host ? -1 : 1,
  );
}

/** The least that any of those who came covers of each window. */
export function leastCovered(present: readonly NodeView[], own: readonly number[]): number[] {
  return own.map((seconds, i) => Math.min(seconds, ...present.map(({ mark }) => mark?.covered[i] ?? seconds)));
}

export const resultText = (result: Result): string => JSON.stringify(result);
export const resultOf = (text: string): Result => JSON.parse(text) as Result;
