/** A stamp without a day, which dates nothing by itself: `19:29:20.030`, as lager (lager_console_backend.erl) and OTP write it to a console. */
import type { StampForm } from './stamp-form.ts';

const TIME = /([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:[.,]\d{1,9})?(?= )/y;

/** Of what it reads only the time and where it ends say something. */
export const TIME_OF_DAY: StampForm = {
  name: 'time of day',
  hasYear: false,
  rank: 0,
  isOrdered: false,
  read(text, start) {
    TIME.lastIndex = start;
    const found = TIME.exec(text);
    if (!found) return undefined;
    const [hour, minute, second] = found.slice(1).map(Number) as [number, number, number];
    return { year: undefined, month: 1, day: 1, hour, minute, second, offset: undefined, end: TIME.lastIndex };
  },
};
