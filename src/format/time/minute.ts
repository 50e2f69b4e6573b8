/** The minute of the stamp that was read last: the next one mostly differs from it in its seconds only, and need not be read. */
import type { WallTime } from './stamp-form.ts';

const ZERO = 48;
/** Of a second, behind it; it makes no other instant. */
const FRACTION = /^(?:[.,](?<digits>\d{1,9})|:(?<thousandths>\d{3}))(?!\d)/;

/** How many digits of a fraction of the second stand behind it. */
export function fractionOf(behind: string): number {
  const { digits, thousandths } = FRACTION.exec(behind)?.groups ?? {};
  return (digits ?? thousandths ?? '').length;
}

/**
 * The stamp read last, without its seconds and their fraction, and the instant at which its minute begins: most stamps differ
 * from the one before in their seconds only, and need no reading.
 */
export interface Minute {
  readonly before: string;
  /** What stands before the digits of the fraction, and how many they are; nothing and 0 where there is none. */
  readonly point: string;
  readonly digits: number;
  readonly behind: string;
  readonly at: number;
}

export function minuteOf(
  text: string,
  start: number,
  end: number,
  { second, secondAt }: WallTime,
  at: number,
): Minute | undefined {
  if (secondAt === undefined) return undefined;
  const rest = text.slice(secondAt + 2, end);
  const digits = fractionOf(rest);
  const point = digits > 0 ? (rest[0] ?? '') : '';
  const behind = rest.slice(point.length + digits);
  return { before: text.slice(start, secondAt), point, digits, behind, at: at - second };
}

export const lengthOf = ({ before, point, digits, behind }: Minute): number =>
  before.length + 2 + point.length + digits + behind.length;

/** The second of a stamp that lies in that minute, 0..59. */
export function secondOf({ before, point, digits, behind }: Minute, text: string, start: number): number | undefined {
  const at = start + before.length;
  if (!text.startsWith(before, start)) return undefined;
  const fraction = at + 2 + point.length;
  if (digits > 0 && !(text.startsWith(point, at + 2) && areDigits(text, fraction, digits))) return undefined;
  if (behind !== '' && !text.startsWith(behind, fraction + digits)) return undefined;
  const [tens, ones] = [text.charCodeAt(at) - ZERO, text.charCodeAt(at + 1) - ZERO];
  return tens >= 0 && tens < 6 && ones >= 0 && ones < 10 ? tens * 10 + ones : undefined;
}

/** So many digits, and no more. */
function areDigits(text: string, from: number, count: number): boolean {
  for (let i = from; i < from + count; i++) if (!isDigit(text.charCodeAt(i))) return false;
  return !isDigit(text.charCodeAt(from + count));
}

const isDigit = (code: number): boolean => code >= ZERO && code < ZERO + 10;
