/**
 * A log as the daemon begins to follow it: put back to where lines were not believed and now can be, and its rotated files
 * read if it is new.
 */
import type { Users } from '../activity/user-table.ts';
import type { Config, LogConfig } from '../config/config.ts';
import { beforeCorruptIn } from '../format/corrupt.ts';
import { Follower } from '../source/follow/follower.ts';
import type { Notice } from '../source/follow/notices.ts';
import type { LiveFile } from '../source/follow/live-file.ts';
import type { Source } from '../source/source.ts';
import { JournalFollower } from '../source/journal.ts';
import { journalOf } from '../source/journal-name.ts';
import { goingOn, readRotated, type FirstStartOptions } from './first-start.ts';
import { LiveLog } from './live-log.ts';
import type { LogState } from './log-state.ts';
import { MAX_AHEAD } from './max-time.ts';
import { believedBy } from './unbelieved.ts';
import type { WriteBuffer } from './write-buffer.ts';

const DAY = 86_400;
const WARNINGS: ReadonlySet<Notice['kind']> = new Set(['unreadable', 'damaged', 'skipped-line', 'lost']);

export interface OpenLogOptions {
  readonly config: Config;
  readonly log: LogConfig;
  readonly writeBuffer: WriteBuffer;
  readonly users: Users;
  /** The live path, which is looked at; undefined for a log in the journal. */
  readonly live: LiveFile | undefined;
  /** Unix seconds. */
  readonly now: () => number;
  readonly tell: (level: 'warning' | 'notice' | 'info', sentence: string) => void;
  readonly signal: AbortSignal;
  /** Called when the log cannot be followed on, for whatever reason but the state of files and disks. */
  readonly fail: (error: unknown) => void;
  /** What has followed the log up to now, and is closed. */
  readonly before?: LiveLog;
}

/** Rejects when the signal aborts. */
export async function openLog(options: OpenLogOptions): Promise<LiveLog> {
  const { log, writeBuffer, now, tell, before, fail } = options;
  const horizon = (): number => now() + MAX_AHEAD;
  const places = before ? before.logState.unbelieved : writeBuffer.logs.stored(log.path)?.log.unbelieved;
  const place = believedBy(horizon(), log.timezone, places);
  if (place) writeBuffer.logs.rewind(log.path, place, options.config.count.hibernationSeconds);
  if (place && !before?.hasGoneBack)
    tell('notice', `${log.path} has lines that lay in the future when they were read; reading again from there`);
  // What the first start has told of a rotated file need not be told by the follower.
  const told = new Set<string>();
  const tellFirst: typeof tell = (level, sentence) => {
    told.add(sentence);
    tell(level, sentence);
  };
  const first = { ...options, horizon, now: now(), tell: tellFirst };
  const notice = ({ kind, text }: Notice): void => {
    if (!told.has(text)) tell(WARNINGS.has(kind) ? 'warning' : 'notice', text);
  };
  let followed: LiveLog | undefined;
  const mayWait = (): boolean => followed?.isIdle ?? false;
  const { logState, source } = await begin(first, notice, mayWait);
  if (place) logState.countOn(place.counts);
  followed = new LiveLog({
    ...{ path: log.path, logState, source, writeBuffer },
    hasGoneBack: place !== undefined,
    ...{ tell, fail },
  });
  return followed;
}

type First = Omit<FirstStartOptions, 'live'> & Pick<OpenLogOptions, 'live'>;

async function begin(
  options: First,
  notice: (notice: Notice) => void,
  mayWait: () => boolean,
): Promise<{ readonly logState: LogState; readonly source: Source }> {
  const { log, writeBuffer, live, now, config } = options;
  const { path, rotated } = log;
  if (!live) {
    const since = now - config.index.retentionDays * DAY;
    const position = writeBuffer.logs.journalPosition(path);
    const entries = journalOf(path) ?? path;
    return {
      logState: goingOn(options),
      source: new JournalFollower({ path, entries, position, since, follow: true, notice }),
    };
  }
  const { logState, pending } = await readRotated({ ...options, live });
  const [positions, verdicts] = [writeBuffer.logs.positions(path), writeBuffer.logs.verdicts(path)];
  const source = new Follower({ path, positions, verdicts, live, pending, rotated, beforeCorruptIn, mayWait, notice });
  return { logState, source };
}
