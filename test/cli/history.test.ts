import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { run } from '../program.ts';

const LINES = [
  '2026-03-02 10:00:27 c2s1\tinfo\tAuthenticated as alice@a.example',
  '2026-03-02 10:10:28 c2s2\tinfo\tAuthenticated as bob@b.example',
  '2026-03-02 10:10:29 c2s3\tinfo\tAuthenticated as carol@b.example',
];
const AT = Date.parse('2026-03-02T11:00:00Z') / 1000;
let root = '';
let file = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'history-'));
  file = await log('prosody.log', LINES);
});
after(() => rm(root, { recursive: true }));

async function log(name: string, lines: readonly string[]): Promise<string> {
  const path = join(root, name);
  await writeFile(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

const history = (...args: string[]): ReturnType<typeof run> => run(['history', '--timezone', 'UTC', ...args]);

describe('history', () => {
  const tables: [args: string[], out: string][] = [
    [[], `time,host,d1,d7,d30\n${AT},a.example,1,1,1\n${AT},b.example,2,2,2\n`],
    [['--host', 'B.example'], `time,host,d1,d7,d30\n${AT},b.example,2,2,2\n`],
    [
      ['--host', 'b.example', '--host', 'a.example'],
      `time,host,d1,d7,d30\n${AT},a.example,1,1,1\n${AT},b.example,2,2,2\n`,
    ],
    [['--total'], `time,host,d1,d7,d30\n${AT},*,3,3,3\n${AT},a.example,1,1,1\n${AT},b.example,2,2,2\n`],
    [
      ['--total', '--host', 'b.example', '--dates'],
      'time,host,d1,d7,d30\n2026-03-02T11:00:00Z,*,2,2,2\n2026-03-02T11:00:00Z,b.example,2,2,2\n',
    ],
  ];
  for (const [args, out] of tables)
    test(`as csv ${args.join(' ')} [8.26]`, async () => {
      const outcome = await history('--format', 'csv', ...args, file);
      assert.deepEqual([outcome.code, outcome.out], [0, out]);
    });

  test('as json has all hosts together only with --total [8.26]', async () => {
    const hosts = async (...args: string[]): Promise<unknown> => {
      const { out } = await history('--format', 'json', ...args, file);
      return (JSON.parse(out) as { hosts: unknown }).hosts;
    };
    const [a, b] = [
      { d1: 1, d7: 1, d30: 1 },
      { d1: 2, d7: 2, d30: 2 },
    ];
    assert.deepEqual(await hosts(), { 'a.example': a, 'b.example': b });
    assert.deepEqual(await hosts('--total'), {
      '*': { d1: 3, d7: 3, d30: 3 },
      'a.example': a,
      'b.example': b,
    });
  });

  test('tells what the logs cover, and up to when its counts are lower bounds [8.21]', async () => {
    const day = await log('a-day.log', [
      '2026-03-02 10:00:00 c2s1\tinfo\tAuthenticated as alice@a.example',
      '2026-03-03 12:00:00 mod_posix\tinfo\tReceived SIGHUP',
    ]);
    const { out, err } = await history('--format', 'csv', '--coverage', day);
    assert.match(out, /^time,host,d1,d7,d30,d1_covered,d7_covered,d30_covered\n/);
    assert.match(out, new RegExp(`^${AT},a\\.example,1,1,1,3600,3600,3600$`, 'm'));
    assert.match(out, new RegExp(`^${AT + 25 * 3600},a\\.example,1,1,1,86400,93600,93600$`, 'm'));
    assert.match(
      err,
      /lower bounds, .*: daily counts up to 2026-03-03 09:00, weekly counts up to 2026-03-03 12:00, monthly counts up to 2026-03-03 12:00\n/,
    );
    const json = await history('--format', 'json', day);
    const [first = ''] = json.out.split('\n');
    assert.deepEqual((JSON.parse(first) as { covered: unknown }).covered, { d1: 3600, d7: 3600, d30: 3600 });
  });

  test('sends no sum of hosts, and of one host only what was asked for [8.26]', async () => {
    const server = createServer();
    const got = new Promise<string>((resolve) => server.once('connection', (socket) => resolve(text(socket))));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { code } = await history('--carbon', `127.0.0.1:${port}`, '--host', 'b.example', file);
    server.close();
    assert.equal(code, 0);
    const names = (await got).split('\n').flatMap((line) => (line === '' ? [] : [line.split(' ', 1)[0]]));
    assert.deepEqual(
      new Set(names),
      new Set([1, 7, 30].map((days) => `stats.gauges.xmpp.active_users_${days}d.b_example`)),
    );
  });

  const nothing: [what: string, lines: readonly string[], args: string[], says: RegExp][] = [
    ['an empty log', [], [], /prosody\.log is empty: there is no line to read/],
    ['a time behind the log', LINES, ['--from', '2026-06-01'], /the logs have no line between --from and --to/],
    ['a time before the log', LINES, ['--to', '2026-01-01'], /the logs have no line between --from and --to/],
    [
      'a log in which nobody logs in',
      ['2026-03-02 10:00:27 mod_posix\tinfo\tReceived SIGHUP'],
      [],
      /no user was seen: nobody logs in/,
    ],
    [
      'a host that is not there',
      LINES,
      ['--host', 'c.example'],
      /no user of c\.example was seen; the hosts are a\.example, b\.example/,
    ],
  ];
  for (const [what, lines, args, says] of nothing)
    test(`of ${what} says so, with exit code 1 [8.26]`, async () => {
      const directory = await mkdtemp(join(root, 'nothing-'));
      const path = join(directory, 'prosody.log');
      await writeFile(path, lines.map((line) => `${line}\n`).join(''));
      const { code, err } = await history('--format', 'csv', ...args, path);
      assert.equal(code, 1);
      assert.match(err, says);
    });
});
