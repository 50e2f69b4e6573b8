/** How servers write the time of a line: zones by the rules of the system's own time zone data, and forms as of strftime. */

const formatters = new Map<string, Intl.DateTimeFormat>();
/** By zone and quarter of an hour: offsets change at none but whole quarters. */
const offsets = new Map<string, Map<number, number>>();

/** Seconds east of UTC. */
function offsetAt(zone: string, at: number): number {
  const quarter = Math.floor(at / 900);
  const ofZone = offsets.get(zone) ?? new Map<number, number>();
  const known = ofZone.get(quarter);
  if (known !== undefined) return known;
  const parts = new Map(
    formatterOf(zone)
      .formatToParts(quarter * 900_000)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  const offset = wall / 1000 - quarter * 900;
  offsets.set(zone, ofZone.set(quarter, offset));
  return offset;
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  formatters.set(zone, made);
  return made;
}

/** The clock on the wall as a Date whose UTC fields show it. */
export const wallOf = (at: number, zone: string): Date => new Date((at + offsetAt(zone, at)) * 1000);

/** Whether a clock in the zone has shown this time before: of the first line of a log nobody can tell. */
export const isShownAgain = (at: number, zone: string): boolean =>
  [1800, 3600].some((seconds) => wallOf(at - seconds, zone).getTime() === wallOf(at, zone).getTime());

/** Whether clocks are set back in a zone between two instants, so that an hour repeats there. */
export function hasRepeatedHour(zone: string, from: number, until: number): boolean {
  for (let at = from; at <= until; at += 86_400) if (offsetAt(zone, at + 86_400) < offsetAt(zone, at)) return true;
  return false;
}

const two = (n: number): string => String(n).padStart(2, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

function zoneText(at: number, zone: string, colon: string): string {
  const minutes = Math.round(Math.abs(offsetAt(zone, at)) / 60);
  return `${offsetAt(zone, at) < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${colon}${two(minutes % 60)}`;
}

type Field = (wall: Date, at: number, zone: string) => string;
/** The conversions of strftime(3) in the C locale, and `%:z`. */
const FIELDS: Readonly<Record<string, Field>> = {
  Y: (w) => String(w.getUTCFullYear()),
  y: (w) => two(w.getUTCFullYear() % 100),
  m: (w) => two(w.getUTCMonth() + 1),
  b: (w) => MONTHS[w.getUTCMonth()] ?? '',
  d: (w) => two(w.getUTCDate()),
  e: (w) => String(w.getUTCDate()).padStart(2, ' '),
  a: (w) => DAYS[w.getUTCDay()] ?? '',
  H: (w) => two(w.getUTCHours()),
  I: (w) => two(w.getUTCHours() % 12 || 12),
  p: (w) => (w.getUTCHours() < 12 ? 'AM' : 'PM'),
  M: (w) => two(w.getUTCMinutes()),
  S: (w) => two(w.getUTCSeconds()),
  s: (_w, at) => String(at),
  z: (_w, at, zone) => zoneText(at, zone, ''),
  Z: (_w, at, zone) => zoneText(at, zone, ':'),
};

export interface Form {
  /** As in `timestamps = "..."`; `%Z` stands for the zone with a colon. */
  readonly format: string;
  readonly hasYear: boolean;
  readonly hasZone: boolean;
}

type Part = string | Field;
const partsOf = new Map<string, readonly Part[]>();

export function stampOf(format: string, at: number, zone: string): string {
  const parts =
    partsOf.get(format) ?? format.split(/%([A-Za-z])/).map((part, i) => (i % 2 === 0 ? part : (FIELDS[part] ?? '')));
  partsOf.set(format, parts);
  const wall = wallOf(at, zone);
  return parts.map((part) => (typeof part === 'string' ? part : part(wall, at, zone))).join('');
}

/** Forms as administrators set them; the number is how likely. */
export const FORMS: readonly (readonly [string, number])[] = [
  ['%b %d %H:%M:%S', 40],
  ['%b %e %H:%M:%S', 4],
  ['%a %d %b %H:%M:%S', 2],
  ['%Y-%m-%dT%H:%M:%S%z', 4],
  ['%Y-%m-%dT%H:%M:%S.123456%Z', 3],
  ['%Y-%m-%d %H:%M:%S', 4],
  ['[%Y-%m-%d %H:%M:%S]', 2],
  ['%a %b %e %H:%M:%S %Y', 2],
  ['%b %d %Y %H:%M:%S', 1],
  ['%d %b %Y %H:%M:%S %z', 2],
  ['%d/%b/%Y:%H:%M:%S %z', 2],
  ['%Y/%m/%d %H:%M:%S', 1],
  ['%d.%m.%Y %H:%M:%S', 1],
  ['%Y%m%dT%H%M%S', 1],
  ['%Y-%m-%d %I:%M:%S %p', 1],
  ['%s', 2],
];

export const formOf = (format: string): Form => ({
  format,
  hasYear: /%[Yys]/.test(format),
  hasZone: /%[zZs]/.test(format),
});

export const ZONES = [
  ...['UTC', 'UTC', 'Europe/Berlin', 'Europe/London', 'America/New_York', 'America/St_Johns', 'Asia/Kolkata'],
  ...['Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Auckland', 'America/Santiago', 'Pacific/Chatham', 'Asia/Tokyo'],
  ...['America/Los_Angeles', 'Africa/Cairo'],
] as const;
