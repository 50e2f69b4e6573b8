/** A random case from a seed: what the servers wrote, when their clocks were wrong, and how it was rotated. */
import { type Case, type LogCase, type PieceCase } from './case.ts';
import type { Entry } from './prosody.ts';
import { Random } from './random.ts';
import { FORMS, formOf, hasRepeatedHour, isShownAgain, wallOf, ZONES, type Form } from './stamps.ts';
import { linesOfAWorld } from './world.ts';

const HOUR = 3600;
const DAY = 86_400;

export interface CaseOptions {
  /** The last line is not later, unix seconds; random, in the past, when absent. */
  readonly until?: number;
}

export function caseOf(seed: number, options: CaseOptions = {}): Case {
  const random = new Random(seed);
  const anyTime = random.int(Date.UTC(2019, 0, 1) / 1000, Date.UTC(2029, 10, 20) / 1000);
  const until = options.until ?? anyTime;
  const days = random.weighted([
    [random.int(1, 3), 4],
    [random.int(4, 20), 5],
    [random.int(30, 70), 2],
    [random.int(300, 500), 0.1],
  ]);
  const from = until - days * DAY + random.int(0, 3000);
  const now = until + (options.until === undefined ? random.pick([5, 600, 30_000, 3 * DAY]) : 0);
  const form = formOf(random.weighted(FORMS));
  const zone = random.pick(ZONES);
  const directories = random.chance(0.15) ? ['a', 'b'] : ['logs'];
  const hibernation = random.chance(0.8) ? 600 : random.pick([60, 300, 3600]);
  const logs = directories.map((directory) => logOf(random, { directory, from, until, now, form, zone, hibernation }));
  const rules = { ...rulesOf(random, logs), hibernation };
  return { seed, now, rules, logs, lives: livesOf(random, from, until) };
}

function rulesOf(random: Random, logs: readonly LogCase[]): Omit<Case['rules'], 'hibernation'> {
  const users = [...new Set(logs.flatMap(({ pieces }) => pieces.flatMap((piece) => piece.entries.flatMap(userOf))))];
  const exclude = users.length > 0 && random.chance(0.2) ? [random.pick(users)] : [];
  return {
    bosh: random.chance(0.8) ? 43_200 : random.pick([600, 7200, 86_400]),
    includeDisabled: random.chance(0.2),
    exclude,
  };
}

/** Some starts of a daemon while the logs grow, and one behind their end. */
function livesOf(random: Random, from: number, until: number): Case['lives'] {
  const starts = Array.from({ length: random.int(1, 3) }, () => random.int(from + HOUR, until));
  let written = from;
  return [...starts.toSorted((a, b) => a - b), until + random.int(0, 600)].map((start) => {
    const at = Math.max(start, written);
    // Now and then the logs go on while it runs.
    written = random.chance(0.5) ? Math.max(at, Math.min(until, at + random.int(60, 40_000))) : at;
    return { at, until: written };
  });
}

const userOf = ({ says }: Entry): string[] => (says && 'user' in says ? [says.user] : []);

interface LogOptions {
  readonly directory: string;
  readonly from: number;
  readonly until: number;
  readonly now: number;
  readonly form: Form;
  readonly zone: string;
  readonly hibernation: number;
}

function logOf(random: Random, options: LogOptions): LogCase {
  const { directory, from, until, now, form, zone, hibernation } = options;
  // In an hour that repeats, only the order of the lines tells: there must be some.
  const isTold = form.hasZone || !hasRepeatedHour(zone, from, until + DAY);
  const days = (until - from) / DAY;
  const users = random.int(1, days > 100 ? 3 : days > 20 ? 8 : 14);
  const written = linesOfAWorld({
    random,
    from,
    until,
    ...{ users, hibernation },
    version: random.pick(['0.12.3', '0.12.3', '13.0.1', '13.0.7']),
    hosts: [`${directory}.chat.example`, ...(random.chance(0.3) ? [`${directory}.work.example`] : [])],
    smacks: random.pick([0, 0.3, 1]),
    bosh: random.pick([0, 0, 0.2]),
    away: random.pick([0.2, 1, 4]) * DAY * (days > 100 ? 4 : 1),
    online: random.pick([0.5, 6, 40]) * HOUR,
    restarts: random.int(0, 4),
    longestPause: isTold ? 4 * HOUR : 60,
    debug: random.pick([0, 0, 0, 1, 0.5]),
    removals: random.pick([0, 0, 1, 4]),
    quiet: isTold ? random.pick([3000, 4 * HOUR]) : 3000,
  });
  const begin = written.findIndex(({ at }) => form.hasZone || !isShownAgain(at, zone));
  const entries = withWrongClock(random, written.slice(Math.max(0, begin)), now, form);
  return { directory, name: 'prosody.log', format: form.format, zone, pieces: rotated(random, entries, options) };
}

/** Seconds that the clock was ahead before it was set right, lines that overtook each other, and lines from the future. */
function withWrongClock(random: Random, written: readonly Entry[], now: number, { hasYear }: Form): Entry[] {
  const entries = [...written];
  for (let n = random.pick([0, 0, 1, 3]); n > 0; n--) {
    const [at, length, ahead] = [random.int(0, entries.length), random.int(1, 20), random.int(1, 90)];
    for (let i = at; i < Math.min(at + length, entries.length - 1); i++) shift(entries, i, ahead);
  }
  for (let n = random.pick([0, 0, 3, 30]); n > 0; n--) swapAt(entries, random.int(0, entries.length - 1));
  // In older files a stamp without a year, of a day that is still to come, would be one of theirs.
  const isRecent = (entries[0]?.at ?? now) > now - 300 * DAY;
  // And whoever reads it more than a month before that day takes it for one of the year that has begun: a clock that was not set.
  const early = hasYear ? 0 : entries.findIndex(({ at }) => at > now - 10 * DAY);
  for (let n = isRecent && random.chance(0.2) ? random.int(1, 4) : 0; n > 0; n--) {
    const id = `c2s57${random.hex(10)}`;
    const user = 'ghost@future.example';
    const at = now + random.pick([301, 4000, 20 * DAY]) + random.int(0, 900);
    const says = { kind: 'authenticated', id, user } as const;
    entries.splice(random.int(Math.max(1, early), entries.length), 0, {
      at,
      text: `${id}\tinfo\tAuthenticated as ${user}`,
      says,
    });
  }
  return entries;
}

function shift(entries: Entry[], i: number, seconds: number): void {
  const entry = entries[i];
  if (entry) entries[i] = { ...entry, at: entry.at + seconds };
}

/** Lines of different sources may overtake each other within seconds. */
function swapAt(entries: Entry[], i: number): void {
  const [a, b] = [entries[i], entries[i + 1]];
  if (!a || !b || b.at - a.at > 5 || !isIndependent(a, b)) return;
  [entries[i], entries[i + 1]] = [b, a];
}

function isIndependent(a: Entry, b: Entry): boolean {
  const parties = ({ says, text }: Entry): string[] => {
    if (!says) return [text.slice(0, text.indexOf('\t'))];
    return 'id' in says ? [says.id] : ['everybody'];
  };
  const [ofA, ofB] = [parties(a), parties(b)];
  return ![...ofA, ...ofB].includes('everybody') && !ofA.some((party) => ofB.includes(party));
}

type Naming = (age: number, cutAt: number, zone: string) => string;

const dayOf = (at: number, zone: string): string => wallOf(at, zone).toISOString().slice(0, 10).replaceAll('-', '');

/** How the rotated pieces are called; `age` is 1 for the newest. */
const NAMINGS: readonly Naming[] = [
  (age) => `prosody.log.${age}`,
  (age) => `prosody.log.${age}`,
  (age) => `prosody.log.${age - 1}`,
  (_age, at, zone) => `prosody.log-${dayOf(at, zone)}`,
  (_age, at, zone) => `prosody-${dayOf(at, zone)}.log`,
  (_age, at, zone) => `prosody.log-${dayOf(at, zone)}-${at}`,
];

/** Cut where it was rotated, named, compressed, and with the times of the last changes. */
function rotated(random: Random, entries: readonly Entry[], { zone, now, until, from }: LogOptions): PieceCase[] {
  const days = (until - from) / DAY;
  const every = random.pick([DAY, DAY, 7 * DAY, 30 * DAY]) * (days > 100 ? 7 : 1);
  const cuts = cutsOf(entries, { first: from + random.int(0, DAY), every, now, zone });
  const naming = random.pick(NAMINGS);
  const [gzip, gzipTime] = [random.chance(0.6), random.chance(0.8)];
  const isLive = random.chance(0.8);
  const pieces: PieceCase[] = [];
  for (const [i, { start, end, at }] of cuts.entries()) {
    const age = cuts.length - 1 - i + (isLive ? 0 : 1);
    const own = entries.slice(start, end);
    const last = Math.max(...own.map(({ at }) => at).filter((at) => at <= now));
    const isCompressed = age > 1 && gzip;
    const name = age === 0 ? 'prosody.log' : naming(age, at, zone);
    const mtime = Math.min(now, last + random.int(0, 2));
    pieces.push({ name: `${name}${isCompressed ? '.gz' : ''}`, gzip: isCompressed, gzipTime, mtime, entries: own });
  }
  return pieces;
}

interface Cut {
  /** The places of the first and behind the last line. */
  readonly start: number;
  readonly end: number;
  /** When it was rotated, unix seconds. */
  readonly at: number;
}

interface Rotation {
  readonly first: number;
  readonly every: number;
  readonly zone: string;
  /** Lines of a later time are from a wrong clock, and none to go by. */
  readonly now: number;
}

function cutsOf(entries: readonly Entry[], { first, every, now, zone }: Rotation): Cut[] {
  const cuts: Cut[] = [];
  const days = new Set<string>();
  let start = 0;
  let next = first + every;
  for (const [i, { at }] of entries.entries()) {
    if (at < next || at > now || i - start < 3) continue;
    // On a day of 25 hours the time may come twice; the second file of a date is not made.
    const day = dayOf(next, zone);
    if (!days.has(day)) {
      cuts.push({ start, end: i, at: next });
      start = i;
    }
    days.add(day);
    while (next <= at) next += every;
  }
  return [...cuts, { start, end: entries.length, at: next }];
}
