/** Instants and spans as people type and read them. */
import { zoneInstants } from '../format/time/clock.ts';

const UNIX = /^-?\d{1,12}$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$/;
const ZONED = /(?:Z|[+-]\d\d:?\d\d)$/;
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/**
 * Unix seconds of a TIME: unix seconds or ISO 8601, in `timezone` (by default the machine's) when it names none; a date is its
 * midnight. Undefined when it is neither.
 */
export function parseInstant(text: string, timezone?: string): number | undefined {
  if (UNIX.test(text)) return Number(text);
  const iso = DAY.test(text) ? `${text}T00:00` : text.replace(' ', 'T');
  if (!ISO.test(iso) || !isDay(iso)) return undefined;
  if (timezone === undefined || ZONED.test(iso)) return secondsOf(iso);
  const wall = secondsOf(`${iso}Z`);
  return wall === undefined ? undefined : zoneInstants(timezone)(wall)[0];
}

function secondsOf(iso: string): number | undefined {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? undefined : Math.floor(at / 1000);
}

/** Date.parse takes 30 February for 2 March. */
function isDay(iso: string): boolean {
  const [year = 0, month = 0, day = 0] = iso.slice(0, 10).split('-').map(Number);
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Seconds of `90`, `30m`, `1h`, `1d`, `1w`; undefined when it is none of these, or 0. */
export function parseSpan(text: string): number | undefined {
  const [, digits = '', unit = 's'] = /^(\d{1,9})([smhdw])?$/.exec(text) ?? [];
  const seconds = Number(digits) * (SECONDS[unit] ?? 0);
  return seconds > 0 ? seconds : undefined;
}

/** ISO 8601 with the offset of the machine's zone: `2026-03-02T02:00:00+01:00`. */
export function localIso(seconds: number): string {
  const minutes = -new Date(seconds * 1000).getTimezoneOffset();
  const wall = new Date((seconds + minutes * 60) * 1000).toISOString().slice(0, 19);
  const offset = new Date(Math.abs(minutes) * 60_000).toISOString().slice(11, 16);
  return `${wall}${minutes < 0 ? '-' : '+'}${offset}`;
}

/** `2026-03-02 01:00` in a zone. */
export function showTime(at: number, timezone: string): string {
  return showSecond(at, timezone).slice(0, 16);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** `2026-03-02 01:00:27` in a zone. */
export function showSecond(at: number, timezone: string): string {
  // To make one costs a hundred times what it costs to use it.
  let format = formats.get(timezone);
  if (!format) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' });
    formats.set(timezone, format);
  }
  return format.format(at * 1000);
}
