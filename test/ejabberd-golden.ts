/** The golden logs of ejabberd in test/logs/ejabberd. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { SessionEvent } from '../src/format/dialects/dialect.ts';
import { ejabberd } from '../src/format/dialects/ejabberd.ts';
import type { LineCounts } from '../src/format/line-decoder.ts';
import { eventsOf } from './golden.ts';

export const pathOf = (path: string): string =>
  fileURLToPath(new URL(`../../test/logs/ejabberd/${path}`, import.meta.url));

/** A file below test/logs/ejabberd, uncompressed. */
export function fileOf(path: string): Buffer {
  const bytes = readFileSync(pathOf(path));
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

export const linesOf = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''));

export function ejabberdEvents(log: Buffer, timezone = 'UTC'): [SessionEvent[], LineCounts] {
  return eventsOf(log, { timezone, year: 2026 }, ejabberd);
}
