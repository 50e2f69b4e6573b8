/**
 * `npm run demo`: the whole path on a machine with nothing but Node. The real daemon follows a log; lines that a real Prosody
 * wrote in a week are there already but for the last day, which is written while the daemon watches; the packets it sends
 * are printed; and what it counted stands at the end beside what Prosody's own module counted from inside the server.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostCounts } from '../../src/activity/active-window.ts';
import { agreement, parseCounts, WINDOW_NAMES } from '../truth.ts';
import { listenForPackets, type PacketListener } from './packets.ts';
import { FILES, recordedWeek, truth, type Line } from './recorded-week.ts';

const MAIN = new URL('../../src/main.js', import.meta.url).pathname;
const DAY = 86_400;
/** From the start of the demo to the end of the recorded week, so long that the last day can be written before. */
const LEAD_SECONDS = 10;
const ROUNDS = 4;
const ROUND_MS = 900;

const colour = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
const paint = (code: number, text: string): string => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
const title = (text: string): void => console.log(`\n${paint(1, text)}`);
const say = (text: string): void => console.log(text);

const isCount = (metric: string): boolean => metric.startsWith('xmpp.active_users_');
/** Two hosts, three windows, and behind them what the daemon says about itself. */
const isWhole = (metrics: readonly string[]): boolean =>
  metrics.filter(isCount).length >= 6 && metrics.some((metric) => metric.startsWith('xmpp.self.rejected:'));

/** The environment without settings of a daemon that may be installed here. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('XMPP_ACTIVE_USERS_')),
);

interface Paths {
  readonly config: string;
  readonly log: string;
  readonly rotated: string;
}

function configure(directory: string, port: number): Paths {
  const [config, log] = [join(directory, 'config.toml'), join(directory, 'prosody.log')];
  const toml = [
    '[[log]]',
    `path = ${JSON.stringify(log)}`,
    'timezone = "UTC"',
    '',
    '[statsd]',
    `port = ${port}`,
    '',
    '[index]',
    `path = ${JSON.stringify(join(directory, 'index'))}`,
  ];
  writeFileSync(config, `${toml.join('\n')}\n`);
  for (const line of toml) say(paint(2, `    ${line}`));
  return { config, log, rotated: `${log}.1` };
}

/** The days before the last as a server has them when the daemon is installed: a rotated file and the live one. */
function layOut(paths: Paths, past: readonly Line[], halfway: number): void {
  const [old, recent] = [past.filter(({ at }) => at < halfway), past.filter(({ at }) => at >= halfway)];
  for (const [path, lines] of [
    [paths.rotated, old],
    [paths.log, recent],
  ] as const) {
    writeFileSync(path, lines.map(({ text }) => `${text}\n`).join(''));
    const last = lines.at(-1)?.at ?? 0;
    utimesSync(path, last, last);
    say(`    ${path}: ${lines.length} lines`);
  }
}

function startDaemon(paths: Paths): ChildProcess {
  const daemon = spawn(process.execPath, [MAIN, '--config', paths.config, 'run'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: environment,
  });
  if (daemon.stderr) createInterface(daemon.stderr).on('line', (line) => say(paint(2, `    ${line}`)));
  return daemon;
}

function show(metrics: readonly string[], withSelf: boolean): void {
  for (const metric of metrics.filter(isCount)) say(`    ${paint(36, metric)}`);
  if (withSelf) for (const metric of metrics.filter((metric) => !isCount(metric))) say(`    ${paint(2, metric)}`);
}

/** Writes some hours of the last day line by line, then has the daemon count. */
async function writeAndCount(
  daemon: ChildProcess,
  paths: Paths,
  lines: readonly Line[],
  listener: PacketListener,
  until: number,
): Promise<string[]> {
  for (const [i, { text }] of lines.entries()) {
    appendFileSync(paths.log, `${text}\n`);
    if (i % Math.ceil(lines.length / 20) === 0) await sleep(ROUND_MS / 20);
  }
  if (until > Date.now()) await sleep(until - Date.now());
  // The hour may have struck meanwhile.
  await listener.heard(() => true);
  daemon.kill('SIGHUP');
  return listener.heard(isWhole);
}

/** The last day in so many parts of the same length. */
function roundsOf(lines: readonly Line[], from: number, to: number): Line[][] {
  const step = (to - from) / ROUNDS;
  return Array.from({ length: ROUNDS }, (_, i) =>
    lines.filter(({ at }) => at >= from + i * step && (at < from + (i + 1) * step || i === ROUNDS - 1)),
  );
}

function history(...args: readonly string[]): string {
  const run = spawnSync(process.execPath, [MAIN, 'history', '--timezone', 'UTC', ...args], {
    stdio: ['ignore', args.includes('csv') ? 'pipe' : 'inherit', 'pipe'],
    encoding: 'utf8',
    env: environment,
  });
  if (run.status !== 0) throw new Error(`history ended with exit code ${run.status}: ${run.stderr}`);
  return run.stdout;
}

const metricOf = ({ host }: HostCounts, window: (typeof WINDOW_NAMES)[number]): string =>
  `xmpp.active_users_${window.slice(1)}d.${host.replaceAll('.', '_')}`;

function compareLast(metrics: readonly string[], last: readonly HostCounts[]): void {
  for (const sample of last)
    for (const window of WINDOW_NAMES) {
      const name = metricOf(sample, window);
      const ours = metrics.findLast((metric) => metric.startsWith(`${name}:`))?.slice(name.length + 1, -2) ?? '-';
      const mark = Number(ours) === sample[window] ? paint(32, 'equal') : paint(33, 'not equal');
      say(
        `    ${name.padEnd(36)} ${ours.padStart(4)}   the module's own ${String(sample[window]).padStart(4)}   ${mark}`,
      );
    }
}

function compareWeek(truths: readonly HostCounts[], ours: readonly HostCounts[]): void {
  const at = new Map(ours.map((sample) => [`${sample.at} ${sample.host}`, sample]));
  say(`    ${'at the end of'.padEnd(16)}${WINDOW_NAMES.map((name) => name.padStart(8).padEnd(16)).join('')}`);
  for (const sample of truths.filter((t) => t.at % DAY === 0 && t.host === 'chat.example')) {
    const mine = at.get(`${sample.at} ${sample.host}`);
    const cells = WINDOW_NAMES.map((name) => `${String(mine?.[name]).padStart(6)} / ${String(sample[name]).padEnd(7)}`);
    say(`    ${new Date((sample.at - 1) * 1000).toISOString().slice(0, 10).padEnd(16)}${cells.join('')}`);
  }
  const agreed = agreement(truths, ours);
  say(`    and in all ${truths.length} samples of both hosts:`);
  for (const name of WINDOW_NAMES) {
    const share = (agreed[name].equal * 100).toFixed(1);
    say(`    ${name.padEnd(4)} ${share.padStart(5)} % equal, never off by more than ${agreed[name].largestDifference}`);
  }
}

async function play(directory: string): Promise<void> {
  const truthSamples = parseCounts(truth());
  const recordedEnd = truthSamples.at(-1)?.at ?? 0;
  const end = Math.floor(Date.now() / 1000) + LEAD_SECONDS;
  const week = recordedWeek(end - recordedEnd);
  const listener = await listenForPackets();

  title('1. A configuration, and six days of a log that a real Prosody 0.12.3 wrote (its stamps moved to end now)');
  const paths = configure(directory, listener.port);
  layOut(
    paths,
    week.filter(({ at }) => at < end - DAY),
    end - 4 * DAY,
  );

  title('2. xmpp-active-users run: it reads what is there, counts, and sends to StatsD');
  const daemon = startDaemon(paths);
  const exited = once(daemon, 'exit');
  try {
    show(await listener.heard(isWhole), true);

    title('3. The last day is written while it watches');
    say('    It counts every hour on the hour. SIGHUP makes it begin anew, and count, without the wait.');
    let last: string[] = [];
    for (const [i, lines] of roundsOf(
      week.filter(({ at }) => at >= end - DAY),
      end - DAY,
      end,
    ).entries()) {
      const isLast = i === ROUNDS - 1;
      last = await writeAndCount(daemon, paths, lines, listener, isLast ? end * 1000 : 0);
      say(`  ${lines.length} lines later, those of ${DAY / 3600 / ROUNDS} hours:`);
      show(last, false);
    }
    const late = Math.floor(Date.now() / 1000) - end;
    title('4. The same instant, counted by mod_measure_active_users inside the server');
    if (late > 1) say(`    This machine is slow: the daemon counted up to ${late} s later.`);
    compareLast(
      last,
      truthSamples.filter(({ at }) => at === recordedEnd),
    );
  } finally {
    daemon.kill('SIGTERM');
    await exited;
    listener.close();
  }

  title('5. xmpp-active-users history --format chart: the week, from the log that it followed');
  history('--format', 'chart', paths.rotated, paths.log);

  title("6. Every hour of the recorded week: ours / the module's own, chat.example");
  compareWeek(truthSamples, parseCounts(history('--format', 'csv', '--year', '2026', ...FILES)));
}

const directory = mkdtempSync(join(tmpdir(), 'xmpp-active-users-demo-'));
const begun = performance.now();
const tidy = (): void => rmSync(directory, { recursive: true, force: true });
process.once('SIGINT', () => {
  tidy();
  process.exit(130);
});
try {
  await play(directory);
  say(paint(2, `\n${((performance.now() - begun) / 1000).toFixed(1)} seconds`));
} finally {
  tidy();
}
