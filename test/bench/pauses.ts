/**
 * Loaded into the daemon before it (`node --import`): for how long its event loop does nothing else. Each SIGUSR2 writes what was
 * since the one before to the file that `PAUSES` names, as JSON.
 */
import { renameSync, writeFileSync } from 'node:fs';

/** Milliseconds of processor time, of all its threads, but no more than went by. Only those that are longer than a tick. */
export interface Pauses {
  readonly all: readonly number[];
}

const TICK_MS = 2;

const path = process.env['PAUSES'] ?? '';
let all: number[] = [];
let before = performance.now();
let cpu = process.cpuUsage();

function tick(): void {
  const took = performance.now() - before;
  const used = process.cpuUsage(cpu);
  if (took > 2 * TICK_MS) all.push(Math.min(took, (used.user + used.system) / 1000));
  before = performance.now();
  cpu = process.cpuUsage();
}

function tell(): void {
  writeFileSync(`${path}.new`, JSON.stringify({ all } satisfies Pauses));
  renameSync(`${path}.new`, path);
  all = [];
}

setInterval(tick, TICK_MS).unref();
process.on('SIGUSR2', tell);
