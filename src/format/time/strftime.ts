/** `timestamps` in `[[log]]`: a format of strftime(3), which says how the stamps of a log are to be read. */
import { FRACTION, HALF, NAME, WEEKDAY, YEAR } from './stamp-patterns.ts';
import { stampForm, type StampForm } from './stamp-form.ts';

const DAY = '(?<day>[ 0-3]?\\d)';
const HOUR = '(?<hour>[ 0-2]?\\d)';
const MINUTE = '(?<minute>[0-5]\\d)';
const SECOND = '(?<second>[0-6]?\\d)';
const MONTH = '(?<month>[ 01]?\\d)';
const YY = '(?<year>\\d\\d)';
const week = (name: string): string => `(?<${name}>[0-5]?\\d)`;

/** What a directive writes. Those that stand for several others are resolved before. */
const DIRECTIVES: Readonly<Record<string, string>> = {
  ...{ a: WEEKDAY, A: WEEKDAY, b: NAME, B: NAME, h: NAME, C: '(?<century>\\d\\d)' },
  ...{ d: DAY, e: DAY, f: '\\d{1,9}', g: YY, G: YEAR, H: HOUR, I: HOUR, j: '(?<yday>[0-3]?\\d?\\d)', k: HOUR, l: HOUR },
  ...{
    L: '\\d{3}',
    m: MONTH,
    M: MINUTE,
    N: '\\d{1,9}',
    p: HALF,
    P: HALF,
    s: '(?<epoch>\\d{9,10})',
    S: `${SECOND}${FRACTION}`,
  },
  ...{
    u: '(?<wday>[1-7])',
    w: '(?<wday>[0-6])',
    V: week('week'),
    U: week('sundays'),
    W: week('mondays'),
    y: YY,
    Y: YEAR,
  },
  ...{
    z: '(?<zone>[+-]\\d\\d(?::?\\d\\d)?|Z)',
    Z: '(?:(?<zone>UTC|GMT|[+-]\\d\\d(?:\\d\\d)?)|(?<abbreviation>[A-Za-z]{2,6}))',
  },
  '%': '%',
};
const SHORT: Readonly<Record<string, string>> = {
  ...{ c: '%a %b %e %H:%M:%S %Y', D: '%m/%d/%y', F: '%Y-%m-%d', r: '%I:%M:%S %p', R: '%H:%M', T: '%H:%M:%S' },
  ...{ x: '%m/%d/%y', X: '%H:%M:%S' },
};
/** A flag or an alternative form changes the padding and the case, and in the C locale nothing. */
const DIRECTIVE = /%[-_0^#EO]?([A-Za-z%])/g;

/** Undefined for what is no format, or does not say day, hour and minute. */
export function strftimeForm(format: string): StampForm | undefined {
  // What separates a stamp from the rest of its line is no part of it.
  const long = format.trim().replaceAll(DIRECTIVE, (directive, name: string) => SHORT[name] ?? directive);
  if (/[\t\n]|%[nt]/.test(long)) return undefined;
  const found = new Set<string>();
  let source = '';
  let at = 0;
  for (const { 0: directive, 1: name = '', index } of long.matchAll(DIRECTIVE)) {
    const pattern = DIRECTIVES[name];
    if (pattern === undefined) return undefined;
    source += `${literal(long.slice(at, index))}${once(pattern, found)}`;
    at = index + directive.length;
  }
  source += literal(long.slice(at));
  const isHalf = /%[-_0^#EO]?[Il]/.test(long) && !found.has('half');
  return determines(found) && !isHalf && !long.slice(at).includes('%')
    ? stampForm({ name: format, source: withBetween(source), head: '', rank: 0 })
    : undefined;
}

/** As in the patterns that are known, so that a second can be told from its minute. */
function withBetween(source: string): string {
  return source.replace(/(\(\?<minute>[^)]*\))([^()]*)(\(\?<second>)/, '$1(?<between>$2)$3');
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** A part that is there twice is read once. */
function once(pattern: string, found: Set<string>): string {
  return pattern.replaceAll(/\(\?<(\w+)>/g, (group, name: string) => {
    if (found.has(name)) return '(?:';
    found.add(name);
    return group;
  });
}

function determines(found: ReadonlySet<string>): boolean {
  if (found.has('epoch')) return true;
  const hasWeekday = found.has('weekday') || found.has('wday');
  const hasWeek = found.has('week') || found.has('sundays') || found.has('mondays');
  const hasDay =
    (found.has('day') && (found.has('month') || found.has('name'))) ||
    (found.has('year') && (found.has('yday') || (hasWeek && hasWeekday)));
  return hasDay && found.has('hour') && found.has('minute');
}
