/**
 * When the text of each file was written. Files whose stamps have a year say it themselves. The others are taken as series
 * by their names, first the series for which there is certain evidence, then those that fit on to what is settled, and at
 * last those of which nothing better is known than that they are not from the future.
 */
import type { Problem } from '../../source/files/archive-error.ts';
import { foreignZone } from '../../format/time/clock.ts';
import type { Reading } from '../../format/time/stamp-choice.ts';
import type { Stamped } from './stamp-forms.ts';
import { secondsOfYear } from '../../format/dating/stamp-samples.ts';
import { extentsOf, type Extent } from '../../format/dating/extents.ts';
import { byAge, rotatedName, type RotatedName } from '../../source/files/rotated-name.ts';
import { isAligned, placeSeries, placesOf, type Place, type YearOptions } from '../../format/dating/years.ts';

export interface Dated {
  readonly look: Stamped;
  readonly stamps: Reading;
  readonly name: RotatedName;
  readonly place: Place;
}

interface Candidate {
  readonly look: Stamped;
  readonly stamps: Reading;
  readonly name: RotatedName;
  readonly places: readonly Place[];
}

/** Newest first. */
type Series = readonly Candidate[];

interface Solution {
  readonly series: Series;
  readonly dated: readonly Dated[];
  /** Something beyond "not in the future" tells the years. */
  readonly isSure: boolean;
}

/** `options.year`: of the last line of the newest file, and so of the newest of the largest series. */
export function dateAll(
  looks: readonly Stamped[],
  options: YearOptions,
): { readonly dated: readonly Dated[]; readonly problems: readonly Problem[] } {
  const scanned = looks.map((look) => ({ look, extents: extentsOf(look.stamps.walls, look.stamps.form.hasYear) }));
  const candidates = scanned.map((each) => candidate(each, isCopy(each, scanned), options));
  const settled: Dated[] = [];
  let open = endingIn(options.year, seriesOf(candidates));
  const problems: Problem[] = open.flatMap((series) => series.flatMap((each) => unfit(each, options)));
  while (open.length > 0) {
    const solutions = open.map((series) => solve(series, settled, options));
    const certain = solutions.filter(({ isSure }) => isSure);
    const next = certain.length > 0 ? certain : solutions.slice(0, 1);
    settled.push(...next.flatMap(({ dated }) => dated));
    if (options.year === undefined) problems.push(...next.flatMap(doubts));
    const done = new Set(next.map(({ series }) => series));
    open = open.filter((series) => !done.has(series));
  }
  return { dated: settled, problems };
}

/** A file, and where its lines say that it begins and ends. */
interface Scanned {
  readonly look: Stamped;
  readonly extents: readonly Extent[];
}

function candidate({ look, extents }: Scanned, isCopy: boolean, options: YearOptions): Candidate {
  const { stamps, gzipTime, fileTimes } = look;
  const name = rotatedName(look.path);
  const places = placesOf({ extents, gzipTime, fileTimes, isCopy, dateInName: name.date }, options);
  return { look, stamps, name, places };
}

/** Files whose last lines are days apart, but which were modified within minutes, have been copied. */
function isCopy(file: Scanned, files: readonly Scanned[]): boolean {
  const day = dayOfLast(file);
  const [time = 0] = file.look.fileTimes;
  const others = files.filter(
    (other) => Math.abs((other.look.fileTimes[0] ?? 0) - time) < 600 && Math.abs(dayOfLast(other) - day) > 2,
  );
  return others.length >= 2;
}

function dayOfLast({ extents }: Scanned): number {
  const last = extents[0]?.last;
  return last ? secondsOfYear(last) / 86_400 : NaN;
}

/** The largest series first, so that it is the first to be settled when nothing is certain. */
function seriesOf(candidates: readonly Candidate[]): Series[] {
  const counted = new Set(candidates.filter(({ name }) => name.by === 'count').map(({ name }) => name.log));
  const groups = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const { log, date, by } = candidate.name;
    // The live file goes on from those with numbers, if there are any.
    const kind = date === undefined && (by === 'count' || counted.has(log)) ? 'count' : 'date';
    const group = groups.get(`${kind} ${log}`);
    if (group) group.push(candidate);
    else groups.set(`${kind} ${log}`, [candidate]);
  }
  return [...groups.values()]
    .map((group) => group.toSorted((a, b) => byAge(a.name, b.name) || byPath(a, b)))
    .toSorted((a, b) => b.length - a.length || byPath(a[0], b[0]));
}

function byPath(a: Candidate | undefined, b: Candidate | undefined): number {
  return (a?.look.path ?? '') < (b?.look.path ?? '') ? -1 : 1;
}

/** The newest file of the largest series ends in the year that was given. */
function endingIn(year: number | undefined, all: readonly Series[]): Series[] {
  const main = all.find((series) => series.some(({ stamps }) => !stamps.form.hasYear));
  const newest = main?.find(({ stamps }) => !stamps.form.hasYear);
  if (year === undefined || !main || !newest) return [...all];
  const ending = newest.places.filter(({ lastYear }) => lastYear === year);
  const restricted = { ...newest, places: ending.map((place) => ({ ...place, isSure: true })) };
  return all.map((series) => (series === main ? series.map((each) => (each === newest ? restricted : each)) : series));
}

function solve(series: Series, settled: readonly Dated[], { year }: YearOptions): Solution {
  const others = settled.map(({ place }) => place);
  const forward = placeSeries(
    series.map(({ places }) => places),
    others,
  );
  const reversed = series.toReversed();
  // Some rotations count upwards. Whoever gives a year means the file that is newest by its name.
  const backward =
    year === undefined
      ? placeSeries(
          reversed.map(({ places }) => places),
          others,
        )
      : forward;
  const [order, places] = backward.cost < forward.cost ? [reversed, backward.places] : [series, forward.places];
  const dated = order.flatMap(({ look, stamps, name }, i) => {
    const place = places[i];
    return place ? [{ look, stamps, name, place }] : [];
  });
  const isSure = ({ place, stamps }: Dated): boolean => stamps.form.hasYear || place.isSure || isAligned(place, others);
  return { series, dated, isSure: dated.some(isSure) };
}

/** A file that is left out, as it can be of no year. */
function unfit({ places, stamps, look: { path } }: Candidate, { instants, timezone }: YearOptions): Problem[] {
  if (places.length > 0) return [];
  const zone = foreignZone(stamps.walls, instants);
  const sentence =
    zone === undefined
      ? `${path} is not read: no year has all the days of its time stamps, or not the one that was given: look for a wrong 29 February in it, and check --year`
      : `${path} is not read: ${otherZone(zone, timezone)}`;
  return [{ path, severity: 'error', code: zone === undefined ? 'NO_YEAR' : 'ZONE', sentence }];
}

/** Of stamps that name a zone. */
export function otherZone(seen: string, timezone: string): string {
  return `its time stamps say ${seen}, which is not the time of ${timezone}: set timezone in its [[log]], or --timezone, to the zone of the server`;
}

/** One sentence for a series: what is wrong with one of its modification times is mostly wrong with all. */
function doubts({ dated, isSure }: Solution): Problem[] {
  const doubtful = dated.filter(({ place, stamps }) => !stamps.form.hasYear && !place.isSure);
  const [first] = doubtful;
  if (!first) return [];
  const { path } = first.look;
  const files = doubtful.length === 1 ? path : `${path} and ${doubtful.length - 1} more of its name`;
  const year = new Date(first.place.lastAt * 1000).getUTCFullYear();
  const sentence = isSure
    ? `${files}: the modification time does not fit the last line; the years are those that fit the other files`
    : `${files}: nothing tells the year, as the modification time does not fit the last line; taken for ${year}, --year settles it`;
  return [{ path, severity: 'warning', code: isSure ? 'WRONG_TIME' : 'YEAR_GUESSED', sentence }];
}
