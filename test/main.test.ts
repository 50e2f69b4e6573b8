import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Session } from '../src/activity/sessions.ts';
import type { LastSeen } from '../src/activity/user-table.ts';
import { LastSeenIndex, type Changes } from '../src/index/last-seen.ts';
import { inPages } from './index/index-contents.ts';

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));
const LOG = '/var/log/prosody/prosody.log';
const READ = { server: 'prosody', reader: { clock: { year: 2026, last: 1_772_413_200 }, parser: {} }, coverage: [] };
let root = '';
let made = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'main-'));
});
after(() => rm(root, { recursive: true }));

interface Outcome {
  readonly code: unknown;
  readonly out: string;
  readonly err: string;
}

/** An environment without what the machine or the test runner may have set, in a zone with half an hour. */
function run(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return runNode([MAIN, ...args], env);
}

async function runNode(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'], HOME: root, TZ: 'Asia/Kolkata', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, out, err };
}

async function indexWith({
  users,
  ...changes
}: Partial<Changes> & { readonly users: ReadonlyMap<string, LastSeen> }): Promise<string> {
  made += 1;
  const path = join(root, `index-${made}`);
  const index = await LastSeenIndex.open(path);
  await index.load();
  await index.write({ logs: new Map([[LOG, READ]]), ...changes, ...inPages(users) });
  await index.close();
  return path;
}

function session(user: string, state: Session['state']): Session {
  return { user, since: 1_772_413_200, state, at: 1_772_413_200 };
}

function alice(): Promise<string> {
  return indexWith({
    users: new Map<string, LastSeen>([
      ['alice@chat.example', { login: 1_772_413_200, logout: 1_772_409_600 }],
      ['bob@chat.example', { logout: 1_772_409_600, disabled: true }],
    ]),
    sessions: new Map([
      [`${LOG}\0c2s55d2`, session('alice@chat.example', 'open')],
      [`${LOG}\0c2s55d3`, session('carol@chat.example', 'open')],
      [`${LOG}\0c2s55d4`, session('alice@chat.example', 'ended')],
    ]),
  });
}

void describe('help and version', () => {
  void test('--version is that of package.json', async () => {
    const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
    const { version }: { version: string } = JSON.parse(manifest);
    assert.deepEqual(await run(['--version']), { code: 0, out: `${version}\n`, err: '' });
  });

  const commands = ['run', 'backfill', 'count', 'history', 'last', 'status', 'check', 'explain', 'forget'];
  void test('--help names every command', async () => {
    const { code, out, err } = await run(['--help']);
    assert.equal(code, 0);
    assert.equal(err, '');
    for (const command of commands) assert.match(out, new RegExp(`^  ${command} `, 'm'));
  });

  for (const command of commands)
    void test(`${command} --help has examples and the flags of all commands`, async () => {
      const { code, out, err } = await run([command, '--help']);
      assert.deepEqual({ code, err }, { code: 0, err: '' });
      assert.match(out, new RegExp(`Examples?:\n  (?:\\S.*\\| )?xmpp-active-users ${command}`));
      assert.match(out, /--config <file>/);
    });
});

void describe('help by the word help', () => {
  const words = { help: '--help', 'help count': 'count --help', '--set statsd.port=1 help last': 'last --help' };
  for (const [asked, same] of Object.entries(words))
    void test(`${asked} is ${same} [8.25]`, async () =>
      assert.deepEqual(await run(asked.split(' ')), await run(same.split(' '))));
});

void describe('where it cannot run it says so in one sentence, with exit code 2', () => {
  const changed = (what: string): string[] => ['--import', `data:text/javascript,${what}`];
  const nodes = [
    ['18.20.4', /it needs Node\.js 20\.19 or newer, and this is 18\.20\.4 \(.*node.*\): install a newer one/],
    ['20.18.9', /it needs Node\.js 20\.19 or newer/],
    ['20.19.0', /no command was given/],
    ['22.0.0', /no command was given/],
  ] as const;
  for (const [node, says] of nodes)
    void test(`Node.js ${node} [8.25]`, async () => {
      const preload = changed(`Object.defineProperty(process.versions,"node",{value:"${node}"})`);
      const { code, out, err } = await runNode([...preload, MAIN]);
      assert.deepEqual({ code, out }, { code: 2, out: '' });
      assert.match(err, says);
      assert.match(err, /^xmpp-active-users: [^\n]+\n$/);
    });

  void test('a system that is not Linux [8.25]', async () => {
    const preload = changed('Object.defineProperty(process,"platform",{value:"darwin"})');
    const { code, err } = await runNode([...preload, MAIN, 'run']);
    assert.equal(code, 2);
    assert.match(err, /^xmpp-active-users: it runs on Linux only, [^\n]* and this is darwin\n$/);
  });

  void test('and npm is told [8.25]', async () => {
    const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
    const { os, engines }: { os: string[]; engines: object } = JSON.parse(manifest);
    assert.deepEqual({ os, engines }, { os: ['linux'], engines: { node: '>=20.19' } });
  });

  void test('nothing but dynamic imports stands in the file that looks [8.25]', async () => {
    assert.doesNotMatch(await readFile(MAIN, 'utf8'), /^import |\?\?|\?\.[a-z[(]/m);
  });
});

void test('the process keeps the name of its command, and says of whom it was asked nothing [8.25]', async () => {
  const child = spawn(
    process.execPath,
    [MAIN, 'run', '--log', join(root, 'none.log'), '--index', join(root, 'titled')],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  await once(child.stderr, 'data');
  const title = (await readFile(`/proc/${child.pid}/cmdline`, 'utf8')).replaceAll(/\0+/g, ' ').trim();
  child.kill();
  await once(child, 'exit');
  assert.equal(title, 'xmpp-active-users run');
});

void describe('wrong usage is code 2, with one sentence and nothing on stdout', () => {
  const cases: [string[], RegExp][] = [
    [[], /no command was given/],
    [['coutn'], /unknown command 'coutn' \(Did you mean count\?\); xmpp-active-users --help says/],
    [['help', 'coutn'], /unknown command 'coutn' \(Did you mean count\?\)/],
    [['hist', 'a.log'], /unknown command 'hist' \(Did you mean history\?\)/],
    [['metrics'], /unknown command 'metrics'; xmpp-active-users --help says/],
    [['history', '--jsn'], /unknown option '--jsn'; xmpp-active-users history --help says what there is/],
    [['count', '--jsn'], /unknown option '--jsn' \(Did you mean --json\?\)/],
    [['count', 'extra'], /too many arguments for 'count'/],
    [['count', '--at', 'noon'], /'noon' is invalid\. It must be unix seconds or ISO 8601/],
    [['count', '--index'], /'--index <directory>' argument missing/],
    [['last'], /missing required argument 'jid'/],
    [['last', 'alice'], /'alice' is invalid .* It must be a JID/],
    [['history'], /missing required argument 'file'/],
    [['history', 'a', '--step', '59'], /a span of at least a minute/],
    [['history', 'a', '--format', 'pdf'], /Allowed choices are csv, json, chart, svg/],
    [['history', 'a', '--carbon', 'h:x'], /HOST or HOST:PORT/],
    [['history', 'a', '--retention', '1h:5y', '--storage-schemas', 'f'], /cannot be used with/],
    [['history', 'a', '--carbon', 'h', '--retention', 'foo'], /--retention: the retention "foo"/],
    [['history', 'a', '--dry-run'], /--dry-run, .* give --carbon HOST:PORT as well/],
    [['history', 'a', '--from', '2026-03-08', '--to', '2026-03-01'], /--from must not be later than --to/],
    [['history', 'a', '--from', '2999-01-01'], /--from is in the future/],
    [['history', 'a', '--carbon', 'h', '--total'], /--total is never sent/],
    [['history', 'a', '--dates', '--format', 'json'], /--dates and --coverage are about CSV/],
    [['history', 'a', '--from', '2026-02-30'], /must be unix seconds or ISO 8601/],
    [['explain', 'a', 'b'], /too many arguments/],
    [['check', '--config', '/none.toml'], /\/none\.toml: there is no such configuration file/],
    [['check', '--config', '/'], /^xmpp-active-users: \/: the configuration file cannot be read/],
    [['check', '--statsd', 'h:0'], /flag --statsd: statsd\.port must be/],
    [['check', '--timezone', 'Mars'], /flag --timezone: log\.timezone must be/],
    [['check', '--set', 'a.b=c'], /flag --set: unknown key "a\.b"/],
  ];
  for (const [args, sentence] of cases)
    void test(args.join(' ') || 'no arguments', async () => {
      const { code, out, err } = await run(args);
      assert.deepEqual({ code, out }, { code: 2, out: '' });
      assert.match(err, sentence);
      assert.match(err, /^xmpp-active-users: [^\n]+\n$/);
    });

  void test('a configuration that is no UTF-8', async () => {
    const config = join(root, 'latin1.toml');
    await writeFile(config, Buffer.from('[[log]]\npath = "/tmp/\xe9.log"\n', 'latin1'));
    const { code, err } = await run(['--config', config, 'check']);
    assert.equal(code, 2);
    assert.match(err, /latin1\.toml line 2: is not UTF-8/);
  });

  void test('every problem of a configuration has its line, and --config may stand before the command', async () => {
    const config = join(root, 'wrong.toml');
    await writeFile(config, '[statsd]\nport = 0\nhots = "h"\n');
    const { code, err } = await run(['--config', config, 'check']);
    assert.equal(code, 2);
    assert.match(err, /^xmpp-active-users: .*wrong\.toml line 3: .*\nxmpp-active-users: .*wrong\.toml line 2: .*\n$/);
  });
});

void describe('last', () => {
  void test('prints login, logout and open sessions in the zone of the machine; case and resource do not matter', async () => {
    const index = await alice();
    assert.deepEqual(await run(['last', 'Alice@Chat.Example/phone', '--index', index]), {
      code: 0,
      err: '',
      out: [
        'user           alice@chat.example',
        'last login     2026-03-02T06:30:00+05:30',
        'last logout    2026-03-02T05:30:00+05:30',
        'open sessions  1',
        '  2026-03-02T06:30:00+05:30  c2s55d2  /var/log/prosody/prosody.log',
        '',
      ].join('\n'),
    });
  });

  void test('says what is not known', async () => {
    const { code, out } = await run(['last', 'bob@chat.example'], { XMPP_ACTIVE_USERS_INDEX_PATH: await alice() });
    assert.equal(code, 0);
    assert.match(out, /bob@chat\.example \(disabled\)\nlast login {5}not known\n/);
  });

  void test('a hibernation and a BOSH session that time has ended are not open [8.12]', async () => {
    const index = await indexWith({
      users: new Map([['alice@chat.example', { login: 1_772_413_200 }]]),
      sessions: new Map([
        [`${LOG}\0c2s55d2`, session('alice@chat.example', 'away')],
        [`${LOG}\0bosh55d3`, session('alice@chat.example', 'open')],
        [`${LOG}\0c2s55d4`, session('alice@chat.example', 'open')],
      ]),
    });
    const { out } = await run(['last', 'alice@chat.example', '--index', index]);
    assert.match(out, /open sessions {2}1\n.*c2s55d4/);
  });

  void test('an unknown user is code 1 and a sentence', async () => {
    const { code, out, err } = await run(['last', 'nobody@chat.example', '--index', await alice()]);
    assert.deepEqual({ code, out }, { code: 1, out: '' });
    assert.match(err, /^xmpp-active-users: nobody@chat\.example is not in the index .*\n$/);
  });

  void test('a reader that goes away ends it quietly', async () => {
    const sessions = new Map(Array.from({ length: 5000 }, (_, i) => [`/a.log\0s${i}`, session('a@b', 'open')]));
    const index = await indexWith({ users: new Map([['a@b', { login: 1_772_413_200 }]]), sessions });
    const child = spawn(process.execPath, [MAIN, 'last', 'a@b', '--index', index], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    assert.deepEqual({ code, err }, { code: 0, err: '' });
  });
});

void test(
  'data that cannot be written is code 1',
  { skip: !existsSync('/dev/full') && 'no /dev/full here' },
  async () => {
    const full = await open('/dev/full', 'w');
    const child = spawn(process.execPath, [MAIN, '--help'], { stdio: ['ignore', full.fd, 'pipe'] });
    assert.ok(child.stderr);
    const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    await full.close();
    assert.equal(code, 1);
    assert.match(err, /stdout cannot be written \(ENOSPC/);
  },
);

void describe('forget', () => {
  void test('removes the user and their open sessions, also from the files', async () => {
    const index = await indexWith({
      users: new Map([
        ['unmistakable@chat.example', { login: 1 }],
        ['bob@chat.example', { login: 1 }],
      ]),
      sessions: new Map([[`${LOG}\0s1`, session('unmistakable@chat.example', 'open')]]),
    });
    const { code, out, err } = await run(['forget', 'Unmistakable@chat.example', '--index', index]);
    assert.deepEqual({ code, out }, { code: 0, out: '' });
    assert.match(err, /unmistakable@chat\.example is forgotten \(open sessions: 1\)/);
    for (const name of await readdir(index)) {
      const bytes = await readFile(join(index, name), 'latin1');
      assert.ok(!bytes.includes('unmistakable'), `${name} still names the user`);
    }
    assert.equal((await run(['last', 'unmistakable@chat.example', '--index', index])).code, 1);
    assert.equal((await run(['last', 'bob@chat.example', '--index', index])).code, 0);
  });

  for (const [typed, printed] of [
    ['Straße@chat.example', 'strasse@chat.example'],
    ['ΣΑΣ@chat.example', 'σασ@chat.example'],
    ['wi\u00addow@chat.example/phone', 'widow@chat.example'],
  ] as const)
    void test(`finds whom the log names otherwise: ${printed} [8.11]`, async () => {
      const folder = await mkdtemp(join(root, 'folded-'));
      const [log, index] = [join(folder, 'prosody.log'), join(folder, 'index')];
      const login = (user: string): string => `2026-03-02T01:00:00Z c2s55d2\tinfo\tAuthenticated as ${user}\n`;
      await writeFile(log, login('bob@chat.example') + login(printed));
      assert.equal((await run(['backfill', '--index', index, log])).code, 0);
      const known = await run(['last', typed, '--index', index]);
      assert.match(known.out, new RegExp(`^user +${printed}\n`));
      const gone = await run(['forget', typed, '--index', index]);
      assert.equal(gone.code, 0);
      assert.match(gone.err, new RegExp(`${printed} is forgotten`));
      assert.equal((await run(['last', printed, '--index', index])).code, 1);
    });

  void test('an unknown user is code 1', async () => {
    const { code, err } = await run(['forget', 'nobody@chat.example', '--index', await alice()]);
    assert.equal(code, 1);
    assert.match(err, /nobody@chat\.example is not in the index/);
  });
});

void describe('an index that cannot be used', () => {
  void test('none: code 1', async () => {
    const { code, err } = await run(['last', 'a@b', '--index', join(root, 'none')]);
    assert.equal(code, 1);
    assert.match(err, /^xmpp-active-users: There is no index in .*\n$/);
  });

  void test('locked: code 1, with what to do', async () => {
    const path = await alice();
    const index = await LastSeenIndex.open(path);
    const { code, err } = await run(['last', 'a@b', '--index', path]);
    await index.close();
    assert.equal(code, 1);
    assert.match(err, /systemctl stop xmpp-active-users/);
  });

  void test('a directory of something else: code 2', async () => {
    await writeFile(join(root, 'holiday.jpg'), '');
    const { code, err } = await run(['forget', 'a@b', '--index', root]);
    assert.equal(code, 2);
    assert.match(err, /is no index of xmpp-active-users/);
  });
});

void describe('what goes to stderr', () => {
  const wrong = ['last', 'a@b', '--index', '/none'];
  void test('has the prefix of the journal when it is the journal', async () => {
    assert.match((await run(wrong, { JOURNAL_STREAM: '8:1' })).err, /^<3>There is no index in \/none /);
  });

  void test('has a stack trace only with DEBUG', async () => {
    assert.doesNotMatch((await run(wrong)).err, /\n.*at /);
    assert.match((await run(wrong, { DEBUG: '1' })).err, /\n.* at /);
  });
});
