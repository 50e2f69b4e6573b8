/** Files that begin or end with lines of another time: where they belong is told by what most of them and the rest say. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { arrange, at, DAY, folder, iso, log, NOW, type Text } from '../../service/archive/old-logs.ts';

/** The forms without a year and with one. */
const FORMS: readonly (readonly [name: string, shown: (text: string, year: string) => string])[] = [
  ['without a year', (text) => text],
  ['with a year', (text, year) => text.replaceAll(/^(\w{3} \d\d) /gm, `$1 ${year} `)],
];

const stray = (day: string): string => `${day} c2s1\tinfo\tAuthenticated as stray@chat.example\n`;

/** Three files that follow each other, each of two days. */
const TEXTS: readonly Text[] = [0, 1, 2].map((i) =>
  log(at('2025-05-17T10:01:00Z') + i * 2 * DAY, at('2025-05-19T10:00:00Z') + i * 2 * DAY, 1800),
);

interface Place {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

interface Files {
  readonly names: readonly string[];
  readonly shown: (text: string, year: string) => string;
  readonly timeOf: (text: Text) => number;
  /** Before and behind the lines of the second file. */
  readonly before?: string;
  readonly behind?: string;
  readonly now?: number;
}

async function placesOf({ names, shown, timeOf, before = '', behind = '', now = NOW }: Files): Promise<Place[]> {
  const into = folder();
  const paths = TEXTS.slice(-names.length).map((text, i) => {
    const isStrayed = names.length === 1 || i === 1;
    const whole = shown(isStrayed ? before + text.text + behind : text.text, '2025');
    return into.put(names[i] ?? '', whole, timeOf(text));
  });
  const { allSeries } = await arrange(paths, { timezone: 'UTC', now });
  assert.equal(allSeries.length, 1);
  return (allSeries[0]?.archivedFiles ?? []).map(({ path, firstAt, lastAt }) => ({
    name: path.slice(into.path.length + 1),
    from: iso(firstAt),
    to: iso(lastAt),
  }));
}

const NAMES = {
  'numbered files': ['x.log.2', 'x.log.1', 'x.log'],
  'files with dates': ['x.log-20250519', 'x.log-20250521', 'x.log'],
  'a single file': ['x.log'],
} as const;

const TIMES: readonly (readonly [what: string, timeOf: (text: Text) => number, now: number])[] = [
  ['their own modification times', ({ to }) => to + 60, NOW],
  ['their own modification times, and now is soon after', ({ to }) => to + 60, at('2025-05-23T11:00:00Z')],
  ['modification times of 1.9 days later', ({ to }) => to + 1.9 * DAY, NOW],
  ['the time of a copy that was made weeks later', () => at('2025-06-18T10:00:00Z'), NOW],
  ['the time of a copy that was made months later', () => at('2025-08-18T10:00:00Z'), NOW],
];

/** What is right whatever the strays are. */
const truth = (names: readonly string[]): Place[] =>
  TEXTS.slice(-names.length).map(({ from, to }, i) => ({ name: names[i] ?? '', from: iso(from), to: iso(to) }));

const DAYS = ['May 28', 'Jun 09', 'Sep 01', 'Apr 02', 'Jan 05'];

/** Where files are put wrongly; `of` shows what must be right of each. */
async function wrongPlaces(
  files: Omit<Files, 'before' | 'behind'>,
  end: 'before' | 'behind',
  of: (place: Place) => string,
): Promise<string[]> {
  const wrong: string[] = [];
  for (const day of DAYS)
    for (const count of [1, 2]) {
      const lines = Array.from({ length: count }, (_, i) => stray(`${day} 10:0${i}:00`)).join('');
      const found = (await placesOf({ ...files, [end]: lines })).map(of).join(', ');
      if (found !== truth(files.names).map(of).join(', ')) wrong.push(`${count} of ${day}: ${found}`);
    }
  return wrong;
}

for (const [form, shown] of FORMS)
  for (const [what, names] of Object.entries(NAMES))
    for (const [times, timeOf, now] of TIMES)
      describe(`stray lines of ${what}, ${form}, with ${times}`, () => {
        const files = { names, shown, timeOf, now };
        test('at the end set no place [8.15]', async () =>
          assert.deepEqual(await wrongPlaces(files, 'behind', ({ name, from }) => `${name} ${from}`), []));
        test('at the beginning set no place [8.15]', async () =>
          assert.deepEqual(await wrongPlaces(files, 'before', ({ name, to }) => `${name} ${to}`), []));
      });
