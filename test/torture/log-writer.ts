/**
 * The server of the torture: a process that writes one new user per line into several logs, at an uneven pace, and goes
 * on writing into a renamed log for a moment before it opens it anew. Run by logrotate-torture.ts, over IPC.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

export interface WriterOrders {
  readonly logs: readonly { readonly path: string; readonly host: string; readonly reopensOn?: NodeJS.Signals }[];
  /** Lines per second and log, on average. */
  readonly rate: number;
  /** The longest time that a log is written on after its rename, in milliseconds. */
  readonly lagMs: number;
}
export type WriterReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'reopened'; readonly host: string }
  /** Host -> how many users were written: u1, u2, ... */
  | { readonly kind: 'done'; readonly users: Readonly<Record<string, number>> };

const TICK_MS = 5;
const BURST = 1500;

const orders = JSON.parse(process.argv[2] ?? '') as WriterOrders;
const outputs = orders.logs.map(({ path, host, reopensOn }) => ({
  path,
  host,
  reopensOn,
  users: 0,
  fd: openLog(path),
}));
type Output = (typeof outputs)[number];

for (const output of outputs) {
  if (output.reopensOn) process.on(output.reopensOn, () => setTimeout(reopen, Math.random() * orders.lagMs, output));
}
const timer = setInterval(() => outputs.forEach(writeSome), TICK_MS);
process.once('message', () => {
  clearInterval(timer);
  report({ kind: 'done', users: Object.fromEntries(outputs.map(({ host, users }) => [host, users])) });
  process.disconnect();
});
report({ kind: 'ready' });

/** O_APPEND, as all three servers do. */
function openLog(path: string): number {
  return openSync(path, 'a', 0o640);
}

function reopen(output: Output): void {
  closeSync(output.fd);
  output.fd = openLog(output.path);
  report({ kind: 'reopened', host: output.host });
}

function writeSome(output: Output): void {
  const average = (orders.rate * TICK_MS) / 1000;
  const burst = Math.random() < 0.001;
  const lines = burst ? BURST : Math.floor(Math.random() * 2 * average + Math.random());
  for (let i = 0; i < lines; i++) writeSync(output.fd, nextLine(output));
}

function nextLine(output: Output): string {
  output.users++;
  const session = `c2s${(0x5600_0000_0000 + output.users * 16).toString(16)}`;
  return `${stamp(new Date())} ${session}\tinfo\tAuthenticated as u${output.users}@${output.host}\n`;
}

/** `Nov 03 06:22:40`, in UTC. */
function stamp(date: Date): string {
  const month = date.toLocaleString('en-US', { month: 'short', timeZone: 'UTC' });
  return `${month} ${String(date.getUTCDate()).padStart(2, '0')} ${date.toISOString().slice(11, 19)}`;
}

function report(message: WriterReport): void {
  process.send?.(message);
}
