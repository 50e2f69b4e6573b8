/** What may stand behind a stamp, so that it is still all that stands before what the server says. */

/**
 * What may stand between the end of a stamp and what the server puts behind it: the name of a zone or of a day that says no
 * more than is known, and marks that part them.
 */
const BEHIND = /^(?:[ _,]{0,2}[(]?[A-Z][A-Za-z]{1,8}[)]?)?[-\s:,;|.\])}>"']*$/;

/** Whether a stamp that ends at `stampEnd` is all that stands before `end`. */
export function isAllOf(text: string, stampEnd: number, end: number): boolean {
  return stampEnd === end || (stampEnd < end && end - stampEnd < 16 && BEHIND.test(text.slice(stampEnd, end)));
}
