/** Lines read by the reader, which is the definition, and with each of the scanners. */
import { Sessions } from '../../../src/activity/sessions.ts';
import { Users } from '../../../src/activity/user-table.ts';
import { decode } from '../../../src/format/decoder.ts';
import type { Dialect, Happening } from '../../../src/format/dialects/dialect.ts';
import { EventBatch } from '../../../src/format/event-batch.ts';
import { prosody } from '../../../src/format/dialects/prosody.ts';
import { LineDecoder, type LineCounts } from '../../../src/format/line-decoder.ts';
import type { ScanPlan } from '../../../src/format/scanner/plan.ts';
import { Scanner, type LineScanner } from '../../../src/format/scanner/scanner.ts';
import { scannersFor, newUsers } from '../../../src/service/new-users.ts';
import { OPTIONS } from '../../golden.ts';

interface Outcome {
  readonly events: readonly Happening[];
  readonly counts: LineCounts;
  readonly state: unknown;
}

export interface Zone {
  readonly timezone: string;
  readonly year: number;
  /** By default Prosody's. */
  readonly dialect?: Dialect;
  /** The latest instant believed, unix seconds. */
  readonly horizon?: number;
}

const HORIZON = Date.UTC(2030, 0, 1) / 1000;

function readerOf({ timezone, year, dialect = prosody, horizon = HORIZON }: Zone): LineDecoder {
  const state = { clock: { year, last: undefined } };
  return new LineDecoder({ dialect, timezone, state, horizon: () => horizon });
}

export function byReader(blocks: readonly Buffer[], zone: Zone): Outcome {
  const reader = readerOf(zone);
  const events: Happening[] = [];
  for (const block of blocks) reader.read(block, (event) => events.push(event));
  return { events, counts: reader.counts, state: reader.state };
}

type ScannersOf = (users: Users) => (plan: ScanPlan) => LineScanner;

/** With the number of events that a scanner found. */
export function byScanner(
  blocks: readonly Buffer[],
  zone: Zone,
  [users, scannersOf]: readonly [Users, ScannersOf],
): Outcome & { scanned: number } {
  const sessions = new Sessions(users, OPTIONS);
  const reader = readerOf(zone);
  const scannerOf = scannersOf(users);
  const events: Happening[] = [];
  let scanned = 0;
  for (const block of blocks) {
    const batch = new EventBatch(block);
    decode(batch, reader, scannerOf);
    sessions.expect(batch);
    // By themselves, as where they wait for other logs.
    const copies = new EventBatch(Buffer.alloc(0));
    for (let i = 0; i < batch.count; i++) {
      sessions.copy(batch, i, copies);
      events.push(copies.other(i) ?? sessions.eventOf(batch, i));
    }
    scanned += batch.count - batch.others.length;
  }
  return { events, counts: reader.counts, state: reader.state, scanned };
}

const COUNT = { exclude: [], includeDisabled: false, windows: [1, 7, 30], ...OPTIONS };
export const SCANNERS: Readonly<Record<string, () => readonly [Users, ScannersOf]>> = {
  'in TypeScript': () => {
    const users = new Users({ ...COUNT, seed: 99 });
    return [users, () => (plan) => new Scanner(users.names, plan)];
  },
  'in WebAssembly': () => [newUsers({ count: COUNT }), scannersFor],
};

/** Whole lines, about `size` bytes at a time. */
export function blocksOf(log: Buffer, size: number): Buffer[] {
  const blocks: Buffer[] = [];
  for (let from = 0, to; from < log.length; from = to) {
    to = log.indexOf(10, Math.min(from + size, log.length - 1)) + 1;
    blocks.push(log.subarray(from, to));
  }
  return blocks;
}
