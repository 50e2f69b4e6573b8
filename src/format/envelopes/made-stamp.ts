/** Stamps for envelopes that write the time as a number: `2026-11-23T19:53:21Z`, which a clock reads fast. */
import type { Cut } from './envelope.ts';

const MINUTE = 60;
/** Of 9999-12-31, unix seconds. */
const LATEST = 253_402_300_799;
const TO_MINUTE = 'yyyy-mm-ddThh:mm:'.length;
const ZERO = 48;
const Z = 90;

let minute = -1;
const text = Buffer.alloc(TO_MINUTE);

/** Makes the stamp of a line; false for no time. `seconds`: whole unix seconds. */
export function makeStamp(seconds: number, cut: Cut): boolean {
  if (!(seconds >= 0 && seconds <= LATEST)) return false;
  const second = seconds % MINUTE;
  if (seconds - second !== minute) {
    minute = seconds - second;
    text.write(new Date(minute * 1000).toISOString(), 'latin1');
  }
  const { stamp } = cut;
  for (let i = 0; i < TO_MINUTE; i++) stamp[i] = text[i]!;
  const ones = second % 10;
  stamp[TO_MINUTE] = ZERO + (second - ones) / 10;
  stamp[TO_MINUTE + 1] = ZERO + ones;
  stamp[TO_MINUTE + 2] = Z;
  cut.stampLength = TO_MINUTE + 3;
  return true;
}
