/** `status`: the counts of now, how much of them is covered, and how the logs stand: of the daemon where one runs, else of the index. */
import { setTimeout as sleep } from 'node:timers/promises';
import { STATUS } from '../control/requests.ts';
import { ConfigError, type Config } from '../config/config.ts';
import { ask } from './ask.ts';
import { tellBounds } from './findings.ts';
import { atLeast, print, type Io } from './io.ts';
import { statusText } from './status-text.ts';

/** Milliseconds between two looks. */
const LOOK_MS = 2000;
/** Of a terminal: to its first row; the rest of a row, and all below, are deleted. */
const [HOME, END_OF_ROW, END_OF_SCREEN] = ['\u001b[H', '\u001b[K', '\u001b[J'];

export interface StatusArguments {
  readonly json: boolean;
  /** Again and again, until it is stopped. */
  readonly watch: boolean;
}

/** @throws as `ask` */
export async function status(config: Config, { json, watch }: StatusArguments, io: Io): Promise<number> {
  if (watch) return watchStatus(config, { json }, io);
  const reply = await ask(STATUS, {}, config, io.now());
  if ('problem' in reply) {
    io.log('error', reply.problem);
    return 1;
  }
  await print(io, json ? `${JSON.stringify(reply.value)}\n` : statusText(reply.value, atLeast(io)));
  if (reply.value.samples && !json) tellBounds(reply.value.samples, io);
  return 0;
}

/** A daemon that is restarted is waited for. @throws {ConfigError} */
async function watchStatus(config: Config, { json }: { json: boolean }, io: Io): Promise<number> {
  if (!io.isTTY || json) throw new ConfigError(['--watch draws on a terminal: leave it out, or --json and the pipe']);
  while (!io.signal.aborted) {
    const text = await statusNow(config, io);
    await print(io, `${HOME}${text.trimEnd().replaceAll('\n', `${END_OF_ROW}\n`)}${END_OF_ROW}\n${END_OF_SCREEN}`);
    await sleep(LOOK_MS, undefined, { signal: io.signal }).catch(() => {});
  }
  return 0;
}

async function statusNow(config: Config, io: Io): Promise<string> {
  try {
    const reply = await ask(STATUS, {}, config, io.now());
    return 'problem' in reply ? reply.problem : statusText(reply.value, atLeast(io));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
