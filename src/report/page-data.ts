/** Samples as the report's page has them: by instant and host, as differences, which take a third of the room. */
import type { Sample } from '../activity/active-window.ts';
import { isCovered, windows, type Window } from './metric-name.ts';

type Run = [first: number, step: number, count: number];
const NAMES = ['online', 'd1', 'd7', 'd30'] as const;

/** What `page/page.ts` reads. */
export interface PageData {
  readonly timezone: string;
  readonly hosts: readonly string[];
  readonly times: readonly Run[];
  readonly series: readonly Readonly<Record<(typeof NAMES)[number], readonly (number | null)[]>>[];
  readonly uncovered: Readonly<Record<string, readonly (readonly [from: number, to: number])[]>>;
}

/** `groups`: the samples of one instant each, in the order of time. `timezone`: IANA name, for what is shown. */
export function pageData(groups: readonly (readonly Sample[])[], timezone: string): PageData {
  const instants = groups.flatMap(([first]) => (first ? [first.at] : []));
  const hosts = [...new Set(groups.flatMap((group) => group.map(({ host }) => host)))].toSorted();
  const byHost = groups.map((group) => new Map(group.map((sample) => [sample.host, sample])));
  return {
    ...{ timezone, hosts, times: runsOf(instants) },
    series: hosts.map((host) => {
      const samples = byHost.map((group) => group.get(host));
      const of = (name: (typeof NAMES)[number]): (number | null)[] => differences(samples.map((each) => each?.[name]));
      return { online: of('online'), d1: of('d1'), d7: of('d7'), d30: of('d30') };
    }),
    uncovered: Object.fromEntries(windows.map((window) => [`d${window}`, uncovered(groups, window)])),
  };
}

function runsOf(instants: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (const [i, at] of instants.entries()) {
    const run = runs.at(-1);
    const step = at - (instants[i - 1] ?? at);
    if (run?.[2] === 1) run[1] = step;
    if (run && step === run[1]) run[2]++;
    else runs.push([at, 0, 1]);
  }
  return runs;
}

function differences(values: readonly (number | undefined)[]): (number | null)[] {
  let before = 0;
  return values.map((value) => {
    if (value === undefined) return null;
    const difference = value - before;
    before = value;
    return difference;
  });
}

/** Of the places of the groups: where the logs do not cover the window of some host. */
function uncovered(groups: readonly (readonly Sample[])[], window: Window): (readonly [number, number])[] {
  const spans: [number, number][] = [];
  for (const [i, group] of groups.entries()) {
    if (group.every((sample) => isCovered(sample, window))) continue;
    const last = spans.at(-1);
    if (last?.[1] === i) last[1] = i + 1;
    else spans.push([i, i + 1]);
  }
  return spans;
}
