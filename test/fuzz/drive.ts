/** The program as the fuzzer drives it: its own command line, in this process and with a clock of our own. */
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { parseCommandLine } from '../../src/cli/command-line.ts';
import { ConfigError, loadConfig } from '../../src/config/config.ts';
import type { Io } from '../../src/cli/io.ts';
import { stampOf } from './stamps.ts';
import type { Case, LogCase, PieceCase } from './case.ts';
import type { Entry } from './prosody.ts';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export const textOf = (entries: readonly Entry[], { format, zone }: Pick<LogCase, 'format' | 'zone'>): string =>
  entries.map(({ at, text }) => `${stampOf(format, at, zone)} ${text}\n`).join('');

export const pathOf = (root: string, log: LogCase, piece: PieceCase): string => join(root, log.directory, piece.name);

export function writePiece(root: string, log: LogCase, piece: PieceCase): string {
  const path = pathOf(root, log, piece);
  mkdirSync(dirname(path), { recursive: true });
  const text = Buffer.from(textOf(piece.entries, log));
  writeFileSync(path, piece.gzip ? compressed(text, piece) : text);
  utimesSync(path, piece.mtime, piece.mtime);
  return path;
}

/** With the time in its header (RFC 1952), as gzip does and zlib does not. */
function compressed(text: Buffer, { gzipTime, mtime }: PieceCase): Buffer {
  const bytes = gzipSync(text, { level: 1 });
  if (gzipTime) bytes.writeUInt32LE(mtime, 4);
  return bytes;
}

/** Writes the files of a case; their paths, oldest first. */
export function writeFiles(root: string, { logs }: Case): string[] {
  return logs.flatMap((log) => log.pieces.map((piece) => writePiece(root, log, piece)));
}

export function writeConfig(root: string, { rules, logs }: Case, statsdPort = 9): string {
  const path = join(root, 'config.toml');
  const tables = logs.map(
    ({ directory, name, zone }) =>
      `[[log]]\npath = ${JSON.stringify(join(root, directory, name))}\ntimezone = "${zone}"\n`,
  );
  writeFileSync(
    path,
    `${tables.join('')}
[count]
exclude = ${JSON.stringify(rules.exclude)}
include_disabled = ${rules.includeDisabled}
hibernation_seconds = ${rules.hibernation}
bosh_seconds = ${rules.bosh}
[statsd]
host = "127.0.0.1"
port = ${statsdPort}
[index]
path = ${JSON.stringify(join(root, 'index'))}
`,
  );
  return path;
}

export interface Surroundings {
  /** Unix seconds. */
  readonly now: () => number;
  readonly signal?: AbortSignal;
  /** Gets each message as it is said. */
  readonly said?: (message: string) => void;
}

/** One command, to its end. */
export async function invoke(argv: readonly string[], { now, signal, said }: Surroundings): Promise<Outcome> {
  let [out, err] = ['', ''];
  const asked = parseCommandLine(argv, '0', 80);
  if ('exitCode' in asked) return { code: asked.exitCode, out: '', err: asked.text };
  const sink = (take: (text: string) => void): Writable =>
    new Writable({ write: (chunk: Buffer, _encoding, done) => (take(chunk.toString()), done()) });
  const config = () =>
    loadConfig({
      flags: asked.flags,
      env: {},
      readFile: (path) => readFileSync(path, 'utf8'),
      exists: () => false,
      defaultTimezone: 'UTC',
    });
  const io: Io = {
    stdin: Readable.from([]),
    stdout: sink((text) => (out += text)),
    stderr: sink((text) => (err += text)),
    ...{ columns: 80, isTTY: false, stderrIsTTY: false, isPiped: true, env: {}, version: '' },
    stderrColumns: () => 80,
    ...{ now, watchdogMs: undefined, monotonic: () => 0n },
    signal: signal ?? new AbortController().signal,
    onHangup: () => {},
    releaseMemory: () => {},
    log: (level, message) => {
      err += `${level}: ${message}\n`;
      said?.(message);
    },
    reloadConfig: config,
  };
  try {
    return { code: await asked.begin(config(), io), out, err };
  } catch (error) {
    const problem =
      error instanceof ConfigError ? error.problems.join('\n') : error instanceof Error ? error.stack : '';
    return { code: 2, out, err: `${err}${problem}` };
  }
}
