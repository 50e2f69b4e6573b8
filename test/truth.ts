/** What the server's own module counted, and how near other counts come to it. */
import type { HostCounts } from '../src/activity/active-window.ts';

export const WINDOW_NAMES = ['d1', 'd7', 'd30'] as const;

export interface Agreement {
  /** Share of the true samples that are equal, 0..1. */
  readonly equal: number;
  readonly largestDifference: number;
}

/** `time,host,d1,d7,d30` with a header. */
export function parseCounts(csv: string): HostCounts[] {
  const lines = csv.trimEnd().split('\n').slice(1);
  return lines.map((line) => {
    const [at, host = '', d1, d7, d30] = line.split(',');
    return { at: Number(at), host, d1: Number(d1), d7: Number(d7), d30: Number(d30) };
  });
}

/**
 * Per window, how the counts agree with the truth. A true sample without a counterpart is an error, except that a host may
 * be missing for as long as nobody was seen there.
 */
export function agreement(
  truth: readonly HostCounts[],
  counts: readonly HostCounts[],
): Record<'d1' | 'd7' | 'd30', Agreement> {
  const found = new Map(counts.map((sample) => [`${sample.at} ${sample.host}`, sample]));
  const pairs = truth.flatMap((t) => {
    const sample = found.get(`${t.at} ${t.host}`);
    if (!sample && t.d30 > 0) throw new Error(`no sample of ${t.host} at ${t.at}`);
    return sample ? [[t, sample] as const] : [];
  });
  const of = (window: 'd1' | 'd7' | 'd30'): Agreement => {
    const differences = pairs.map(([t, sample]) => Math.abs(t[window] - sample[window]));
    const equal = differences.filter((difference) => difference === 0).length / differences.length;
    return { equal, largestDifference: Math.max(...differences) };
  };
  return { d1: of('d1'), d7: of('d7'), d30: of('d30') };
}
