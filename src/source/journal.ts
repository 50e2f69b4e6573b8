/**
 * Follows the entries of the journal that are one log, from a stored cursor on. The entry of the cursor is asked for once more: only
 * if it comes first nothing is missing behind it. When `journalctl` ends it is started again from the last entry that was taken.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Notice, NoticeKind } from './follow/notices.ts';
import { hasReached, isSameEntry, cursorIn, parseCursor, timeOfCursor, type Cursor } from './journal-cursor.ts';
import {
  askJournal,
  newestEntries,
  NOT_PERMITTED,
  NOT_PERMITTED_HOW,
  type Answer,
  type Begin,
  type Ending,
} from './journalctl.ts';
import type { Block, JournalPosition, Source, SourceStatus } from './source.ts';

export interface JournalOptions {
  /** What the log is called. */
  readonly path: string;
  /** As of `journalOf`. */
  readonly entries: string;
  /** What was stored; undefined when none of it has been read. */
  readonly position: JournalPosition | undefined;
  /** Where a log of which nothing has been read begins, unix seconds; undefined: at its oldest entry. */
  readonly since?: number | undefined;
  /** Whether it goes on with what comes, until the signal aborts. */
  readonly follow: boolean;
  readonly notice?: (notice: Notice) => void;
  /** Milliseconds until `journalctl` is started again, twice as many each time up to sixty times as many; default 1000. */
  readonly pauseMs?: number;
}

type Blocks<Result> = AsyncGenerator<Block<JournalPosition>, Result, undefined>;

interface Waiting {
  /** The newest entry at the call; undefined where there is none, or the journal could not be asked. */
  readonly newest: Cursor | undefined;
  readonly resolve: () => void;
}

const LONGEST_PAUSE = 60;
/** So long after its start it would have said why it cannot go on. */
const HEALTHY_MS = 10_000;
const NEWLINE = 10;
const NOTHING = Buffer.alloc(0);
/** What it says of a cursor that is none. */
const NO_CURSOR = /seek to cursor/;

export class JournalFollower implements Source {
  readonly #options: JournalOptions;
  #position: JournalPosition | undefined;
  #reached: Cursor | undefined;
  readonly #over = new AbortController();
  #waiting: Waiting[] = [];
  #failures = 0;
  #trouble: string | undefined;
  #isPermitted = true;
  #isGone = false;
  /** Whether the journal has been seen to be read, to be empty, or to fail. */
  #isJudged = false;
  #counts = { offset: 0, lagBytes: 0, rotations: 0, truncations: 0, skippedLines: 0, lostSegments: 0, segments: 0 };

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#moveTo(options.position);
  }

  async *blocks(signal: AbortSignal): Blocks<void> {
    try {
      while (!signal.aborted) {
        yield* this.#giveEmptied();
        const ending = yield* this.#read(signal);
        if (signal.aborted || (ending === undefined && !this.#options.follow)) return;
        if (this.#noteGone(ending)) continue;
        this.#noteEnd(ending);
        if (!this.#options.follow) throw new Error(this.#trouble);
        await this.#pause(signal);
      }
    } finally {
      this.#over.abort();
      this.#settle();
    }
  }

  async caughtUp(): Promise<void> {
    const newest = await this.#newest();
    if (newest === 'none' && !this.#position) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push({ newest: typeof newest === 'string' ? undefined : newest, resolve });
      this.#settle();
    });
  }

  status(): SourceStatus {
    const unreadable = this.#trouble === undefined ? {} : { unreadable: this.#trouble };
    return { path: this.#options.path, ...this.#counts, size: this.#counts.offset, ...unreadable };
  }

  get isThere(): boolean {
    return this.#trouble === undefined;
  }

  close(): Promise<void> {
    this.#over.abort();
    return Promise.resolve();
  }

  #newest(): Promise<Cursor | 'none' | 'unknown'> {
    return newestEntries(this.#options.entries, 1, this.#over.signal).then(
      (lines) => {
        const cursor = cursorIn(lines);
        return cursor === undefined ? 'none' : parseCursor(cursor);
      },
      () => 'unknown',
    );
  }

  /** A journal that has no entry of it any more tells its loss at once, and not with the next one. */
  async *#giveEmptied(): Blocks<void> {
    const position = this.#position;
    if (!position || (await this.#newest()) !== 'none') return;
    if (!position.isEmptied) {
      this.#noteLoss();
      const emptied = { ...position, isEmptied: true };
      const { log } = position;
      yield { log, bytes: NOTHING, continues: false, position: emptied, forgotten: [], isBehindLoss: true };
      this.#moveTo(emptied);
    }
    this.#isJudged = true;
    this.#settle();
  }

  /** One life of journalctl. */
  async *#read(signal: AbortSignal): Blocks<Ending> {
    const { entries, follow } = this.#options;
    const said = (text: string): void => this.#noteSaid(text);
    const answers = askJournal({ entries, follow, signal, said, ...this.#begin });
    // Without a new entry it says nothing, and that is no trouble.
    const healthy = setTimeout(() => this.#noteHealth(), HEALTHY_MS);
    let sought = this.#isGone ? undefined : this.#reached;
    let held: Answer | undefined;
    try {
      for (let next = await answers.next(); ; next = await answers.next()) {
        if (next.done === true) return next.value;
        const answer = held ? joined(held, next.value) : next.value;
        const found = sought && behind(sought, answer);
        held = found === 'undecided' ? answer : undefined;
        if (found === 'undecided') continue;
        // guard: F36
        const isLoss = (this.#isGone || found === 'gone') && !this.#position?.isEmptied;
        sought = undefined;
        yield* this.#give(typeof found === 'object' ? found : answer, isLoss);
      }
    } finally {
      clearTimeout(healthy);
      await answers.return(undefined);
    }
  }

  get #begin(): Begin {
    if (this.#isGone) return { since: Number.isNaN(this.#reachedAt) ? this.#options.since : this.#reachedAt };
    return this.#position === undefined ? { since: this.#options.since } : { cursor: this.#position.cursor };
  }

  /** Unix seconds. */
  get #reachedAt(): number {
    return timeOfCursor(this.#reached ?? {});
  }

  /** When it goes on behind the yield, the block is stored. */
  *#give({ bytes, cursor, skipped }: Answer, isLoss: boolean): Generator<Block<JournalPosition>> {
    const { path } = this.#options;
    this.#noteHealth();
    if (isLoss) this.#noteLoss();
    if (skipped > 0) this.#notify('skipped-line', `An entry of ${path} is longer than 16 MiB: passed over`);
    const continues = this.#position !== undefined && !isLoss && !this.#position.isEmptied;
    const position = { id: path, log: path, cursor, readAt: Math.floor(Date.now() / 1000) };
    if (bytes.length > 0 || isLoss || skipped > 0)
      yield { log: path, bytes, continues, position, forgotten: [], ...(isLoss && { isBehindLoss: true }) };
    this.#counts.offset += bytes.length;
    this.#counts.skippedLines += skipped;
    this.#isGone = false;
    this.#moveTo(position);
    this.#settle();
  }

  #moveTo(position: JournalPosition | undefined): void {
    this.#position = position;
    this.#reached = position && parseCursor(position.cursor);
  }

  #noteLoss(): void {
    const { path } = this.#options;
    this.#counts.lostSegments++;
    const since = Number.isNaN(this.#reachedAt) ? '' : ` of ${new Date(this.#reachedAt * 1000).toISOString()}`;
    this.#notify(
      'lost',
      `lines of ${path} may be lost: the journal has no longer the entry${since} that was read last, so what came behind it and is gone, too, is not counted; going on with the oldest entry behind it`,
    );
  }

  #noteSaid(text: string): void {
    if (!NOT_PERMITTED.test(text) || !this.#isPermitted) return;
    this.#isPermitted = false;
    this.#notify('unreadable', `${this.#options.path} ${NOT_PERMITTED_HOW}`);
  }

  /** Whether it is for its cursor that journalctl has failed. */
  #noteGone(ending: Ending): boolean {
    const isGone = !this.#isGone && NO_CURSOR.test(ending ?? '');
    this.#isGone ||= isGone;
    return isGone;
  }

  #noteEnd(ending: Ending): void {
    const { path } = this.#options;
    const why = `journalctl ${ending ?? 'has ended'}`;
    this.#failures++;
    this.#isJudged = true;
    const before = this.#trouble;
    this.#trouble = NOT_PERMITTED.test(why) ? `${path} ${NOT_PERMITTED_HOW}` : `${path} cannot be read: ${why}`;
    if (this.#trouble !== before && !(NOT_PERMITTED.test(why) && !this.#isPermitted))
      this.#notify('unreadable', `${this.#trouble}; it is tried again and again`);
    this.#settle();
  }

  #noteHealth(): void {
    if (this.#trouble !== undefined) this.#notify('readable', `${this.#options.path} can be read again`);
    this.#trouble = undefined;
    this.#failures = 0;
    this.#isJudged = true;
    this.#settle();
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const { pauseMs = 1000 } = this.#options;
    const pause = pauseMs * Math.min(2 ** (this.#failures - 1), LONGEST_PAUSE);
    await delay(pause, undefined, { signal }).catch(() => undefined);
  }

  /** Nobody waits for a journal that cannot be read; one that has just been killed is there again soon. */
  #settle(): void {
    const isHopeless = this.#over.signal.aborted || this.#failures > 1;
    const isReached = ({ newest }: Waiting): boolean =>
      isHopeless || (newest === undefined ? this.#isJudged : this.#hasReached(newest));
    const reached = this.#waiting.filter(isReached);
    this.#waiting = this.#waiting.filter((waiting) => !reached.includes(waiting));
    for (const { resolve } of reached) resolve();
  }

  /** What is older than where a new log begins does not come. */
  #hasReached(newest: Cursor): boolean {
    const { since = -Infinity } = this.#options;
    if (Number.isNaN(this.#reachedAt)) return timeOfCursor(newest) < Math.floor(since);
    return hasReached(this.#reached ?? {}, newest);
  }

  #notify(kind: NoticeKind, text: string): void {
    this.#options.notice?.({ kind, log: this.#options.path, text });
  }
}

/** What comes behind an entry that is asked for once more; before it there may be others of the same microsecond. */
function behind(sought: Cursor, { bytes, cursor, skipped }: Answer): Answer | 'gone' | 'undecided' {
  for (let from = 0; from < bytes.length;) {
    const next = bytes.indexOf(NEWLINE, from) + 1;
    const found = parseCursor(cursorIn(bytes.subarray(from, next)) ?? '');
    if (isSameEntry(found, sought)) return { bytes: bytes.subarray(next), cursor, skipped };
    if (found['t'] !== sought['t']) return 'gone';
    from = next;
  }
  return 'undecided';
}

const joined = (a: Answer, b: Answer): Answer => ({
  bytes: Buffer.concat([a.bytes, b.bytes]),
  cursor: b.cursor,
  skipped: a.skipped + b.skipped,
});
