/** One daemon as a process of its own, which is killed as such; its clock is what its parent says. Arguments: configuration, log, index, StatsD, the hour. */
import { readFileSync } from 'node:fs';
import { loadConfig } from '../../src/config/config.ts';
import { Daemon } from '../../src/service/daemon.ts';
import type { HeldIndex } from '../../src/service/operations.ts';

/** What a daemon says to its parent. */
export interface Said {
  /** For the journal. */
  readonly told?: string;
  /** It has gone on behind that instant, unix seconds. */
  readonly passed?: number;
  /** What was counted last, by any of the nodes. */
  readonly last?: { readonly at: number; readonly isOwn: boolean; readonly missing: readonly string[] };
}

const HOUR = 3600;
/** A daemon counts two seconds behind the hour, and looks at its clock when little is left. */
const SETTLED = 2;
const ALMOST = 1.97;

const [configuration = '', log = '', index = '', statsd = '', begin = ''] = process.argv.slice(2);
let hour = Number(begin);
let at = hour + SETTLED;
let held: HeldIndex | undefined;

const say = (said: Said): void => void process.send?.(said);
/** Behind an hour that was missed, it goes on with the one that is due. */
function wait(): void {
  const passed = held?.writeBuffer.cluster.get('passed') ?? 0;
  const { at: counted = 0, isOwn = false, missing = [] } = held?.standing().cluster?.last ?? {};
  if (passed >= hour) at = Math.max(at, hour + HOUR + ALMOST);
  say({ passed, last: { at: counted, isOwn, missing } });
}
process.on('message', (message: { readonly hour: number }) => {
  hour = message.hour;
  at = hour + SETTLED;
});
process.on('disconnect', () => process.exit());

const config = loadConfig({
  flags: { log: [log], timezone: 'UTC', statsd, index },
  env: {},
  readFile: () => readFileSync(configuration, 'utf8'),
  exists: () => true,
  defaultTimezone: 'UTC',
});
await Daemon.run({
  ...{ config, now: () => at, signal: new AbortController().signal },
  tell: (_level, told) => say({ told }),
  opened: async (opened) => {
    held = opened;
    // It does not come to the hour again.
    if ((held.writeBuffer.logs.lastLine ?? 0) > hour) at = hour + HOUR + ALMOST;
  },
  counted: wait,
  started: wait,
});
