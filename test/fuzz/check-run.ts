/**
 * `run` beside the model: a daemon that is started and stopped while its logs grow and are rotated, and what it sends to
 * StatsD at each start; then `count`, from the index that it leaves behind.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { DEADLINE_MS } from '../deadline.ts';
import { allOf, believed, MAX_AHEAD, type Case, type LogCase } from './case.ts';
import { countIs } from './check-backfill.ts';
import { differenceAt, type Difference, type Differences } from './checks.ts';
import { Disk } from './disk.ts';
import { invoke, writeConfig } from './drive.ts';
import { Model, type Counts, type Line } from './model.ts';
import type { Entry } from './prosody.ts';
import { formOf } from './stamps.ts';

const MONTH = 31 * 86_400;

/** One log, as far as it has been written. */
class Written {
  readonly disk: Disk;
  /** By file. */
  readonly #files: { readonly entries: Entry[] }[] = [];
  readonly #log: LogCase;
  #piece = 0;
  #entry = 0;

  constructor(root: string, log: LogCase) {
    this.disk = new Disk(root, log);
    this.#log = log;
  }

  get lines(): Line[] {
    return allOf(this.#files);
  }

  /** Lets time pass: what was written up to `t` is written, and rotated. */
  writeUpTo(t: number, now: number): void {
    for (let piece; (piece = this.#log.pieces[this.#piece]);) {
      const rest = piece.entries.slice(this.#entry);
      const end = rest.findIndex(({ at }) => at > t && at <= now + MAX_AHEAD);
      const own = end < 0 ? rest : rest.slice(0, end);
      this.disk.append(own);
      const file = this.#files[this.#piece] ?? { entries: [] };
      file.entries.push(...own);
      this.#files[this.#piece] = file;
      this.#entry += own.length;
      if (end >= 0) return this.disk.touch(t);
      if (this.#piece + 1 >= this.#log.pieces.length) return this.disk.touch(piece.mtime);
      const name = piece.name === this.#log.name ? `${this.#log.name}-end` : piece.name;
      this.disk.rotate(name, piece.gzip, piece.mtime);
      this.#piece++;
      this.#entry = 0;
    }
  }
}

/** One life of a daemon: from its start to its end, some time after it has counted. */
export type Life = (config: string, at: number, counted: () => void, statsd: Socket) => Promise<Lived>;

export interface Lived {
  /** What it has sent to StatsD; undefined when it has not counted. */
  readonly packets: readonly string[] | undefined;
  /** The instants for which it may have counted, unix seconds. */
  readonly times: readonly number[];
  readonly err: string;
}

export async function checkRun(root: string, the: Case, life: Life = inProcess): Promise<Differences> {
  const statsd = createSocket('udp4');
  statsd.bind(0, '127.0.0.1');
  await once(statsd, 'listening');
  try {
    const config = writeConfig(root, the, statsd.address().port);
    return await live(root, the, { statsd, config, life });
  } finally {
    statsd.close();
  }
}

interface World {
  readonly statsd: Socket;
  readonly config: string;
  readonly life: Life;
}

async function live(root: string, the: Case, { statsd, config, life }: World): Promise<Differences> {
  const logs = the.logs.map((log) => new Written(root, log));
  const writeUpTo = (t: number): void => logs.forEach((log) => log.writeUpTo(t, the.now));
  let counted = 0;
  for (const { at, until } of the.lives) {
    writeUpTo(at);
    const written = logs.map(({ lines }) => lines);
    if (written.some((lines, log) => isOfAnyYear(lines, at, the.logs[log]?.format ?? ''))) continue;
    const lived = await life(config, at, () => (until > at ? writeUpTo(until) : undefined), statsd);
    counted = Math.max(counted, ...lived.times);
    const difference = differenceOf(written, the, lived);
    if (difference) return [difference];
  }
  // What is read with a line of the next minutes is not stored before these have come: a daemon that stops then reads it again.
  const isHeldBack = logs.some(({ lines }) => lines.some(({ at }) => at > counted && at <= counted + MAX_AHEAD));
  return isHeldBack ? [] : countIs(config, { ...the, now: counted }, counted);
}

/** A stamp without a year that is so far ahead may as well be one of the year before. */
const isOfAnyYear = (lines: readonly Line[], now: number, format: string): boolean =>
  !formOf(format).hasYear && lines.some(({ at }) => at > now + MONTH);

function differenceOf(logs: readonly (readonly Line[])[], { rules }: Case, lived: Lived): Difference | undefined {
  const { packets, times, err } = lived;
  if (!packets) return { kind: 'failed', sentence: `the daemon sent nothing: ${err}` };
  let difference: Difference | undefined;
  for (const at of times) {
    const right = new Model(
      logs.map((lines) => believed(lines, at)),
      rules,
    ).at(at);
    difference = differenceAt(at, right, gaugesOf(packets, right));
    if (!difference) return undefined;
  }
  return difference && { ...difference, sentence: `run ${difference.sentence}` };
}

/** In this process, with the time of the log for a clock. */
const inProcess: Life = async (config, at, counted, statsd) => {
  const stop = new AbortController();
  const heard = hear(statsd, () => {
    counted();
    setTimeout(() => stop.abort(), 20);
  });
  const giveUp = setTimeout(() => stop.abort(), DEADLINE_MS);
  const { err } = await invoke(['--config', config, 'run'], { now: () => at + 0.5, signal: stop.signal });
  clearTimeout(giveUp);
  return { packets: heard.end(), times: [at], err };
};

/** Collects what comes; `counted` is called when the first count is complete. */
export function hear(statsd: Socket, counted: () => void): { readonly end: () => readonly string[] | undefined } {
  const packets: string[] = [];
  let isComplete = false;
  const take = (bytes: Buffer): void => {
    packets.push(...bytes.toString().split('\n'));
    // The figures of the daemon itself come last.
    if (isComplete || !packets.at(-1)?.includes('self.')) return;
    isComplete = true;
    counted();
  };
  statsd.on('message', take);
  return {
    end: () => {
      statsd.off('message', take);
      return isComplete ? packets : undefined;
    },
  };
}

const GAUGE = /^xmpp\.active_users_(1|7|30)d\.([^:]+):(\d+)\|g/;

/** The last values of each host; the names of hosts are those that are expected, as their dots are lost. */
function gaugesOf(packets: readonly string[], right: ReadonlyMap<string, Counts>): Map<string, Counts> {
  const names = new Map([...right.keys()].map((host) => [host.replaceAll('.', '_'), host]));
  const found = new Map<string, [number, number, number]>();
  for (const packet of packets) {
    const [, window, name = '', value] = GAUGE.exec(packet) ?? [];
    if (window === undefined) continue;
    const host = names.get(name) ?? name;
    const counts = found.get(host) ?? [0, 0, 0];
    counts[['1', '7', '30'].indexOf(window)] = Number(value);
    found.set(host, counts);
  }
  return found;
}
