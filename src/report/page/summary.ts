/** What is said of the range that is shown in words and figures: the heat map, and a table of the hosts. */
import { byId, chosenHosts, data, LABELS, series, showTime, sumOf, times, WEEKDAYS, WINDOW_NAMES } from './values.ts';

/** The heat map and the table of the hosts, of the range that is shown. */
export function summarize([from, to]: readonly [number, number]): void {
  const [first, end] = [times.findIndex((at) => at >= from), times.findLastIndex((at) => at <= to) + 1];
  byId('shown').textContent = `${showTime(from)} to ${showTime(to)} (${data.timezone})`;
  heat(Math.max(0, first), end);
  const rows = chosenHosts().map((host) => {
    const cells = (['online', ...WINDOW_NAMES] as const).map((name) => {
      const known = series[host]![name].slice(Math.max(0, first), end).filter((value) => value !== null);
      if (known.length === 0) return '–';
      const [least, most] = known.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, 0]);
      return `${known.at(-1)} (${least} to ${most})`;
    });
    return rowOf('td', [data.hosts[host]!, ...cells]);
  });
  byId('table').replaceChildren(rowOf('th', ['host', 'online', ...WINDOW_NAMES.map((name) => LABELS[name])]), ...rows);
}

function rowOf(kind: 'td' | 'th', texts: readonly string[]): HTMLTableRowElement {
  const row = document.createElement('tr');
  for (const [column, text] of texts.entries()) {
    const cell = document.createElement(column === 0 ? 'th' : kind);
    if (cell instanceof HTMLTableCellElement && cell.tagName === 'TH') cell.scope = kind === 'th' ? 'col' : 'row';
    cell.textContent = text;
    row.append(cell);
  }
  return row;
}

const formatHour = new Intl.DateTimeFormat('en-GB', {
  timeZone: data.timezone,
  weekday: 'short',
  hour: '2-digit',
  hourCycle: 'h23',
});
/** Of each instant its weekday and hour in the zone: 24 a day, from Monday on. */
let hoursOfWeek: Uint8Array | undefined;
function hourOfWeek(i: number): number {
  hoursOfWeek ??= Uint8Array.from(times, (at) => {
    const parts = formatHour.formatToParts(at * 1000);
    const of = (type: string): string => parts.find((part) => part.type === type)?.value ?? '';
    return WEEKDAYS.indexOf(of('weekday')) * 24 + Number(of('hour'));
  });
  return hoursOfWeek[i]!;
}

function heat(first: number, end: number): void {
  const online = sumOf('online', chosenHosts());
  const [sums, counts] = [new Float64Array(7 * 24), new Float64Array(7 * 24)];
  for (let i = first; i < end; i++) {
    const value = online[i];
    if (value === null || value === undefined) continue;
    sums[hourOfWeek(i)]! += value;
    counts[hourOfWeek(i)]! += 1;
  }
  const means = Array.from(sums, (sum, i) => (counts[i] ? sum / counts[i] : undefined));
  const most = Math.max(0.001, ...means.map((mean) => mean ?? 0));
  const rows = WEEKDAYS.map((weekday, day) => {
    const ofDay = means.slice(day * 24, day * 24 + 24);
    const row = rowOf('td', [
      weekday,
      ...ofDay.map((mean) => (mean === undefined ? '' : mean < 10 ? mean.toFixed(1) : mean.toFixed(0))),
    ]);
    for (const [hour, mean] of ofDay.entries()) {
      const cell = row.children[hour + 1] as HTMLElement;
      cell.style.setProperty('--heat', `${Math.round(((mean ?? 0) / most) * 75)}%`);
    }
    return row;
  });
  byId('heat').replaceChildren(rowOf('th', ['', ...Array.from({ length: 24 }, (_, hour) => String(hour))]), ...rows);
}
