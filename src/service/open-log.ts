/**
 * A log as the daemon begins to follow it: put back to where lines were not believed and now can be, and its rotated files
 * read if it is new.
 */
import type { Users } from '../activity/user-table.ts';
import type { Config, LogConfig } from '../config/config.ts';
import type { Notice } from '../source/follow/notices.ts';
import type { LiveFile } from '../source/follow/live-file.ts';
import { readRotated } from './first-start.ts';
import { LiveLog } from './live-log.ts';
import { MAX_AHEAD } from './max-time.ts';
import { believedBy } from './unbelieved.ts';
import type { WriteBuffer } from './write-buffer.ts';

const WARNINGS: ReadonlySet<Notice['kind']> = new Set(['unreadable', 'damaged', 'skipped-line', 'lost']);

export interface OpenLogOptions {
  readonly config: Config;
  readonly log: LogConfig;
  readonly writeBuffer: WriteBuffer;
  readonly users: Users;
  /** The live path, which is looked at. */
  readonly live: LiveFile;
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
  const { log, writeBuffer, live, now, tell, before, fail } = options;
  const horizon = (): number => now() + MAX_AHEAD;
  const places = before ? before.logState.unbelieved : writeBuffer.stored(log.path)?.log.unbelieved;
  const place = believedBy(horizon(), log.timezone, places);
  if (place) writeBuffer.rewind(log.path, place, options.config.count.hibernationSeconds);
  if (place && !before?.hasGoneBack)
    tell('notice', `${log.path} has lines that lay in the future when they were read; reading again from there`);
  // What the first start has told of a rotated file need not be told by the follower.
  const told = new Set<string>();
  const tellFirst: typeof tell = (level, sentence) => {
    told.add(sentence);
    tell(level, sentence);
  };
  const { logState, pending } = await readRotated({ ...options, horizon, now: now(), tell: tellFirst });
  if (place) logState.countOn(place.counts);
  return new LiveLog({
    ...{ path: log.path, logState, live, pending, writeBuffer, rotated: log.rotated },
    hasGoneBack: place !== undefined,
    ...{ tell, fail },
    notice: ({ kind, text }) => told.has(text) || tell(WARNINGS.has(kind) ? 'warning' : 'notice', text),
  });
}
