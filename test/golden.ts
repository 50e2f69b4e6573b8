/** The golden logs in test/logs, and what the sessions and users of one come to. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Dialect, SessionEvent } from '../src/format/dialects/dialect.ts';
import { prosody } from '../src/format/dialects/prosody.ts';
import { LineDecoder, type LineCounts } from '../src/format/line-decoder.ts';
import { Sessions } from '../src/activity/sessions.ts';
import type { HostCounts } from '../src/activity/active-window.ts';
import { Users } from '../src/activity/user-table.ts';

/** This file runs as dist/test/golden.js. */
const LOGS = new URL('../../test/logs/prosody/', import.meta.url);

export interface Campaign {
  readonly name: string;
  readonly timezone: string;
  /** The year in which it begins. */
  readonly year: number;
}

export const SMALL_UTC: Campaign = { name: 'small-utc', timezone: 'UTC', year: 2026 };
export const NEWYEAR_BERLIN: Campaign = { name: 'newyear-berlin', timezone: 'Europe/Berlin', year: 2026 };
/** Prosody 13.0.1 */
export const KOLKATA: Campaign = { name: 'kolkata', timezone: 'Asia/Kolkata', year: 2026 };
/** Prosody 13.0.7 */
export const LORD_HOWE: Campaign = { name: 'lordhowe', timezone: 'Australia/Lord_Howe', year: 2026 };

export const OPTIONS = { hibernationSeconds: 600, boshSeconds: 43_200 };

/** A file below test/logs/prosody, uncompressed. */
export function goldenFile(path: string): Buffer {
  const bytes = readFileSync(new URL(path, LOGS));
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

/** The log of a campaign, its rotated files put together. */
export function goldenLog({ name }: Campaign, level: 'info' | 'debug'): Buffer {
  const files =
    level === 'info'
      ? ['prosody.log.2', 'prosody.log.1', 'prosody.log']
      : ['prosody.debug.2.gz', 'prosody.debug.1.gz', 'prosody.debug.gz'];
  return Buffer.concat(files.map((file) => goldenFile(`${name}/${file}`)));
}

/** The events of a log, and what became of its lines. */
export function eventsOf(
  log: Buffer,
  { timezone, year }: Omit<Campaign, 'name'>,
  dialect: Dialect = prosody,
): [SessionEvent[], LineCounts] {
  const state = { clock: { year, last: undefined } };
  const reader = new LineDecoder({ dialect, timezone, state, horizon: () => Infinity });
  const events: SessionEvent[] = [];
  reader.read(log, (event) => events.push(event));
  return [events, reader.counts];
}

/** The counts at each full hour from the first event to the last. */
export function hourly(events: readonly SessionEvent[]): HostCounts[] {
  const users = new Users({ exclude: [], includeDisabled: false });
  const sessions = new Sessions(users, OPTIONS);
  const samples: HostCounts[] = [];
  let next = Math.ceil((events[0]?.at ?? 0) / 3600) * 3600;
  const sample = (): void => {
    sessions.passTime(next);
    samples.push(...users.sample(next));
    next += 3600;
  };
  for (const event of events) {
    while (event.at > next) sample();
    sessions.take(event);
  }
  sample();
  return samples;
}
