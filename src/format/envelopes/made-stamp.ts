/** Stamps for envelopes that write the time as a number: `2026-11-23T19:53:21Z`, which a clock reads fast. */
import type { Cut } from './envelope.ts';

const MINUTE = 60;
const HOUR = 3600;
/** Of 9999-12-31, unix seconds. */
const LATEST = 253_402_300_799;
const TO_HOUR = 'yyyy-mm-ddThh:'.length;
const ZERO = 48;
const COLON = 58;
const Z = 90;

let hour = -1;
const text = Buffer.alloc(TO_HOUR);

/** Makes the stamp of a line; false for no time. `seconds`: whole unix seconds. */
export function makeStamp(seconds: number, cut: Cut): boolean {
  if (!(seconds >= 0 && seconds <= LATEST)) return false;
  const inHour = seconds % HOUR;
  if (seconds - inHour !== hour) {
    hour = seconds - inHour;
    text.write(new Date(hour * 1000).toISOString(), 'latin1');
  }
  const { stamp } = cut;
  for (let i = 0; i < TO_HOUR; i++) stamp[i] = text[i]!;
  const second = inHour % MINUTE;
  writeTwo(stamp, TO_HOUR, (inHour - second) / MINUTE);
  stamp[TO_HOUR + 2] = COLON;
  writeTwo(stamp, TO_HOUR + 3, second);
  stamp[TO_HOUR + 5] = Z;
  cut.stampLength = TO_HOUR + 6;
  return true;
}

/** A number of two digits. */
function writeTwo(into: Buffer, at: number, number: number): void {
  const ones = number % 10;
  into[at] = ZERO + (number - ones) / 10;
  into[at + 1] = ZERO + ones;
}
