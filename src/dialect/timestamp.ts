/**
 * Stamps at the head of a line: which form they have, and the wall time they show. Whatever a server's strftime setting,
 * or a relay such as syslog, is likely to put there. A stamp shows less than an instant: the year, the zone and the half
 * of a repeated hour may be missing; `clock.ts` supplies those.
 */

/** What a stamp shows, as written. */
export interface WallTime {
  /** Undefined when the stamp has none. */
  readonly year: number | undefined;
  /** 1..12 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  /** 0..60; a fraction is dropped, as the servers' own counts are in whole seconds. */
  readonly second: number;
  /** Seconds east of UTC; undefined when the stamp names no zone. */
  readonly offset: number | undefined;
  /** Where the stamp ends in the text, exclusive. */
  readonly end: number;
}

export interface StampForm {
  readonly name: string;
  readonly hasYear: boolean;
  /** Reads the stamp that begins at `start` of `text`, undefined when there is none of this form. */
  read(text: string, start: number): WallTime | undefined;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const monthNumber = new Map(MONTHS.map((name, i) => [name, i + 1]));

const NAME = '(?<name>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*';
const DAY = '(?<day>[ 0-3]?\\d)';
const TIME = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)(?:[.,]\\d{1,9})?(?: ?(?<half>[AP]M))?';
const YEAR = '(?<year>[12]\\d{3})';
/** What an abbreviation means depends on the country; it is only passed over. A host or a level in capitals is none. */
const ABBREVIATION =
  '(?:[WCEM]ES?T|MSK|BST|IST|[ECMP][SD]T|AK[SD]T|HST|A[CEW][SD]T|NZ[SD]T|[JKS]ST|SAST|WIB|HKT|SGT|PKT|BRT|ART|CLS?T)';
const ZONE = `(?: ?(?<zone>(?:Z|UTC|GMT)(?!\\w)|[+-]\\d\\d(?::?\\d\\d)?(?!\\d))| ${ABBREVIATION}(?!\\w))?`;
/** A year behind the time would belong to the stamp. */
const NO_YEAR = '(?! [12]\\d{3}(?:[^\\w.-]|$))';
const WEEKDAY = '(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? )?';
const SHORT_YEAR = '(?<year>[12]\\d{3}|\\d\\d)';

/** Most likely first: the first form that reads a sample of lines is taken. */
const PATTERNS: readonly (readonly [name: string, pattern: string])[] = [
  // Prosody's default, `%b %d %H:%M:%S`, and syslog's, which pads the day with a blank: `Nov 03 06:22:40`
  ['month day time', `${NAME} ${DAY} ${TIME}${ZONE}${NO_YEAR}`],
  // `%Y-%m-%dT%H:%M:%S%z`, `%F %T`, RFC 3339: `2026-11-23T19:43:11.590361+00:00`
  ['iso', `${YEAR}-(?<month>\\d\\d)-(?<day>\\d\\d)[T ]${TIME}${ZONE}`],
  // `%c` in the C locale, as ctime(3): `Mon Nov 23 19:49:02 2026`
  ['ctime', `${WEEKDAY}${NAME} ${DAY} ${TIME}${ZONE} ${YEAR}`],
  // `%b %d %Y %H:%M:%S`
  ['month day year time', `${WEEKDAY}${NAME} ${DAY},? ${YEAR},? ${TIME}${ZONE}`],
  // `%d %b %Y %H:%M:%S`, `%d/%b/%Y:%H:%M:%S %z`, RFC 2822: `23 Nov 2026 19:49:02`
  ['day month year time', `${WEEKDAY}${DAY}[ /-]${NAME}[ /-]${YEAR}[ :]${TIME}${ZONE}`],
  // `%a %d %b %H:%M:%S`
  ['day month time', `${WEEKDAY}${DAY}[ /-]${NAME}[ ]${TIME}${ZONE}`],
  ['weekday month day time', `${WEEKDAY}${NAME} ${DAY} ${TIME}${ZONE}${NO_YEAR}`],
  ['year/month/day', `${YEAR}[/.](?<month>\\d\\d)[/.](?<day>\\d\\d)[T ,-]+${TIME}${ZONE}`],
  ['day.month.year', `${DAY}\\.(?<month>\\d\\d)\\.${SHORT_YEAR}[T ,-]+${TIME}${ZONE}`],
  // `%D %T` and `%x %X` in the C locale: `11/23/26 19:49:02`
  ['month/day/year', `(?<month>\\d\\d)/(?<day>\\d\\d)/${SHORT_YEAR}[T ,-]+${TIME}${ZONE}`],
  ['day/month/year', `(?<day>\\d\\d)[/-](?<month>\\d\\d)[/-]${SHORT_YEAR}[T ,-]+${TIME}${ZONE}`],
  [
    'compact iso',
    `${YEAR}(?<month>\\d\\d)(?<day>\\d\\d)[T ](?<hour>\\d\\d):?(?<minute>\\d\\d):?(?<second>\\d\\d)(?:[.,]\\d{1,9})?${ZONE}`,
  ],
  // `%s`, and milliseconds
  ['unix seconds', '(?<epoch>\\d{9,10})(?:\\d{3})?(?:\\.\\d{1,9})?(?!\\d)'],
];

type Groups = Record<string, string | undefined>;

const within = (value: number, low: number, high: number): boolean => value >= low && value <= high;

function offsetSeconds(zone: string | undefined): number | undefined {
  if (zone === undefined) return undefined;
  const m = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  if (!m) return 0;
  return (m[1] === '-' ? -1 : 1) * (Number(m[2]) * 3600 + Number(m[3] ?? 0) * 60);
}

function fullYear(year: string | undefined): number | undefined {
  if (year === undefined) return undefined;
  return year.length === 2 ? 2000 + Number(year) : Number(year);
}

function hourOf(groups: Groups): number {
  const hour = Number(groups['hour']);
  if (groups['half'] === undefined) return hour;
  return (hour % 12) + (groups['half'] === 'PM' ? 12 : 0);
}

function fromEpoch(seconds: number, end: number): WallTime {
  const d = new Date(seconds * 1000);
  return {
    year: d.getUTCFullYear(),
    month: d.getUTCMonth() + 1,
    day: d.getUTCDate(),
    hour: d.getUTCHours(),
    minute: d.getUTCMinutes(),
    second: d.getUTCSeconds(),
    offset: 0,
    end,
  };
}

function wallTime(groups: Groups, end: number): WallTime | undefined {
  if (groups['epoch'] !== undefined) return fromEpoch(Number(groups['epoch']), end);
  const wall = {
    year: fullYear(groups['year']),
    month:
      groups['month'] === undefined
        ? (monthNumber.get((groups['name'] ?? '').toLowerCase()) ?? 0)
        : Number(groups['month']),
    day: Number(groups['day']),
    hour: hourOf(groups),
    minute: Number(groups['minute']),
    second: Number(groups['second']),
    offset: offsetSeconds(groups['zone']),
    end,
  };
  return isPossible(wall) ? wall : undefined;
}

/** Days in a month; 29 February is possible where the year is not known. */
export function daysIn(month: number, year: number | undefined): number {
  return new Date(Date.UTC(year ?? 2024, month, 0)).getUTCDate();
}

function isPossible(wall: WallTime): boolean {
  return (
    within(wall.month, 1, 12) &&
    within(wall.day, 1, daysIn(wall.month, wall.year)) &&
    within(wall.hour, 0, 23) &&
    within(wall.minute, 0, 59) &&
    within(wall.second, 0, 60)
  );
}

function form(name: string, pattern: string): StampForm {
  // A bracket may stand around any of them: `[2026-11-23 19:43:11]`
  const regex = new RegExp(`\\[?${pattern}\\]?`, 'y');
  return {
    name,
    hasYear: pattern.includes('<year>') || pattern.includes('<epoch>'),
    read(text, start) {
      regex.lastIndex = start;
      const groups = regex.exec(text)?.groups;
      return groups ? wallTime(groups, regex.lastIndex) : undefined;
    },
  };
}

export const STAMP_FORMS: readonly StampForm[] = PATTERNS.map(([name, pattern]) => form(name, pattern));

/**
 * The form that most of these lines begin with, undefined when none begins with a stamp. A sample of some hundred lines
 * tells `11/23/26` from `23/11/26`; of forms that read equally many, the earlier in the list is taken.
 */
export function recogniseStamp(lines: readonly string[]): StampForm | undefined {
  let best: StampForm | undefined;
  let most = 0;
  for (const candidate of STAMP_FORMS) {
    const read = lines.reduce((n, line) => n + (candidate.read(line, 0) ? 1 : 0), 0);
    if (read > most) [best, most] = [candidate, read];
  }
  return best;
}
