/**
 * A real systemd with its journald, in namespaces of their own: what a server writes there is read once and only once, while the
 * journal is rotated or vacuumed and the daemon ends in whatever way.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { DEADLINE_MS } from '../deadline.ts';
import { fileURLToPath } from 'node:url';
import type { DaemonStatus } from '../../src/index/status-file.ts';
import type { CountObject } from '../../src/report/table.ts';
import type { Child } from './child.ts';
import { program } from './daemon.ts';
import { bootBox, type Box } from './systemd-box.ts';

const LOG = 'journal:SYSLOG_IDENTIFIER=prosody';
/** Inside: outside nobody sees it. */
const INDEX = '/var/tmp/index';

void describe('the journal of a real systemd', () => {
  let box: Box;
  let logins = 0;

  before(() => {
    box = bootBox();
  });
  after(() => box.halt());

  /** So many users log in; their lines come through the standard output of a unit, and through syslog. */
  function logIn(count: number): void {
    const lines = Array.from({ length: count }, () => loginOf(++logins));
    const half = Math.ceil(count / 2);
    box.must(['systemd-cat', '--identifier=prosody'], linesOf(lines.slice(0, half)));
    for (const line of lines.slice(half)) box.must(['logger', '--tag', 'prosody', line]);
    sync();
  }

  /** What systemd-cat has written is still on its way; journald takes in everything before it answers. */
  const sync = (): string => box.must(['journalctl', '--sync']);

  /** As a unit, so that systemd hands its signals on. */
  function daemon(): Child {
    const unit = ['systemd-run', '--quiet', '--pipe', '--wait', '--collect', '--unit=counting'];
    const run = [process.execPath, program, 'run', '--log', LOG, '--index', INDEX, '--server', 'prosody'];
    return box.start([...unit, ...run]);
  }

  const caughtUp = (child: Child): Promise<string> =>
    child.lines.first('it has caught up', (line) => line.includes('caught up'));

  async function end(child: Child, signal: 'TERM' | 'KILL'): Promise<void> {
    const ended = child.lines.first('it ends', () => false, child.lines.all.length).catch(() => undefined);
    const killed = box.run(['systemctl', 'kill', '--kill-whom=main', `--signal=${signal}`, 'counting']);
    assert.equal(killed.code, 0, killed.out);
    await ended;
  }

  /** Of the daemon that said it last. */
  function status(): DaemonStatus['logs'][number] | undefined {
    return (JSON.parse(box.run(['cat', `${INDEX}/status.json`]).out) as DaemonStatus).logs[0];
  }

  /** One life of the daemon; gives how many lines it has read, and what it said. */
  async function live(): Promise<{ readonly lines: number; readonly said: readonly string[] }> {
    const child = daemon();
    await caughtUp(child);
    await end(child, 'TERM');
    return { lines: status()?.lines ?? -1, said: child.lines.all };
  }

  function users(): number {
    const { out } = box.ours('count', '--index', INDEX, '--json');
    const found = out.split('\n').find((line) => line.startsWith('{')) ?? '{}';
    return (JSON.parse(found) as CountObject).hosts['chat.example']?.d1 ?? 0;
  }

  /** What is in the journal by now is gone. */
  function vacuum(): void {
    box.must(['journalctl', '--rotate', '--vacuum-time=1us']);
    assert.equal(box.must(['journalctl', '--merge', '--quiet', 'SYSLOG_IDENTIFIER=prosody']), '');
  }

  test('each line is read once, whenever the daemon ends [10.2]', async () => {
    logIn(7);
    assert.equal((await live()).lines, 7);
    logIn(5);
    assert.equal((await live()).lines, 5);
    assert.equal((await live()).lines, 0);
    const killed = daemon();
    await caughtUp(killed);
    logIn(6);
    await end(killed, 'KILL');
    const { lines, said } = await live();
    assert.ok(lines <= 6, `${lines} lines\n${said.join('\n')}`);
    assert.equal(users(), logins);
  });

  test('backfill reads it up to where run goes on, and history and explain read it [10.2]', async () => {
    const other = ['--index', '/var/tmp/other'];
    const filled = box.ours('backfill', LOG, ...other);
    assert.equal(filled.code, 0, filled.out);
    assert.match(filled.out, new RegExp(`${logins} lines read, ${logins} events; ${logins} users`));
    const again = box.ours('backfill', LOG, ...other);
    assert.match(again.out, new RegExp(`: 0 lines read, 0 events; ${logins} users`));
    const history = box.ours('history', LOG, '--step', '1m', '--format', 'csv');
    assert.match(history.out, new RegExp(`,chat\\.example,${logins},${logins},${logins}$`, 'm'));
    assert.match(box.ours('explain', LOG).out, /start .*user1@chat\.example/);
    assert.match(box.ours('check', '--log', LOG, ...other).out, /written by prosody, in lines of journalctl -o json/);
  });

  test('a journal that is rotated and vacuumed while nobody reads loses what it lost, and that is told [10.2]', async () => {
    const read = logins;
    logIn(4);
    vacuum();
    logIn(3);
    const { lines, said } = await live();
    assert.equal(lines, 3);
    assert.match(said.join('\n'), /lines of journal:\S+ may be lost/);
    assert.equal(users(), read + 3);
    assert.equal((await live()).lines, 0);
  });

  test('one of which nothing is left tells that at once, and once [10.2]', async () => {
    const before = users();
    logIn(2);
    vacuum();
    const emptied = await live();
    assert.equal(emptied.lines, 0);
    assert.match(emptied.said.join('\n'), /lines of journal:\S+ may be lost/);
    logIn(2);
    const { lines, said } = await live();
    assert.equal(lines, 2);
    assert.ok(!said.some((line) => line.includes('lost')), said.join('\n'));
    assert.equal(users(), before + 2);
  });

  test('one that is rotated while it is read loses nothing, nor does it when journald or journalctl ends [10.2]', async () => {
    const before = users();
    const first = logins;
    const child = daemon();
    await caughtUp(child);
    logIn(3);
    box.must(['journalctl', '--rotate']);
    logIn(3);
    box.must(['systemctl', 'restart', 'systemd-journald']);
    logIn(3);
    box.must(['pkill', '-KILL', '--exact', 'journalctl']);
    logIn(3);
    await child.lines.first('journalctl is there again', (line) => line.includes('can be read again'));
    await end(child, 'TERM');
    const { lines, said } = await live();
    assert.ok(lines <= 3, `${lines}`);
    assert.ok(!said.some((line) => line.includes('lost')), said.join('\n'));
    assert.equal(users(), before + logins - first);
  });

  test('a boot in between loses nothing [10.2]', async () => {
    const before = users();
    logIn(2);
    const boot = ['mount', '--bind', '/tmp/boot_id', '/proc/sys/kernel/random/boot_id'];
    const id = box.run(['tee', '/tmp/boot_id'], 'b0070000-0000-4000-8000-00000000b007\n');
    assert.equal(id.code, 0);
    for (const command of [boot, ['systemctl', 'restart', 'systemd-journald']]) box.must(command);
    logIn(2);
    const newest = box.run(['journalctl', '--merge', '-o', 'json', '-n', '1', 'SYSLOG_IDENTIFIER=prosody']);
    assert.match(newest.out, /"_BOOT_ID":"b0070000000040008000/);
    const { lines, said } = await live();
    assert.equal(lines, 4, said.join('\n'));
    assert.ok(!said.some((line) => line.includes('lost')), said.join('\n'));
    assert.equal(users(), before + 4);
  });

  test('the lines of a container are a log, and what goes on with a piece of one is no line [10.2]', () => {
    const entry = (message: string, more = ''): string =>
      box.must(['logger', '--journald'], `MESSAGE=${message}\nSYSLOG_IDENTIFIER=4f0c\nCONTAINER_NAME=xmpp\n${more}`);
    entry('startup              info\tHello and welcome to Prosody version 0.12.3');
    entry(loginOf(1));
    entry(`c2sabc             info\t${'x'.repeat(16_384)}`, 'CONTAINER_PARTIAL_MESSAGE=true\n');
    entry(loginOf(2));
    entry(loginOf(3));
    const { out } = box.ours('explain', 'journal:CONTAINER_NAME=xmpp');
    const starts = out.split('\n').flatMap((line) => / start +(\S+@\S+)/.exec(line)?.[1] ?? []);
    assert.deepEqual(starts, ['user1@chat.example', 'user3@chat.example']);
  });

  test('the unit may read it with the drop-in of the README [10.2]', () => {
    const text = readFileSync(
      fileURLToPath(new URL('../../../systemd/xmpp-active-users.service', import.meta.url)),
      'utf8',
    );
    const unit = text.replaceAll(/^(Exec\w+=-?)xmpp-active-users/gm, `$1${process.execPath} ${program}`);
    const folder = '/etc/systemd/system';
    box.run(['mkdir', '-p', `${folder}/xmpp-active-users.service.d`, '/etc/xmpp-active-users']);
    box.run(['tee', `${folder}/xmpp-active-users.service`], unit);
    box.run(
      ['tee', `${folder}/xmpp-active-users.service.d/journal.conf`],
      '[Service]\nSupplementaryGroups=systemd-journal\n',
    );
    box.run(['tee', '/etc/xmpp-active-users/config.toml'], '[[log]]\njournal = "SYSLOG_IDENTIFIER=prosody"\n');
    box.run(['systemctl', 'daemon-reload']);
    box.must(['systemctl', 'start', 'xmpp-active-users']);
    const overdue = Date.now() + DEADLINE_MS;
    const said = (): string => box.run(['journalctl', '--unit=xmpp-active-users']).out;
    while (!said().includes(`caught up with ${LOG}`)) assert.ok(Date.now() < overdue, said());
    box.run(['systemctl', 'stop', 'xmpp-active-users']);
  });

  test('a user who may not read it is told which group may [10.2]', () => {
    const nobody = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'];
    const { code, out } = box.run([
      ...nobody,
      process.execPath,
      program,
      'check',
      '--log',
      LOG,
      '--index',
      '/tmp/none',
    ]);
    assert.equal(code, 1);
    assert.match(out, /SupplementaryGroups=systemd-journal/);
  });
});

const loginOf = (number: number): string =>
  `c2s${(0xabc000 + number).toString(16)}     info\tAuthenticated as user${number}@chat.example`;
const linesOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
