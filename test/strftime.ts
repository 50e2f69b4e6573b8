/** strftime(3) in the C locale, as a server's C library writes the stamps of its log. */

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const SHORT: Record<string, string> = {
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  X: '%H:%M:%S',
  x: '%m/%d/%y',
  D: '%m/%d/%y',
  c: '%a %b %e %H:%M:%S %Y',
};

const formats = new Map<string, Intl.DateTimeFormat>();

/** The wall time of a zone, as if it were UTC. */
function wallOf(at: number, zone: string): Date {
  let format = formats.get(zone);
  if (!format) {
    const two = '2-digit';
    const parts = { year: 'numeric', month: two, day: two, hour: two, minute: two, second: two } as const;
    formats.set(zone, (format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, hourCycle: 'h23', ...parts })));
  }
  return new Date(`${format.format(at * 1000).replace(' ', 'T')}Z`);
}

const pad = (value: number, width = 2, by = '0'): string => String(value).padStart(width, by);

/** `at`: unix seconds. `%Z` is known of UTC only. */
export function strftime(format: string, at: number, zone: string): string {
  const wall = wallOf(at, zone);
  const long = format.replaceAll(/%([FTXxDc])/g, (_, name: string) => SHORT[name] ?? '');
  return long.replaceAll(/%(.)/g, (_, name: string) => directive(name, wall, at));
}

function directive(name: string, wall: Date, at: number): string {
  const [year, month, day, hour] = [wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate(), wall.getUTCHours()];
  const weekday = wall.getUTCDay();
  const half = hour % 12 === 0 ? 12 : hour % 12;
  const values: Record<string, () => string> = {
    Y: () => String(year),
    y: () => pad(year % 100),
    m: () => pad(month + 1),
    d: () => pad(day),
    e: () => pad(day, 2, ' '),
    b: () => (MONTHS[month] ?? '').slice(0, 3),
    B: () => MONTHS[month] ?? '',
    a: () => (WEEKDAYS[weekday] ?? '').slice(0, 3),
    A: () => WEEKDAYS[weekday] ?? '',
    H: () => pad(hour),
    k: () => pad(hour, 2, ' '),
    I: () => pad(half),
    M: () => pad(wall.getUTCMinutes()),
    S: () => pad(wall.getUTCSeconds()),
    p: () => (hour < 12 ? 'AM' : 'PM'),
    s: () => String(at),
    j: () => pad((Date.UTC(year, month, day) - Date.UTC(year, 0, 0)) / 86_400_000, 3),
    u: () => String(weekday === 0 ? 7 : weekday),
    G: () => String(thursday(wall).getUTCFullYear()),
    V: () =>
      pad(1 + Math.floor((thursday(wall).getTime() - Date.UTC(thursday(wall).getUTCFullYear(), 0, 1)) / 604_800_000)),
    z: () => offset(Math.round((wall.getTime() / 1000 - at) / 60)),
    Z: () => 'UTC',
    '%': () => '%',
  };
  const write = values[name];
  if (!write) throw new Error(`no directive %${name}`);
  return write();
}

/** Of the week, which says of which year ISO counts it. */
function thursday(wall: Date): Date {
  return new Date(wall.getTime() + (4 - (wall.getUTCDay() === 0 ? 7 : wall.getUTCDay())) * 86_400_000);
}

function offset(minutes: number): string {
  const absolute = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(absolute / 60))}${pad(absolute % 60)}`;
}
