/** One daemon as a process of its own, which is killed as such; its clock is what its parent says. Arguments: configuration, log, index, port of StatsD, the hour. */
import { loadConfig } from '../../src/config/config.ts';
import { readFileSync } from 'node:fs';
import { Daemon } from '../../src/service/daemon.ts';
import type { HeldIndex } from '../../src/service/operations.ts';

const HOUR = 3600;
/** A daemon counts two seconds behind the hour, and looks at its clock when little is left. */
const SETTLED = 2;
const ALMOST = 1.9;

const [configuration = '', log = '', index = '', port = '', begin = ''] = process.argv.slice(2);
let hour = Number(begin);
let at = hour + SETTLED;
let held: HeldIndex | undefined;
const wait = (): void => {
  at = Math.max(at, hour + HOUR + ALMOST);
};
process.on('message', (message: { readonly hour?: number }) => {
  if (message.hour !== undefined) {
    hour = message.hour;
    at = hour + SETTLED;
  } else process.send?.({ last: held?.standing().cluster?.last?.at ?? 0 });
});
process.on('disconnect', () => process.exit());

const config = loadConfig({
  flags: { log: [log], timezone: 'UTC', statsd: `127.0.0.1:${port}`, index },
  env: {},
  readFile: () => readFileSync(configuration, 'utf8'),
  exists: () => true,
  defaultTimezone: 'UTC',
});
await Daemon.run({
  ...{ config, now: () => at, signal: new AbortController().signal },
  tell: (_level, sentence) => void process.send?.({ told: sentence }),
  opened: async (opened) => void (held = opened),
  counted: wait,
  started: wait,
});
