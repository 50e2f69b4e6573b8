/** The unit as systemd reads it, and the daemon with the rights that the unit leaves it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runToEnd, startChild } from './child.ts';
import { program } from './daemon.ts';
import { listenForStatsd } from './statsd-listener.ts';

const unitFile = fileURLToPath(new URL('../../../systemd/xmpp-active-users.service', import.meta.url));
/** Of a scale from 0 to 10 (nothing is protected); what is left is the group, the network and V8's own code. */
const tolerableExposure = 1.3;

test('systemd finds nothing wrong with the unit', async (t) => {
  const unit = installed(t);
  const { code, stderr } = await runToEnd('systemd-analyze', ['verify', '--man=no', unit]);
  const aboutOurs = stderr.split('\n').filter((line) => line.includes('xmpp-active-users'));
  assert.deepEqual({ code, aboutOurs }, { code: 0, aboutOurs: [] });
});

test('the unit leaves the daemon little to do harm with', async (t) => {
  const { stdout } = await runToEnd('systemd-analyze', ['security', '--offline=true', '--no-pager', installed(t)]);
  const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
  t.diagnostic(`systemd-analyze security: ${exposure}`);
  assert.ok(exposure <= tolerableExposure, `${exposure} is more than ${tolerableExposure}:\n${stdout}`);
});

test('the unit keeps what later changes must not lose', () => {
  const lines = readFileSync(unitFile, 'utf8').split('\n');
  const wanted = [
    'DynamicUser=yes',
    'StateDirectory=xmpp-active-users',
    'CacheDirectoryMode=0700',
    'SupplementaryGroups=adm',
    'Restart=on-failure',
    'RestartPreventExitStatus=2',
    'RestartForceExitStatus=SIGHUP',
    'Type=notify',
    'NotifyAccess=all',
    'WatchdogSec=5min',
    'LimitCORE=0',
    'ExecStart=xmpp-active-users run',
    'ExecReload=/bin/kill -HUP $MAINPID',
  ];
  assert.deepEqual(
    wanted.filter((line) => !lines.includes(line)),
    [],
  );
  assert.ok(!lines.some((line) => line.startsWith('MemoryDenyWriteExecute')), 'it kills V8');
});

const rights = [
  '--reuid',
  'nobody',
  '--regid',
  'nogroup',
  '--groups',
  'adm',
  '--bounding-set',
  '-all',
  '--no-new-privs',
];

test('a user without rights but the group adm can run the daemon', async (t) => {
  assert.equal(process.getuid?.(), 0, 'only root can take on the rights of the unit: run the tests as root');
  const { status } = spawnSync('setpriv', [...rights, 'test', '-r', program]);
  assert.equal(status, 0, `${program} lies where only its owner may read: clone to where all may`);
  const { directory, state, log } = debianLog();
  const statsd = await listenForStatsd();
  const statsdFlag = ['--statsd', `127.0.0.1:${statsd.port}`];
  const run = [process.execPath, program, 'run', '--log', log, '--timezone', 'UTC', ...statsdFlag];
  const environment = { PATH: process.env['PATH'], STATE_DIRECTORY: state };
  const daemon = startChild('setpriv', [...rights, ...run], environment);
  t.after(async () => {
    await daemon.end('SIGKILL');
    statsd.close();
    rmSync(directory, { recursive: true });
  });
  const said = (): string => daemon.lines.all.join('\n');
  const count = await statsd.packets
    .first('count', (packet) => packet.includes('active_users_1d'))
    .catch((error: unknown) => assert.fail(`${String(error)}\n${said()}`));
  assert.match(count, /^xmpp\.active_users_1d\.chat_example:1\|g$/m);
  assert.equal(await daemon.end('SIGTERM'), 0, said());
});

/** The unit beside an executable of the name that it starts; systemd looks for one only in system directories. */
function installed(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'unit-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const command = join(directory, 'command');
  const unit = join(directory, 'xmpp-active-users.service');
  writeFileSync(command, '#!/bin/sh\n');
  chmodSync(command, 0o755);
  const text = readFileSync(unitFile, 'utf8').replaceAll(/^(Exec\w+=-?)xmpp-active-users/gm, `$1${command}`);
  writeFileSync(unit, text);
  return unit;
}

/** A log with owner and mode as Debian's Prosody has them, and a state directory as systemd makes it. */
function debianLog(): { directory: string; state: string; log: string } {
  const directory = mkdtempSync(join(tmpdir(), 'rights-'));
  chmodSync(directory, 0o755);
  const logs = join(directory, 'prosody');
  const state = join(directory, 'state');
  const log = join(logs, 'prosody.log');
  const adm = idOf('/etc/group', 'adm');
  mkdirSync(logs, { mode: 0o750 });
  const [, day, month] = new Date().toUTCString().split(' ');
  writeFileSync(log, `${month} ${day} 00:00:00 c2s55d2\tinfo\tAuthenticated as alice@chat.example\n`, { mode: 0o640 });
  chownSync(log, 0, adm);
  chownSync(logs, 0, adm);
  mkdirSync(state, { mode: 0o700 });
  chownSync(state, idOf('/etc/passwd', 'nobody'), idOf('/etc/group', 'nogroup'));
  return { directory, state, log };
}

function idOf(file: string, name: string): number {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  return Number(line?.split(':')[2]);
}
