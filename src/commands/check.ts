/**
 * `check`: what the configuration means and where it came from, which files will be followed and can be read, what share of
 * their lines is understood, and whether StatsD's name resolves. Exit code 1 when something would not work.
 */
import { lookup } from 'node:dns/promises';
import { constants } from 'node:fs';
import { access, open, stat, type FileHandle } from 'node:fs/promises';
import { once } from 'node:events';
import { connect, isIP } from 'node:net';
import { dirname } from 'node:path';
import type { Config, LogConfig } from '../config.ts';
import { dialectNamed, recogniseDialect } from '../dialect/dialects.ts';
import { forgeryWarning, quotedWarning } from '../dialect/forgeable.ts';
import { recogniseStamp } from '../dialect/timestamp.ts';
import { whyNotPermitted } from '../log/permission.ts';
import { rotatedFiles } from '../log/siblings.ts';
import { checkIndex } from './check-index.ts';
import { isReachable, type Report } from './check-report.ts';
import { print, type Io } from './io.ts';

/** So much of the end of a log is looked at, bytes. */
const LOOK_AT = 1024 * 1024;
const CONNECT_MS = 3000;

export async function check(config: Config, _args: object, io: Io): Promise<number> {
  const report: Report = { lines: [], failures: [] };
  describeSettings(config, report);
  if (config.logs.length === 0) {
    report.failures.push(
      'no log is configured and none of the usual ones exists: set [[log]] path, or give --log FILE',
    );
  }
  for (const log of config.logs) await checkLog(log, report);
  await checkStatsd(config, report);
  await checkIndex(config, report, io.now());
  await print(io, `${report.lines.join('\n')}\n`);
  for (const failure of report.failures) io.log('warning', failure);
  io.log(
    'info',
    report.failures.length === 0
      ? 'all of this will work'
      : `something of this will not work (problems: ${report.failures.length})`,
  );
  return report.failures.length === 0 ? 0 : 1;
}

function describeSettings(config: Config, { lines }: Report): void {
  lines.push(`configuration file: ${config.file ?? 'none'}`);
  for (const [key, origin] of [...config.origin].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const value = valueAt(config, key);
    if (value !== undefined) lines.push(`  ${key} = ${JSON.stringify(value)} (${origin})`);
  }
}

/** The value of a dotted key, `statsd.repeat_seconds` or `log.0.path`. */
function valueAt(config: Config, key: string): unknown {
  const names = key.split('.').map((name) => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));
  const [first = '', ...rest] = names;
  const sections: Record<string, unknown> = { ...config, log: config.logs, ...config.otherLogs };
  return rest.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], sections[first]);
}

async function checkLog(log: LogConfig, report: Report): Promise<void> {
  const siblings = rotatedFiles(log.path);
  const rotated = siblings.length === 0 ? '' : `, and ${siblings.length} rotated files beside it`;
  report.lines.push(`log ${log.path} (server ${log.server}, zone ${log.timezone})${rotated}`);
  try {
    const text = await endOf(log.path);
    report.lines.push(`  ${describeLines(text, log)}`);
    for (const warning of warningsOf(text, log)) report.lines.push(`  warning: ${warning}`);
    const lines = linesOf(text);
    if (lines.length > 0 && recogniseStamp(lines) === undefined) {
      report.failures.push(
        `${log.path}: its lines begin with no time, so nothing can be counted from it; remove timestamps = false from the log settings of the server`,
      );
    }
    if (text !== '' && shareUnderstood(text, log) < 0.5) {
      report.failures.push(
        `${log.path}: most lines are not understood; see what "xmpp-active-users explain ${log.path}" finds in them, and set server`,
      );
    }
  } catch (error) {
    await explainUnreadable(log.path, error, report);
  }
}

async function explainUnreadable(path: string, error: unknown, { failures }: Report): Promise<void> {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' && (await isReachable(dirname(path)))) {
    failures.push(`${path}: does not exist; correct [[log]] path, or start the server (run waits until it appears)`);
  } else if (code === 'ENOENT') {
    failures.push(`${path}: there is no directory ${dirname(path)}: correct [[log]] path`);
  } else if (code === 'EACCES') {
    failures.push(`${path} ${whyNotPermitted(path)}`);
  } else if (code === 'EISDIR') {
    failures.push(`${path}: is a directory: name the log file in it`);
  } else {
    failures.push(`${path}: cannot be read (${code ?? String(error)})`);
  }
}

/** The last whole lines of a file, one character per byte. */
async function endOf(path: string): Promise<string> {
  const found = await stat(path);
  const { size } = found;
  // To open a pipe would wait for its writer.
  if (!found.isFile() && !found.isDirectory())
    throw Object.assign(new Error('not a file'), { code: 'no regular file' });
  const handle = await open(path);
  try {
    const from = Math.max(0, size - LOOK_AT);
    const text = await textFrom(handle, from, size - from);
    return from === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } finally {
    await handle.close();
  }
}

async function textFrom(handle: FileHandle, from: number, length: number): Promise<string> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, from);
  return buffer.toString('latin1', 0, bytesRead);
}

function describeLines(text: string, log: LogConfig): string {
  const lines = linesOf(text);
  if (lines.length === 0) return 'is empty';
  const dialect = dialectNamed(log.server) ?? recogniseDialect(lines);
  const stamp = recogniseStamp(lines);
  const share = Math.floor(shareUnderstood(text, log) * 1000) / 10;
  return `written by ${dialect?.name ?? 'no server that is known'}, time stamps: ${stamp?.name ?? 'none'}; ${share} % of the last ${lines.length} lines are understood`;
}

const linesOf = (text: string): string[] => text.split('\n').slice(0, -1);

/** What a remote party could do to the log, and has perhaps done. */
function warningsOf(text: string, log: LogConfig): readonly string[] {
  const dialect = dialectNamed(log.server) ?? recogniseDialect(linesOf(text));
  if (!dialect) return [];
  const parser = dialect.begin();
  let quoted = 0;
  for (let start = 0, end; (end = text.indexOf('\n', start)) >= 0; start = end + 1)
    if (parser.parse(text, start, end) === 'quoted') quoted++;
  const warnings = [forgeryWarning(log.path, dialect.name, parser.version), quotedWarning(log.path, quoted)];
  return warnings.filter((warning) => warning !== undefined);
}

/** Of the lines that are no continuation, how many look like the server's; 0..1. */
function shareUnderstood(text: string, log: LogConfig): number {
  const lines = linesOf(text);
  const parser = (dialectNamed(log.server) ?? recogniseDialect(lines))?.begin();
  if (!parser) return 0;
  const kinds = lines.map((line) => parser.parse(line, 0, line.length)).filter((kind) => kind !== 'continuation');
  return kinds.length === 0 ? 0 : kinds.filter((kind) => kind !== 'foreign').length / kinds.length;
}

async function checkStatsd({ statsd }: Config, { lines, failures }: Report): Promise<void> {
  const { host, port, protocol, prefix } = statsd;
  lines.push(
    `StatsD ${host}${protocol === 'uds' ? '' : `:${port}`} over ${protocol}: ${prefix}active_users_1d.HOST, ...`,
  );
  try {
    if (protocol === 'uds') await access(host, constants.W_OK);
    else if (isIP(host) === 0) await lookup(host);
    if (protocol === 'tcp') await connects(host, port);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    failures.push(`${troubleWith(statsd, reason)} (${reason})`);
  }
}

/** Whether somebody listens; over UDP that cannot be known. */
async function connects(host: string, port: number): Promise<void> {
  const socket = connect({ host, port });
  socket.setTimeout(CONNECT_MS, () => socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}

function troubleWith({ host, port, protocol }: Config['statsd'], reason: string): string {
  if (protocol === 'uds') return `statsd.host ${host}: the socket cannot be used`;
  if (/^E(?:CONN|TIMEDOUT|HOST|NET)/.test(reason)) return `statsd: nothing answers at ${host}:${port} over tcp`;
  return `statsd.host ${host}: the name does not resolve`;
}
