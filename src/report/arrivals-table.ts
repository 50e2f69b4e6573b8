/** New and returning users of each week, as a table of HTML that needs no script. */
import type { Arrived } from '../activity/arrivals.ts';
import type { Sample } from '../activity/active-window.ts';
import { isCovered } from './metric-name.ts';

const DAY = 86_400;
/** Of the first Monday, 1970-01-05. */
const MONDAY = 4;

export type ArrivalDays = ReadonlyMap<number, ReadonlyMap<string, Readonly<Arrived>>>;

interface Week extends Arrived {
  /** Midnight of its Monday in UTC, unix seconds. */
  readonly begin: number;
  days: number;
  /** The logs cover the 30 days before each of its days. */
  isKnown: boolean;
}

/** Of the days and hosts of the samples; nothing where they are of no whole day. */
export function arrivalsTable(groups: readonly (readonly Sample[])[], days: ArrivalDays): string {
  const weeks = weeksOf(groups, days);
  if (weeks.length === 0) return '';
  const most = Math.max(1, ...weeks.flatMap(({ fresh, back }) => [fresh, back]));
  const cell = ({ isKnown, days: counted }: Week, count: number): string =>
    isKnown
      ? `<td><meter max="${most}" value="${count}" aria-hidden="true"></meter> ${counted < 7 ? '≥ ' : ''}${count}</td>`
      : '<td>?</td>';
  const rows = weeks.map((week) => {
    const date = new Date(week.begin * 1000).toISOString().slice(0, 10);
    return `<tr><th scope="row">${date}</th>${cell(week, week.fresh)}${cell(week, week.back)}</tr>`;
  });
  return `<section aria-labelledby="arrivals-title">
<h2 id="arrivals-title">New and returning users by week</h2>
<p>Of all hosts. New: seen for the first time in these logs. Returning: seen before, but on none of the 30 days before.
? where the logs do not cover those 30 days, ≥ for a week that they do not hold whole. Weeks begin on Monday, UTC.</p>
<div class="wide"><table id="arrivals">
<tr><th scope="col">week of</th><th scope="col">new</th><th scope="col">returning</th></tr>
${rows.join('\n')}
</table></div>
</section>`;
}

function weeksOf(groups: readonly (readonly Sample[])[], days: ArrivalDays): readonly Week[] {
  const hosts = new Set(groups.flatMap((group) => group.map(({ host }) => host)));
  const covers = new Map(groups.map((group) => [group[0]?.at, group.every((sample) => isCovered(sample, 30))]));
  const weeks = new Map<number, Week>();
  for (const [end, arrived] of days) {
    if (!covers.has(end)) continue;
    const day = end / DAY - 1;
    const begin = (day - ((day - MONDAY + 7) % 7)) * DAY;
    const week = weeks.get(begin) ?? { begin, days: 0, isKnown: true, fresh: 0, back: 0 };
    weeks.set(begin, week);
    week.days++;
    week.isKnown &&= covers.get(end - DAY) === true;
    for (const [host, { fresh, back }] of arrived) {
      if (!hosts.has(host)) continue;
      week.fresh += fresh;
      week.back += back;
    }
  }
  return [...weeks.values()];
}
