/**
 * The package as npm gives it to others: packed, installed into an empty folder, and tried there. Part of
 * `npm run check`; plain JavaScript, since it must not depend on what it has built.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'package-'));
const log = [
  'Mar 02 00:30:00 c2s55d2\tinfo\tAuthenticated as alice@chat.example',
  'Mar 02 00:40:00 c2s55d3\tinfo\tAuthenticated as bob@work.example',
  'Mar 02 01:10:00 c2s55d2\tinfo\tClient disconnected: connection closed',
  '',
].join('\n');
const counts = [
  'time,host,d1,d7,d30',
  '1772413200,chat.example,1,1,1',
  '1772413200,work.example,1,1,1',
  '1772416800,chat.example,1,1,1',
  '1772416800,work.example,1,1,1',
  '',
].join('\n');
const run = (command, args, cwd = folder) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

try {
  run('npm', ['pack', '--silent', '--pack-destination', folder], project);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  checkContents(run('tar', ['-tzf', tarball]).trim().split('\n'));
  writeFileSync(join(folder, 'package.json'), '{"private": true}\n');
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', `./${tarball}`]);
  checkCommand();
  console.log(`${tarball}: packs, installs and runs`);
} finally {
  rmSync(folder, { recursive: true });
}

function checkContents(files) {
  for (const wanted of [
    'dist/src/main.js',
    'dist/share/xmpp-active-users.1',
    'dist/share/xmpp-active-users.toml.5',
    'systemd/xmpp-active-users.service',
    'systemd/xmpp-active-users.socket',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
  ])
    assert.ok(files.includes(`package/${wanted}`), `the package lacks ${wanted}`);
  const stray = files.filter((name) => /\/test\/|\.ts$|\.ci\//.test(name));
  assert.deepEqual(stray, [], 'the package holds what only development needs');
}

function checkCommand() {
  const command = (...args) => run('npx', ['--no', '--', 'xmpp-active-users', ...args]);
  assert.match(command('--version'), new RegExp(`^(xmpp-active-users )?${version.replaceAll('.', '\\.')}\\n$`));
  writeFileSync(join(folder, 'prosody.log'), log);
  const history = command('history', 'prosody.log', '--year', '2026', '--timezone', 'UTC', '--format', 'csv');
  assert.equal(history, counts);
}
