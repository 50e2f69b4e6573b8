/** Stamps for envelopes that write the time as a number: `2026-11-23T19:53:21Z`, which a clock reads fast. */

const MINUTE = 60;
/** Of 9999-12-31, unix seconds. */
const LATEST = 253_402_300_799;

let minute = -1;
let text = '';

/** Undefined for no time. `seconds`: whole unix seconds. */
export function timeOf(seconds: number): string | undefined {
  if (!(seconds >= 0 && seconds <= LATEST)) return undefined;
  const second = seconds % MINUTE;
  if (seconds - second !== minute) {
    minute = seconds - second;
    text = new Date(minute * 1000).toISOString().slice(0, 'yyyy-mm-ddThh:mm:'.length);
  }
  return `${text}${second < 10 ? '0' : ''}${second}Z`;
}
