/** What the page holds: instants, and counts of each host at them. */
export interface Data {
  readonly timezone: string;
  readonly hosts: readonly string[];
  /** Runs of instants, unix seconds: the first, the seconds from one to the next, and how many. */
  readonly times: readonly (readonly [number, number, number])[];
  /** By host, by name: at each instant the difference to the known value before it; null where nothing is known. */
  readonly series: readonly Readonly<Record<'online' | 'd1' | 'd7' | 'd30', readonly (number | null)[]>>[];
  /** By window: from and to, exclusive, of instants at which the logs did not cover it. */
  readonly uncovered: Readonly<Record<'d1' | 'd7' | 'd30', readonly (readonly [number, number])[]>>;
}

export type Name = 'online' | 'd1' | 'd7' | 'd30';
export type Values = (number | null)[];

export const DAY = 86_400;
export const WINDOW_NAMES = ['d1', 'd7', 'd30'] as const;
export const LABELS: Readonly<Record<Name, string>> = { online: 'online', d1: '1 day', d7: '7 days', d30: '30 days' };
export const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

export const byId = (id: string): HTMLElement => document.getElementById(id)!;
export const data = JSON.parse(byId('data').textContent) as Data;
export const times = data.times.flatMap(([first, step, count]) =>
  Array.from({ length: count }, (_, i) => first + i * step),
);
export const series = data.series.map((host) => ({
  online: valuesOf(host.online),
  d1: valuesOf(host.d1),
  d7: valuesOf(host.d7),
  d30: valuesOf(host.d30),
}));
export const isUncovered = { d1: flagsOf('d1'), d7: flagsOf('d7'), d30: flagsOf('d30') };
export function valuesOf(differences: readonly (number | null)[]): Values {
  let value = 0;
  return differences.map((difference) => (difference === null ? null : (value += difference)));
}

export function flagsOf(window: 'd1' | 'd7' | 'd30'): Uint8Array {
  const flags = new Uint8Array(times.length);
  for (const [from, to] of data.uncovered[window]) flags.fill(1, from, to);
  return flags;
}

export function chosenHosts(): number[] {
  const boxes = [...document.querySelectorAll<HTMLInputElement>('#hosts input')];
  return boxes.flatMap((box, host) => (box.checked ? [host] : []));
}

/** Of all chosen hosts; null where none is known. */
export function sumOf(name: Name, hosts: readonly number[]): Values {
  return times.map((_, i) => {
    let sum: number | null = null;
    for (const host of hosts) {
      const value = series[host]![name][i];
      if (value !== null && value !== undefined) sum = (sum ?? 0) + value;
    }
    return sum;
  });
}

/** Which value belongs to each point of a chart; -1, for nothing, wherever instants are missing, so that no line is drawn over them. */
export const places: number[] = [];
/** When each point is, unix seconds. */
export const instants: number[] = [];
const usual = Math.max(data.times[0]?.[1] ?? 0, 3600);
for (const [i, at] of times.entries()) {
  if (i > 0 && at - times[i - 1]! > 1.5 * usual) {
    places.push(-1);
    instants.push(times[i - 1]! + usual);
  }
  places.push(i);
  instants.push(at);
}

/** Values at the points of a chart. */
export const atPoints = (values: Values): Values => places.map((i) => values[i] ?? null);

export const formatTime = new Intl.DateTimeFormat('en-GB', {
  ...({ timeZone: data.timezone, dateStyle: 'medium', timeStyle: 'short' } as const),
});
export const showTime = (at: number): string => formatTime.format(at * 1000);
