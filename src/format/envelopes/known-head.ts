/**
 * Heads of lines that have been taken apart by their pattern. A head is nearly always that of a line before but for the digits of its
 * stamp, so it is compared with those byte by byte: here, and in compiled/text-heads.ts.
 */
import { FOREIGN, WHOLE, type Cut, type Kind, type KnownHead, type StampLayout } from './envelope.ts';
import { makeStamp } from './made-stamp.ts';

const ZERO = 48;
const NINE = 57;
const A = 97;
const F = 102;

/** What the line is, whose head is the known one; undefined where it is another. */
export function take(bytes: Buffer, from: number, end: number, head: KnownHead, cut: Cut): Kind | undefined {
  const body = follow(bytes, from, head, cut);
  if (body === 0) return undefined;
  const { number } = head.layout;
  if (number && !makeStamp(secondsOf(cut, number), cut)) return FOREIGN;
  cut.severity = head.severity;
  cut.stream = head.stream;
  cut.program = head.program;
  cut.text = bytes;
  cut.from = body;
  cut.to = Math.max(body, end);
  return head.kind;
}

/** Whether lines of it may be taken without the definition where `program` is the server's: others are none of its. */
export const isUsual = ({ kind, program }: KnownHead, own: string): boolean => kind === WHOLE || program !== own;

/** 1 for each byte of the stamp that is a digit. */
export const digitsIn = (stamped: Buffer, stampFrom: number, layout: StampLayout): number[] =>
  [...stamped].map((byte, i) => Number(i >= stampFrom && digitsOf(layout)(byte)));

/** Whether it may go on where the body seems to begin. */
export const mayGoOn = (byte: number, { longer }: StampLayout): boolean => longer?.includes(byte) === true;

/** Where the body begins behind a head like the one known; 0 where it is another one. Notes the stamp. */
function follow(bytes: Buffer, from: number, head: KnownHead, cut: Cut): number {
  const { stamped, stampFrom, rest, zone, layout } = head;
  const { stamp } = cut;
  const isDigit = digitsOf(layout);
  let length = 0;
  for (let i = 0; i < stamped.length; i++) {
    const byte = bytes[from + i]!;
    const known = stamped[i]!;
    if (byte !== known && !(i >= stampFrom && isDigit(known) && isDigit(byte))) return 0;
    if (i >= stampFrom) stamp[length++] = byte;
  }
  const at = behindFraction(bytes, from + stamped.length, layout);
  if (at === 0) return 0;
  for (let i = 0; i < rest.length; i++) if (bytes[at + i] !== rest[i]) return 0;
  for (let i = 0; i < zone.length; i++) stamp[length++] = zone[i]!;
  cut.stampLength = length;
  return at + rest.length;
}

/** 0 where it is none of those that the form has. */
function behindFraction(bytes: Buffer, from: number, layout: StampLayout): number {
  const { fraction } = layout;
  if (!fraction) return from;
  const isDigit = digitsOf(layout);
  const isMarked = fraction.marks.includes(bytes[from]!);
  const first = isMarked ? from + 1 : from;
  let at = first;
  while (isDigit(bytes[at]!)) at++;
  return fraction.digits.includes(at - first) && (at > first || !isMarked) ? at : 0;
}

function secondsOf({ stamp, stampLength }: Cut, { base, ahead }: NonNullable<StampLayout['number']>): number {
  let seconds = 0;
  for (let i = 0; i < stampLength; i++) seconds = seconds * base + stamp[i]! - (stamp[i]! > NINE ? A - 10 : ZERO);
  return seconds - ahead;
}

const digitsOf = ({ number }: StampLayout): ((byte: number) => boolean) =>
  number?.base === 16 ? isHexDigit : isDecimal;
const isDecimal = (byte: number): boolean => byte >= ZERO && byte <= NINE;
const isHexDigit = (byte: number): boolean => isDecimal(byte) || (byte >= A && byte <= F);
