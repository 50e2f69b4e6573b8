/** Stamps beside each other, whatever their zones: those that a server or an envelope writes, up to the second. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TO_A_SECOND = new RegExp(
  String.raw`^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?(?:(\d{4})-(\d\d)-|([A-Z][a-z]{2}) )([ \d]\d)[ T_](\d\d):(\d\d):(\d\d)`,
);
/** Of those without a year, which have 29 February: so long, in seconds. */
const LEAP_YEAR = '2000';
const YEAR = 366 * 86_400;

/** Seconds from one stamp to another; NaN where one is none or they are of two forms. */
export function secondsBetween(from: string, to: string): number {
  const [a, b] = [TO_A_SECOND.exec(from), TO_A_SECOND.exec(to)];
  const hasYear = a?.[1] !== undefined;
  if (!a || !b || hasYear !== (b[1] !== undefined)) return NaN;
  const seconds = secondsOf(b) - secondsOf(a);
  return hasYear ? seconds : seconds - Math.round(seconds / YEAR) * YEAR;
}

function secondsOf([, year = LEAP_YEAR, month, name = '', ...rest]: readonly (string | undefined)[]): number {
  const [day, hour, minute, second] = rest.map(Number);
  const index = month === undefined ? MONTHS.indexOf(name) : Number(month) - 1;
  return Date.UTC(Number(year), index, day, hour, minute, second) / 1000;
}
