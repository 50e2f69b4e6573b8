/** Samples as what a chart draws: per host three lines, cut where samples are missing, no finer than the picture can show. */
import type { Sample } from '../../activity/active-window.ts';
import { dateLabel } from './axis.ts';
import { countOf, isCovered, WINDOW_NAMES, type Window } from '../metric-name.ts';
import { ALL_HOSTS, totalOf } from '../total.ts';

/** The samples of one host in the order of time; there is at least one. */
export interface HostHistory {
  readonly host: string;
  readonly samples: readonly Sample[];
  readonly latest: Sample;
}

/** Of which there is a line. */
export type Drawn = Exclude<Window, 180>;

/** From the top of a chart to its bottom: everybody who was active today was active this week. */
export const lines: readonly { readonly window: Drawn; readonly label: string }[] = ([30, 7, 1] as const).map(
  (window) => ({ window, label: WINDOW_NAMES[window] }),
);

/**
 * The hosts with the most users in their latest month first, and how many more there are than `most`. Where there are several,
 * all together come before them.
 */
export function largestHosts(samples: readonly Sample[], most: number): { shown: HostHistory[]; hidden: number } {
  const all = [...groupedBy(samples, ({ host }) => host)].flatMap(([host, unsorted]) => historyOf(host, unsorted));
  all.sort((a, b) => b.latest.d30 - a.latest.d30 || (a.host < b.host ? -1 : 1));
  const together = all.length > 1 ? historyOf(ALL_HOSTS, totals(samples)) : [];
  return { shown: [...together, ...all.slice(0, most)], hidden: Math.max(0, all.length - most) };
}

function totals(samples: readonly Sample[]): Sample[] {
  return [...groupedBy(samples, ({ at }) => at).values()].flatMap((group) => totalOf(group) ?? []);
}

function groupedBy<T>(samples: readonly Sample[], key: (sample: Sample) => T): Map<T, Sample[]> {
  const groups = new Map<T, Sample[]>();
  for (const sample of samples) {
    const group = groups.get(key(sample));
    if (group === undefined) groups.set(key(sample), [sample]);
    else group.push(sample);
  }
  return groups;
}

function historyOf(host: string, unsorted: readonly Sample[]): HostHistory[] {
  const samples = unsorted.toSorted((a, b) => a.at - b.at);
  const latest = samples.at(-1);
  return latest === undefined ? [] : [{ host, samples, latest }];
}

/** The first and the last day that the counts are about: a count at midnight is about the day before it. */
export function dateRange({ samples, latest }: HostHistory, timezone: string): [first: string, last: string] {
  const first = samples[0]?.at ?? latest.at;
  return [dateLabel(first, timezone), dateLabel(Math.max(first, latest.at - 1), timezone)];
}

/** The largest of all counts, for the height of a chart. */
export function largestCount({ samples }: HostHistory): number {
  return samples.reduce((largest, { d1, d7, d30 }) => Math.max(largest, d1, d7, d30), 0);
}

/** A point of a line: where it is on the axis of time, from 0 to 1, and its value. */
export interface LinePoint {
  readonly x: number;
  readonly value: number;
}

/** A part of a line without interruption. Where it is not `covered`, its counts are lower bounds. */
export interface LinePiece {
  readonly isCovered: boolean;
  readonly points: readonly LinePoint[];
}

/** What is said below a picture that has a line which is not covered. */
export const LOWER_BOUNDS =
  'Broken lines are lower bounds: the logs do not cover all of the day, week or 30 days before.';

export const hasLowerBounds = (hosts: readonly HostHistory[]): boolean =>
  hosts.some(({ samples }) => samples.some((sample) => lines.some(({ window }) => !isCovered(sample, window))));

/**
 * The pieces of one line. Where more samples than places share the width, a place shows their mean; where samples are missing (more than
 * two of their usual distances) the line is interrupted. Where it begins or ceases to be covered a new piece goes on from the last point.
 */
export function linePieces(samples: readonly Sample[], window: Window, places: number): LinePiece[] {
  const first = samples[0]?.at ?? 0;
  const length = Math.max(1, (samples.at(-1)?.at ?? 0) - first);
  const gap = Math.max(2 * usualDistance(samples), length / places);
  const pieces: { isCovered: boolean; points: LinePoint[] }[] = [];
  let place: { index: number; x: number; sum: number; count: number } | undefined;
  let before = Number.NEGATIVE_INFINITY;
  const finish = (): LinePoint | undefined => {
    const points = pieces.at(-1)?.points;
    if (place !== undefined) points?.push({ x: place.x / place.count, value: place.sum / place.count });
    return points?.at(-1);
  };
  for (const sample of samples) {
    const x = (sample.at - first) / length;
    const index = Math.floor(x * places);
    const isBehindGap = sample.at - before > gap;
    const covered = isCovered(sample, window);
    const isOther = isBehindGap || pieces.at(-1)?.isCovered !== covered;
    if (place?.index !== index || isOther) {
      const last = finish();
      if (isOther) pieces.push({ isCovered: covered, points: last === undefined || isBehindGap ? [] : [last] });
      place = { index, x: 0, sum: 0, count: 0 };
    }
    place.x += x;
    place.sum += countOf(sample, window);
    place.count++;
    before = sample.at;
  }
  finish();
  return pieces;
}

function usualDistance(samples: readonly Sample[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const [i, { at }] of samples.entries()) {
    const next = samples[i + 1];
    if (next !== undefined && next.at > at) least = Math.min(least, next.at - at);
  }
  return Number.isFinite(least) ? least : 0;
}
