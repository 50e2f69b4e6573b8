/** New and returning users of each week in the report, against a model that looks at every day of every user. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../program.ts';
import { SEED } from '../properties.ts';

const DAY = 86_400;
/** A Wednesday. */
const BEGIN = Date.UTC(2025, 0, 1) / 1000;
const DAYS = 150;
const USERS = 60;

interface Session {
  readonly user: string;
  readonly from: number;
  readonly to: number;
}

/** Mulberry32. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Each comes for some time now and then, the first one at once; a server's line each six hours tells that it runs. */
function sessions(below: (number: number) => number): Session[] {
  return Array.from({ length: USERS }, (_, user) => user).flatMap((user) => {
    const own: Session[] = [];
    for (
      let at = BEGIN + (user === 0 ? 60 : below(90 * DAY));
      at < BEGIN + (DAYS - 3) * DAY;
      at += 60 + below([2, 20, 50, 70][user % 4]! * DAY)
    ) {
      const to = at + below(user % 5 === 0 ? 3 * DAY : 3600);
      own.push({ user: `u${user}@${user % 3 === 0 ? 'a' : 'b'}.example`, from: at, to });
      at = to;
    }
    return own;
  });
}

function logOf(all: readonly Session[]): string {
  const stamp = (at: number): string => `${new Date(at * 1000).toISOString().slice(0, 19)}+0000`;
  const lines = all.flatMap(({ user, from, to }, i): [number, string][] => [
    [from, `c2s${i}\tinfo\tAuthenticated as ${user}`],
    [to, `c2s${i}\tinfo\tClient disconnected: closed`],
  ]);
  for (let at = BEGIN; at <= BEGIN + DAYS * DAY; at += DAY / 4) lines.push([at, 'mod_cron\tinfo\tRunning']);
  return lines
    .toSorted(([a], [b]) => a - b)
    .map(([at, text]) => `${stamp(at)} ${text}\n`)
    .join('');
}

/** What each row of the table should say. */
function model(all: readonly Session[], isAsked: (user: string) => boolean): string[] {
  const dayOf = (at: number): number => Math.ceil(at / DAY) - 1;
  const [first, last] = [dayOf(BEGIN + 1), dayOf(BEGIN + DAYS * DAY)];
  const weeks = new Map<number, { days: number; fresh: number; back: number; isKnown: boolean }>();
  const weekOf = (day: number) => {
    const monday = day - ((day + 3) % 7);
    const week = weeks.get(monday) ?? { days: 0, fresh: 0, back: 0, isKnown: true };
    weeks.set(monday, week);
    return week;
  };
  for (let day = first; day <= last; day++) {
    weekOf(day).days++;
    if (day < first + 30) weekOf(day).isKnown = false;
  }
  for (const user of new Set(all.map((session) => session.user))) {
    if (!isAsked(user)) continue;
    const seen = new Set<number>();
    for (const { from, to } of all.filter((session) => session.user === user))
      for (let day = dayOf(from); day <= dayOf(to); day++) seen.add(day);
    const days = [...seen].toSorted((a, b) => a - b);
    for (const [i, day] of days.entries()) {
      if (i === 0) weekOf(day).fresh++;
      else if (day - days[i - 1]! > 30) weekOf(day).back++;
    }
  }
  return [...weeks].map(([monday, { days, fresh, back, isKnown }]) => {
    const show = (count: number): string => (isKnown ? `${days < 7 ? '≥ ' : ''}${count}` : '?');
    return [new Date(monday * DAY * 1000).toISOString().slice(0, 10), show(fresh), show(back)].join(' | ');
  });
}

const rowsIn = (html: string): string[] =>
  [...html.matchAll(/<tr><th scope="row">(.*?)<\/th><td>(.*?)<\/td><td>(.*?)<\/td><\/tr>/g)].map(([, ...cells]) =>
    cells.map((cell) => cell.replace(/<meter.*<\/meter> /, '')).join(' | '),
  );

test('who is new and who returns is told by week, as a model of every day has it [11.7]', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'arrivals-'));
  t.after(() => rm(root, { recursive: true }));
  const all = sessions(randomFrom(SEED));
  const log = join(root, 'prosody.log');
  await writeFile(log, logOf(all));
  for (const [flags, isAsked] of [
    [[], () => true],
    [['--host', 'a.example'], (user: string) => user.endsWith('@a.example')],
  ] as const) {
    const { code, out, err } = await run(['history', '--timezone', 'UTC', '--format', 'html', ...flags, log]);
    assert.equal(code, 0, err);
    const [expected, rows] = [model(all, isAsked), rowsIn(out)];
    assert.ok(expected.some((row) => /\| [1-9]\d*$/.test(row)) && expected[0]?.endsWith('? | ?'));
    assert.deepEqual(rows, expected, `seed ${SEED}`);
  }
});
