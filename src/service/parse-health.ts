/**
 * How well the lines of a followed log are understood. A server whose wording or whose clock changed must not look like one
 * that its users leave: it is told once, and again only when it has been better meanwhile.
 */
import { forgeryWarning, quotedWarning } from '../format/dialects/forgeable.ts';
import type { Rival } from '../format/form-change.ts';
import type { Wrapped } from '../format/log-format.ts';
import type { LineCounts } from '../format/line-decoder.ts';
import { sumCounts } from './log-reader.ts';

export interface Told {
  readonly path: string;
  readonly server: string | undefined;
  /** Of the server. */
  readonly version: string | undefined;
  readonly wrapped?: Wrapped | undefined;
  readonly counts: Readonly<LineCounts>;
  readonly rival?: Rival | undefined;
  /** Lines that wait for those that come next. */
  readonly waiting?: number;
}

type Warning = 'forgeable' | 'rival' | 'waiting' | 'quoted' | 'foreign' | 'rejected' | 'eventless';

const DAY = 86_400;
/** Lines below which a share of them says nothing. */
const ENOUGH_LINES = 20;
/** Events that were not believed, likewise. */
const ENOUGH_REJECTED = 5;
/** Nobody comes or goes on a small server for a day; but it does not write so many lines of other things then. */
const ENOUGH_EVENTLESS = 1000;

export class ParseHealth {
  readonly #doubts = new Set<Warning>();
  /** Counts at the time of the last judgement, and of the last event. */
  #judged = sumCounts([]);
  #eventAt: number | undefined;
  #linesAtEvent = 0;
  /** Lines waited at the time of the last judgement. */
  #isWaiting = false;

  /** What is to be told about a log at `at`, unix seconds. */
  *judge({ path, server, version, wrapped, counts, rival, waiting = 0 }: Told, at: number): Iterable<string> {
    const forgeable = forgeryWarning(path, { server, version, wrapped });
    if (this.#arises('forgeable', forgeable !== undefined)) yield forgeable ?? '';
    const passedOver = quotedWarning(path, server, counts.quoted);
    if (this.#arises('quoted', passedOver !== undefined)) yield passedOver ?? '';
    if (this.#arises('rival', rival !== undefined)) yield `${path}: ${rivalWarning(rival)}`;
    // Those of now are told by the next ones, most of the time.
    if (this.#arises('waiting', waiting > 0 && this.#isWaiting)) yield waitingWarning(path, waiting) ?? '';
    this.#isWaiting = waiting > 0;
    const lines = counts.lines - this.#judged.lines;
    const events = counts.events - this.#judged.events;
    const foreign = counts.foreign - this.#judged.foreign;
    const rejected = counts.rejected - this.#judged.rejected;
    if (this.#arises('eventless', this.#isEventless(counts, events, at)))
      yield `the last ${counts.lines - this.#linesAtEvent} lines of ${path} hold no login and no logout: ${advice(path)}`;
    if (lines < ENOUGH_LINES && rejected < ENOUGH_REJECTED) return;
    this.#judged = { ...counts };
    if (this.#arises('foreign', events === 0 && foreign * 2 >= lines))
      yield `${foreign} of the last ${lines} lines of ${path} are not understood: is it a log of ${server ?? 'a server that is known'}? ${advice(path)}`;
    if (this.#arises('rejected', rejected >= ENOUGH_REJECTED && rejected > events))
      yield `${rejected} of the last ${rejected + events} events in ${path} lie in the future, or have no time that can be read: do its lines begin with one, and is its timezone right?`;
  }

  #isEventless({ lines }: Readonly<LineCounts>, events: number, at: number): boolean {
    if (events > 0 || this.#eventAt === undefined) {
      this.#eventAt = at;
      this.#linesAtEvent = lines;
    }
    return at - this.#eventAt >= DAY && lines - this.#linesAtEvent >= ENOUGH_EVENTLESS;
  }

  #arises(doubt: Warning, isThere: boolean): boolean {
    const isNew = isThere && !this.#doubts.has(doubt);
    if (isThere) this.#doubts.add(doubt);
    else this.#doubts.delete(doubt);
    return isNew;
  }
}

/** Of a log into which a second server writes; undefined for others. */
export const rivalWarning = (rival: Rival | undefined): string | undefined =>
  rival &&
  `lines of another XMPP server, which are not counted, as a log is of one: ${rival.lines} of ${rival.program}; let each server write into a log of its own`;

/** Of the last lines of a log of which it cannot be told whose they are; undefined where there are none. */
export const waitingWarning = (path: string, waiting: number): string | undefined =>
  waiting === 0
    ? undefined
    : `the last ${waiting === 1 ? 'line' : `${waiting} lines`} of ${path} cannot be told from the text of somebody else, as they have another form than those before, and are not counted as long as no more of them come: see what "xmpp-active-users explain ${path}" shows at its end`;

const advice = (path: string): string => `see what "xmpp-active-users explain ${path}" finds in it`;
