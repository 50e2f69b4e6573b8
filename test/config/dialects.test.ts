/** `[dialect.NAME]`: what is taken, and what is said of what is not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigError, loadConfig, type Config } from '../../src/config/config.ts';

const FILE = '/etc/x.toml';

function load(toml: string): Config {
  const readFile = (path: string): string | undefined => (path === FILE ? toml : undefined);
  return loadConfig({ flags: { config: FILE }, env: {}, readFile, exists: () => false, defaultTimezone: 'UTC' });
}

const START = "start = '^(?<time>\\S+) in (?<session>\\d+) (?<user>\\S+)'";
const END = "end = '^(?<time>\\S+) out (?<session>\\d+)'";

test('a dialect of the file has a name that a log may have [10.5]', () => {
  const { dialects, logs } = load(`[dialect.mine]\n${START}\n${END}\n[[log]]\npath = "/x.log"\nserver = "mine"\n`);
  assert.deepEqual(
    dialects.map(({ name }) => name),
    ['mine'],
  );
  assert.equal(logs[0]?.server, 'mine');
});

const REFUSED: readonly (readonly [what: string, toml: string, said: string])[] = [
  ['no end', `[dialect.mine]\n${START}`, `line 1: this [dialect.mine] has no end`],
  ['a broken pattern', `[dialect.mine]\nstart = '('\n${END}`, 'line 2: dialect.mine.start is no regular expression'],
  [
    'a back reference',
    `[dialect.mine]\n${START}\nend = '^(?<time>.)(?<session>a)\\1'`,
    'line 3: dialect.mine.end is no regular expression',
  ],
  [
    'no user',
    `[dialect.mine]\nstart = '^(?<time>.) (?<session>.)'\n${END}`,
    'line 2: dialect.mine.start must have the group (?<user>...)',
  ],
  [
    'no time in front',
    `[dialect.mine]\n${START}\n\nend = '(?<session>.) (?<time>.)'`,
    'line 4: dialect.mine.end must begin with the time',
  ],
  ['no text', `[dialect.mine]\nstart = 3\n${END}`, 'line 2: dialect.mine.start must be a regular expression'],
  ['another key', `[dialect.mine]\n${START}\n${END}\nuser = 'x'`, 'line 4: unknown key "user"'],
  ['the name of a server', `[dialect.prosody]\n${START}\n${END}`, 'line 1: the NAME of a [dialect.NAME] must be'],
  ['no name', `[dialect]\n${START}`, 'line 1: a dialect has a name'],
  ['no such dialect', `[[log]]\npath = "/x.log"\nserver = "mine"`, 'line 3: log.0.server must be one of auto'],
];

describe('what is refused is told with file and line', () => {
  for (const [what, toml, said] of REFUSED)
    test(`${what} [10.5]`, () => {
      assert.throws(
        () => load(toml),
        (error) => error instanceof ConfigError && error.problems.some((each) => each.includes(`${FILE} ${said}`)),
      );
    });
});
