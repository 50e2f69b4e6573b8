/**
 * Stamps at the head of a line: which form they have, and the wall time they show. Whatever a server's strftime setting,
 * or a relay such as syslog, is likely to put there. A stamp shows less than an instant: the year, the zone and the half
 * of a repeated hour may be missing; `clock.ts` supplies those. Some stamps fit two forms; `stamp-choice.ts` decides.
 */
import { PATTERNS, type Pattern } from './stamp-patterns.ts';
import { wallTime, type WallTime } from './wall-time.ts';

export { daysIn, type WallTime } from './wall-time.ts';

export interface StampForm {
  readonly name: string;
  readonly hasYear: boolean;
  /** See `Pattern`. */
  readonly rank: number;
  readonly family?: string | undefined;
  /** What is in front of the minute tells day and hour, too. */
  readonly isOrdered: boolean;
  /** Reads the stamp that begins at `start` of `text`, undefined when there is none of this form. */
  read(text: string, start: number): WallTime | undefined;
}

/** Regular expressions that forms share, made when they are needed: there are many, and a log needs one or two. */
const heads = new Map<string, RegExp>();

function begins(head: string, text: string, start: number): boolean {
  let regex = heads.get(head);
  if (!regex) heads.set(head, (regex = new RegExp(head, 'y')));
  regex.lastIndex = start;
  return regex.test(text);
}

/** Where a month or another word stands a stamp of digits does not begin; and to see that takes no regular expression that is made for it. */
const WORD = /(?!Mon|Tue|Wed|Thu|Fri|Sat|Sun)[A-Z]/y;

function isWord(text: string, start: number): boolean {
  WORD.lastIndex = start;
  return WORD.test(text);
}

export function stampForm({ name, source, head, isNumeric = false, rank, family }: Pattern): StampForm {
  const minute = source.indexOf('(?<minute>');
  let regex: RegExp | undefined;
  return {
    name,
    rank,
    family,
    hasYear: /<(?:year|epoch|tai)>/.test(source),
    isOrdered: !/<(?:name|month|day|yday|week|wday|hour)>/.test(source.slice(minute)),
    read(text, start) {
      if (!regex && ((isNumeric && isWord(text, start)) || !begins(head, text, start))) return undefined;
      regex ??= new RegExp(withPlaces(source, minute), 'y');
      regex.lastIndex = start;
      const groups = regex.exec(text)?.groups;
      return groups && wallTime(groups, start, regex.lastIndex);
    },
  };
}

/** What is before the minute is captured, too, so that its length tells where that is. */
function withPlaces(source: string, minute: number): string {
  return minute < 0 ? source : `(?<before>${source.slice(0, minute)})${source.slice(minute)}`;
}

export const STAMP_FORMS: readonly StampForm[] = PATTERNS.map(stampForm);
