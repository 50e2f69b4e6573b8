/** A log into which other programs write, too: what is the server's own is found by every command, wherever it begins. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { run, said } from '../program.ts';
import { udpServer } from '../report/listeners.ts';

const root = mkdtempSync(join(tmpdir(), 'foreign-'));
after(() => rmSync(root, { recursive: true }));

const now = new Date(Date.now() - 7_200_000);
const iso = now.toISOString();
const [month, time] = [now.toLocaleString('en', { month: 'short', timeZone: 'UTC' }), iso.slice(11, 19)];
const own = (rest: string): string => `${month} ${iso.slice(8, 10)} ${time} ${rest}`;

const FOREIGN: Readonly<Record<string, string>> = {
  'without stamps': 'lua: module loaded',
  'that are empty': '',
  'that go on from nothing': '\ta traceback',
  'of an access log': '192.0.2.1 - - [02/Mar/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1',
  'with years in their stamps': `${iso.slice(0, 10).replaceAll('-', '/')} ${time} [error] 12#12: *1 open() failed`,
  'with stamps that may be read in two ways': `03/04/2026 ${time} another program`,
  'with stamps of the same form': own('vm sshd[12]: Accepted publickey for root'),
};

let made = 0;
function written(lines: readonly string[]): string {
  const log = join(root, `${++made}.log`);
  writeFileSync(log, lines.map((line) => `${line}\n`).join(''));
  return log;
}

const logins = ['anna', 'ben'].map((user, i) => own(`c2s55d2${i}\tinfo\tAuthenticated as ${user}@a.example`));

for (const [what, line] of Object.entries(FOREIGN))
  for (const count of what === 'of an access log' ? [300, 3000] : [300])
    describe(`${count} lines ${what} before the first of the server's`, () => {
      const log = written([...Array.from({ length: count }, () => line), ...logins]);

      test('history counts [8.24]', async () => {
        const { out, err } = await run(['history', '--format', 'csv', log]);
        assert.match(out, /,a\.example,2,2,2\n/, err);
      });

      test('explain and check find the logins [8.24]', async () => {
        const { err } = await run(['explain', log]);
        assert.match(err, new RegExp(`: ${count + 2} lines: 2 start, ${count} without an event`));
        const { out } = await run(['check', '--log', log, '--index', join(root, 'none')]);
        assert.match(out, /written by prosody, time stamps: month day time; .* of the last \d+ lines are understood/);
        assert.match(out, /logins and logouts in them: 2; hosts: a\.example \(2 users\)/);
      });

      test('run counts [8.24]', async () => {
        const { socket, port, received } = await udpServer();
        const index = join(root, `index-${made}-${count}-${what}`);
        const err = await said(['run', '--log', log, '--index', index, '--statsd', `127.0.0.1:${port}`], async () => {
          await received.has((text) => text.includes('xmpp.active_users_1d.a_example:2|g'));
        });
        socket.close();
        assert.doesNotMatch(err, /in the future|not understood/);
      });
    });
