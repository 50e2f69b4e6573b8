/** What `check` says of a log at a level that tells of no session, or not of its end: the setting, and the line for it. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../program.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'levels-'));
});
after(() => rm(root, { recursive: true }));

const made = (name: string): string => fileURLToPath(new URL(`../../../test/logs/made/${name}`, import.meta.url));
/** As many lines as say something when there is no login among them. */
const many = (line: string): string => `${Array<string>(30).fill(line).join('\n')}\n`;
const tigase = (level: string): string =>
  many(`[2026-03-02 10:00:00:123] [${level}] [                  main ] XMPPServer.start()                   : x`);

const CASES: readonly [what: string, lines: () => Promise<string> | string, advice: RegExp][] = [
  [
    'Openfire at info',
    () => readFile(made('openfire-5.1-info.log'), 'utf8'),
    /<Logger name="org\.jivesoftware\.openfire\.spi\.RoutingTableImpl" level="debug"\/>/,
  ],
  ['Tigase at its default, CONFIG', () => tigase('CONFIG '), /SessionManager' = \{ level = FINEST \}/],
  ['Tigase with warnings only', () => tigase('WARNING'), /SessionManager' = \{ level = FINEST \}/],
  [
    'MongooseIM 6.8 at info',
    () => readFile(made('mongooseim-6.8-info.log'), 'utf8'),
    /loglevel = "debug" in mongooseim\.toml/,
  ],
  [
    'MongooseIM at its default, warning',
    () => many('when=2026-03-02T10:00:00.123456+00:00 level=warning what=x pid=<0.5.0> at=a:b/3:1 text=y '),
    /loglevel = "info" \(6\.1 on "debug"\) in \[general\] of mongooseim\.toml/,
  ],
  [
    'ejabberd with warnings only',
    () => many('2026-03-02 10:00:00.123456+00:00 [warning] <0.5.0>@a:b/2:1 something'),
    /loglevel: info \(the same as 4\) in ejabberd\.yml/,
  ],
  [
    'Prosody with warnings only',
    () => many('2026-03-02T10:00:00Z c2s55d2\twarn\tsomething'),
    /log = \{ info = "\/var\/log\/prosody\/prosody\.log" \}/,
  ],
];

describe('a log of a server at a level that tells too little is told with the setting that helps', () => {
  for (const [what, lines, advice] of CASES)
    test(`${what} [10.4]`, async () => {
      const log = join(root, what.replaceAll(/\W/g, '-'));
      await writeFile(log, await lines());
      const { out, err } = await run(['check', '--log', log, '--index', '/dev/null/index']);
      assert.match(out + err, advice);
    });
});
