/** Old logs for tests: text whose instants are known, put into files as rotation and administrators do. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { after } from 'node:test';
import { arrange as arrangeLogs, type ArrangeOptions, type Arrangement } from '../../../src/service/archive/arrange.ts';
import { rotatedName } from '../../../src/source/files/rotated-name.ts';
import { archive } from '../../source/archives.ts';

export const DAY = 86_400;
export const NOW = at('2026-11-24T04:00:00Z');

export function at(iso: string): number {
  return Date.parse(iso) / 1000;
}

export function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** As Prosody's default form shows it. */
export function stamp(instant: number, zone = 'UTC'): string {
  let format = formats.get(zone);
  if (!format) {
    const parts = { month: 'short', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
    formats.set(zone, (format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...parts })));
  }
  return format.format(instant * 1000).replace(',', '');
}

export interface Text {
  readonly from: number;
  /** Of the last line. */
  readonly to: number;
  readonly text: string;
}

/** A line at `from`, then one each `step` seconds, and one at `to`. */
export function log(from: number, to: number, step: number, { zone = 'UTC', who = 'u' } = {}): Text {
  let text = '';
  const line = (now: number): void => {
    text += `${stamp(now, zone)} c2s${now.toString(16)}\tinfo\tAuthenticated as ${who}${now % 97}@chat.example\n`;
  };
  for (let now = from; now < to; now += step) line(now);
  line(to);
  return { from, to, text };
}

export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'archive-'));

  /** `time`: unix seconds of the modification. Compressed by what the name ends in. */
  put(name: string, content: string | Buffer, time: number, gzipTime = 0): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    const bytes = archive(extname(name), Buffer.from(content));
    if (name.endsWith('.gz') && gzipTime > 0) bytes.writeUInt32LE(gzipTime, 4);
    writeFileSync(path, bytes);
    utimesSync(path, time, time);
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

const folders: Folder[] = [];
after(() => folders.forEach((made) => made.remove()));

/** Removed when all tests of the file are over. */
export function folder(): Folder {
  const made = new Folder();
  folders.push(made);
  return made;
}

/** All files as those of one log, called as the live path of the first one. */
export function arrange(
  files: readonly string[],
  { timezone, ...options }: ArrangeOptions & { readonly timezone: string },
): Promise<Arrangement> {
  const { log } = rotatedName(files[0] ?? '');
  return arrangeLogs([{ log, files, timezone, isByName: false }], options);
}

/** What an arrangement says, for comparison: names relative to the folder. */
export function shown({ allSeries }: Arrangement, folder: Folder): string[][] {
  const short = (path: string): string => path.slice(folder.path.length + 1);
  return allSeries.map((series) => [
    short(series.log),
    ...series.archivedFiles.map(
      (archivedFile) => `${short(archivedFile.path)} ${iso(archivedFile.firstAt)} ${iso(archivedFile.lastAt)}`,
    ),
  ]);
}
