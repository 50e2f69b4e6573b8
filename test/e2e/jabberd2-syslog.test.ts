/** A real jabberd2 that logs to a real rsyslog: in each of its templates the session manager's lines tell who was there. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createJabberd2, HOST, register } from './jabberd2-lab.ts';
import { createRsyslog, TEMPLATES } from './rsyslog-lab.ts';
import { explained, online } from './told.ts';
import { connect, login } from './xmpp-client.ts';

const USERS = ['alice', 'bob'];

test('a jabberd2 that logs to syslog is read in each form of rsyslog [10.4]', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'jabberd2-syslog-'));
  mkdirSync(join(directory, 'rsyslog'));
  const rsyslog = await createRsyslog(join(directory, 'rsyslog'), 'jabberd/sm');
  const lab = await createJabberd2(directory, { through: rsyslog.through, file: rsyslog.all });
  t.after(async () => {
    await lab.close();
    await rsyslog.close();
    rmSync(directory, { recursive: true });
  });
  await lab.start();
  for (const user of USERS) {
    await register(lab, user);
    const client = await login(await connect('c2s', lab.ports, HOST), { user, host: HOST, resource: 'x, y' });
    await rsyslog.written(`session started: jid=${user}@${HOST}`);
    await client.close();
    await rsyslog.written(`session ended: jid=${user}@${HOST}`);
  }
  for (const template of TEMPLATES)
    await t.test(`as ${template} [10.4]`, async () => {
      const told = await explained(rsyslog.log(template));
      const users = told.flatMap(({ kind, user }) => (kind === 'start' ? [user] : []));
      assert.deepEqual(
        users,
        USERS.map((user) => `${user}@${HOST}`),
      );
      assert.deepEqual(online(told), []);
    });
});
