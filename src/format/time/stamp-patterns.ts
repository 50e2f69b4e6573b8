/**
 * How the parts of a stamp look, and the orders in which they are written: what strftime(3) makes of the formats that
 * determine an instant, up to the year and the zone. A pattern is the source of a regular expression; the names of its
 * groups are those that `wall-time.ts` reads.
 */
import { ZONE_NAMES } from './zone-names.ts';

export const NAME =
  '(?<name>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)';
const A_WEEKDAY = '(?:Mon|Tue(?:s)?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?';
export const WEEKDAY = `(?<weekday>${A_WEEKDAY})`;
export const HALF = '(?<half>[AaPp]\\.?[Mm]\\.?)(?!\\w)';
/** Java's `HH:mm:ss:SSS` has a colon before it. */
export const FRACTION = '(?:[.,]\\d{1,9}|:\\d{3}(?!\\d))?';
export const YEAR = '(?<year>19[7-9]\\d|2\\d{3})';
const YY = '(?<year>\\d\\d)';
const MONTH = '(?<month>0[1-9]|1[0-2])';
const DAY = '(?<day>0[1-9]|[12]\\d|3[01])';
/** `%e` pads with a blank, `%-d` not at all. */
const LOOSE_DAY = '(?<day>0[1-9]|[12]\\d|3[01]|[ ]?[1-9])';
const LOOSE_MONTH = '(?<month>0[1-9]|1[0-2]|[ ]?[1-9])';
const YDAY = '(?<yday>[0-3]\\d\\d)';
/** `behind` is what may stand there without seconds. */
const time = (behind: string): string =>
  '(?<hour>[01]\\d|2[0-3]|(?:[ ]|(?<!\\d))\\d(?=\\D))(?<between>[:._ -]?)(?<minute>[0-5]\\d)' +
  `(?:\\k<between>(?<second>[0-5]\\d|60)${FRACTION}|(?<=${behind}))(?!:?\\d)(?:[ _]?${HALF})?`;
/** Four digits alone are a time only behind a whole date, or they might be a year. */
const TIME = time('[:.]\\d\\d|\\d{4}');
const CLEAR_TIME = time('[:.]\\d\\d');
/** `GMT+1` is another zone than GMT. */
const ZONE =
  '(?:[ _]?(?:(?<zone>(?:Z|UTC|GMT)(?![\\w+-])|[+-]\\d\\d(?::?\\d\\d)?(?![\\d:]))' +
  `|(?<abbreviation>${ZONE_NAMES})(?![\\w+-])))?`;
/** A year behind the time would belong to the stamp. */
const NO_YEAR = '(?! [12]\\d{3}(?:[^\\w.-]|$))';
/** Beside the name of a month. */
const GAP = '(?:[-/._]|,?[ ]{1,2})';
/** Between numbers: the same at both places. */
const ANY_GAP = '(?<gap>[-/._ ])';
const NO_DOT = '(?<gap>[-/_ ])';
const DOT = '(?<gap>[.])';
/** Between date and time, perhaps with a weekday. */
const JOIN = `(?:[-T_@:;,|/. ]{1,3}|[ ]at[ ])(?:[(]?${A_WEEKDAY}[)]?[-_,; ]{1,2})?`;
const LEADING_WEEKDAY = `(?:${WEEKDAY}[-_.,;/ ]{1,2})?`;
/** `when=` is MongooseIM's; Tigase colours its stamps, also in a file. */
const OPEN = '(?:when=|(?:\\x1b\\[[\\d;]{0,8}m)?[\\[(<{"\'|])?';
const CLOSE = '[\\])>}"\'|]?';

export interface Pattern {
  readonly name: string;
  readonly source: string;
  /** What such a stamp begins with: where that is not found there is no need to look for the whole. */
  readonly head: string;
  /** Behind a bracket and the day of the week comes a digit, or a blank before one. */
  readonly isNumeric?: boolean;
  /**
   * Of two that read the same stamps as other times, and where nothing tells which is right, the lower rank is. Equal ranks
   * leave it open.
   */
  readonly rank: number;
  /** Those of one family are written with the same digits and marks, in other orders. */
  readonly family?: string | undefined;
}

/** A family. */
export const YEAR_FIRST = 'year first';

/** Day and month alone: what follows behind the same mark would be the year. */
const NO_THIRD = '(?!\\k<gap>)';

interface DatePattern {
  readonly name: string;
  readonly date: string;
  readonly rank?: number;
  readonly family?: string;
  readonly hasYear?: boolean;
  /** Nothing need stand between such a date and the time. */
  readonly isCompact?: boolean;
}

const numbers = (gap: string, ...[first, ...rest]: readonly string[]): string =>
  `${first}${rest.map((part, i) => `${i === 0 ? gap : '\\k<gap>'}${part}`).join('')}`;

/** Where dots stand the day comes first; slashes are written in both orders; a year of four digits in front is ISO's. */
const DATES: readonly DatePattern[] = [
  // Prosody's default, `%b %d %H:%M:%S`, and syslog's, which pads the day with a blank: `Nov 03 06:22:40`
  { name: 'month day', date: `${NAME}${GAP}?${LOOSE_DAY}(?![-/.])`, hasYear: false },
  // `%Y-%m-%dT%H:%M:%S%z`, `%F %T`, RFC 3339: `2026-11-23T19:43:11.590361+00:00`
  { name: 'year-month-day', family: YEAR_FIRST, date: numbers(ANY_GAP, YEAR, LOOSE_MONTH, LOOSE_DAY) },
  { name: 'year-day-month', family: YEAR_FIRST, date: numbers(ANY_GAP, YEAR, DAY, MONTH), rank: 1 },
  { name: 'yearmonthday', date: `${YEAR}${MONTH}${DAY}`, isCompact: true },
  // `%b %d %Y %H:%M:%S`
  { name: 'month day year', date: `${NAME}${GAP}?${LOOSE_DAY}${GAP}${YEAR}` },
  // `%d %b %Y %H:%M:%S`, `%d/%b/%Y:%H:%M:%S %z`, RFC 2822: `23 Nov 2026 19:49:02`
  { name: 'day month year', date: `${LOOSE_DAY}${GAP}?${NAME}${GAP}?${YEAR}` },
  { name: 'year month day', date: `${YEAR}${GAP}?${NAME}${GAP}?${LOOSE_DAY}` },
  { name: 'day month', date: `${LOOSE_DAY}${GAP}?${NAME}(?![-/.])`, hasYear: false },
  { name: 'month day yy', date: `${NAME}${GAP}?${LOOSE_DAY}${GAP}${YY}` },
  { name: 'day month yy', family: 'name', date: `${LOOSE_DAY}${GAP}?${NAME}${GAP}?${YY}` },
  { name: 'yy month day', family: 'name', date: `${YY}${GAP}?${NAME}${GAP}?${LOOSE_DAY}`, rank: 1 },
  { name: 'day/month/year', family: 'year last', date: numbers(ANY_GAP, LOOSE_DAY, LOOSE_MONTH, YEAR) },
  { name: 'month/day/year', family: 'year last', date: numbers(NO_DOT, LOOSE_MONTH, LOOSE_DAY, YEAR) },
  { name: 'month.day.year', family: 'year last', date: numbers(DOT, LOOSE_MONTH, LOOSE_DAY, YEAR), rank: 1 },
  { name: 'daymonthyear', family: 'eight digits', date: `${DAY}${MONTH}${YEAR}`, isCompact: true },
  { name: 'monthdayyear', family: 'eight digits', date: `${MONTH}${DAY}${YEAR}`, isCompact: true },
  // `%D %T` and `%x %X` in the C locale: `11/23/26 19:49:02`
  { name: 'month/day/yy', family: 'yy', date: numbers(NO_DOT, LOOSE_MONTH, LOOSE_DAY, YY) },
  { name: 'day/month/yy', family: 'yy', date: numbers(ANY_GAP, LOOSE_DAY, LOOSE_MONTH, YY) },
  { name: 'yy/month/day', family: 'yy', date: numbers(NO_DOT, YY, LOOSE_MONTH, LOOSE_DAY) },
  { name: 'month.day.yy', family: 'yy', date: numbers(DOT, LOOSE_MONTH, LOOSE_DAY, YY), rank: 1 },
  { name: 'yy.month.day', family: 'yy', date: numbers(DOT, YY, LOOSE_MONTH, LOOSE_DAY), rank: 1 },
  { name: 'yy/day/month', family: 'yy', date: numbers(ANY_GAP, YY, DAY, MONTH), rank: 2 },
  { name: 'yymonthday', family: 'six digits', date: `${YY}${MONTH}${DAY}`, isCompact: true, rank: 1 },
  { name: 'daymonthyy', family: 'six digits', date: `${DAY}${MONTH}${YY}`, isCompact: true, rank: 2 },
  { name: 'monthdayyy', family: 'six digits', date: `${MONTH}${DAY}${YY}`, isCompact: true, rank: 2 },
  {
    name: 'month/day',
    family: 'no year',
    date: `${numbers(NO_DOT, LOOSE_MONTH, LOOSE_DAY)}${NO_THIRD}`,
    hasYear: false,
  },
  {
    name: 'day/month',
    family: 'no year',
    date: `${numbers(ANY_GAP, LOOSE_DAY, LOOSE_MONTH)}${NO_THIRD}`,
    hasYear: false,
  },
  {
    name: 'month.day',
    family: 'no year',
    date: `${numbers(DOT, LOOSE_MONTH, LOOSE_DAY)}${NO_THIRD}`,
    hasYear: false,
    rank: 1,
  },
  // `%Y-%j`, `%Y%j`, `%y%j`
  { name: 'year-yday', date: `${YEAR}[-/._ ]?${YDAY}`, isCompact: true },
  { name: 'yy-yday', date: `${YY}[-/._]?${YDAY}`, isCompact: true, rank: 1 },
  // `%G-W%V-%u`
  { name: 'year-week', date: `${YEAR}[-_ ]?W(?<week>[0-5]\\d)[-_ ]?(?<wday>[1-7])` },
];

function ordersOf({ name, date, rank = 0, family, hasYear = true, isCompact = false }: DatePattern): Pattern[] {
  const join = isCompact ? `(?:${JOIN}|(?=\\d{4}))` : JOIN;
  const last = `(?!\\d)`;
  const undated = hasYear ? '' : NO_YEAR;
  const dateFirst = `${LEADING_WEEKDAY}${date}`;
  const timeFirst = `${LEADING_WEEKDAY}${CLEAR_TIME}`;
  const orders: [name: string, head: string, rest: string, after?: number][] = [
    [`${name} time`, dateFirst, `${join}${hasYear ? TIME : CLEAR_TIME}${ZONE}${undated}`],
    [`time ${name}`, timeFirst, `${JOIN}${date}${last}${ZONE}${undated}`],
    [`time zone ${name}`, timeFirst, `${ZONE}${JOIN}${date}${last}${undated}`],
  ];
  // `%c` in the C locale, as ctime(3) and date(1): `Mon Nov 23 19:49:02 2026`
  if (!hasYear)
    orders.push(
      [`${name} time year`, dateFirst, `${join}${CLEAR_TIME}${ZONE}[ ]${YEAR}${last}`],
      // Without a zone they are the same, and one of them is enough.
      [`${name} time year zone`, dateFirst, `${join}${CLEAR_TIME}[ ]${YEAR}${last}${ZONE}`, 1],
    );
  return orders.map(([order, begin, rest, after = 0]) => {
    const head = `${OPEN}${begin}`;
    // 230807 18.01.00 is rather a date and a time than a time and a date.
    const behind = begin === timeFirst ? 1 : 0;
    const isNumeric = behind === 1 || !date.startsWith(NAME);
    return { name: order, head, isNumeric, source: `${head}${rest}${CLOSE}`, rank: rank + behind + after, family };
  });
}

const EPOCH = `${OPEN}@?(?<epoch>[12]\\d{9})`;
const TAI = '@(?<tai>[4-7][0-9a-f]{15})';

/** Most likely first. */
export const PATTERNS: readonly Pattern[] = [
  ...DATES.flatMap(ordersOf),
  // `%s`, `@%s`, and milliseconds
  { name: 'unix seconds', head: EPOCH, source: `${EPOCH}(?:\\d{3})?(?:[.,]\\d{1,9})?(?!\\d)${CLOSE}`, rank: 0 },
  // multilog, svlogd -t, s6-log
  { name: 'TAI64N', head: TAI, source: `${TAI}(?:[0-9a-f]{8}){0,2}(?![0-9a-f])`, rank: 0 },
];
