/** The service as its units run it, in a real systemd: who may ask it, and what becomes of its socket when it ends. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bootBox, type Box, type Ended } from './systemd-box.ts';

const CLONE = fileURLToPath(new URL('../../../', import.meta.url));
/** Inside, where the service may read it. */
const COPY = '/var/opt/xmpp-active-users';
const COMMAND = `${process.execPath} ${COPY}/dist/src/main.js`;
const SOCKET = '/run/xmpp-active-users/control.sock';
const LOG = '/var/log/prosody/prosody.log';

void describe('the service asked over its socket', () => {
  let box: Box;
  const sh = (script: string): string => box.must(['sh', '-euc', script]);
  const as = (user: string, ...args: readonly string[]): Ended =>
    box.run(['runuser', '-u', user, '--', ...COMMAND.split(' '), ...args]);
  const active = (): string => box.run(['systemctl', 'is-active', 'xmpp-active-users.socket']).out.trim();
  /** Whoever asks is told so until it has read its log. */
  function answers(): void {
    sh(
      `for i in $(seq 600); do ! ${COMMAND} count >/dev/null 2>&1 || test ! -S ${SOCKET} || exit 0; sleep 0.1; done; exit 1`,
    );
  }

  before(() => {
    box = bootBox();
    sh(`mkdir -p ${COPY} /var/log/prosody`);
    sh(`cp -r ${CLONE}dist ${CLONE}package.json ${COPY}; cp -rL ${CLONE}node_modules ${COPY}; chmod -R a+rX ${COPY}`);
    for (const name of ['xmpp-active-users.service', 'xmpp-active-users.socket']) {
      const unit = readFileSync(`${CLONE}systemd/${name}`, 'utf8');
      const text = unit.replaceAll(/^(Exec\w+=-?)xmpp-active-users/gm, `$1${COMMAND}`);
      box.must(['tee', `/etc/systemd/system/${name}`], text);
    }
    box.must(['tee', LOG], login('c2s1', 'alice') + login('c2s2', 'bob'));
    sh('useradd --groups adm asker; useradd stranger; systemctl daemon-reload; systemctl start xmpp-active-users');
    answers();
  });
  after(() => box.halt());

  const login = (id: string, user: string): string =>
    `${new Date().toISOString().slice(0, 19)}+0000 ${id}\tinfo\tAuthenticated as ${user}@chat.example\n`;

  void test('root and the group of the socket may ask, and nobody else [11.1]', () => {
    assert.equal(sh(`stat -c '%U %G %a' ${SOCKET}`).trim(), 'root adm 660');
    const right = box.run([...COMMAND.split(' '), 'count', '--json']);
    assert.match(right.out, /"d1":2/);
    const { out } = as('asker', 'count', '--json');
    assert.match(out, /"d1":2/);
    assert.equal(as('asker', 'last', 'alice@chat.example').code, 0);
    for (const question of [['count'], ['last', 'alice@chat.example'], ['forget', 'alice@chat.example']]) {
      const refused = as('stranger', ...question);
      assert.equal(refused.code, 1);
      assert.match(refused.out, /this user may not ask the daemon: its socket \/run\/\S+ is for root and the group/);
    }
    assert.equal(as('asker', 'forget', 'bob@chat.example').code, 0);
    assert.equal(as('asker', 'last', 'bob@chat.example').code, 1);
  });

  void test('the socket lives as long as the service, through its reload, its restart and its death [11.1]', () => {
    sh('systemctl reload xmpp-active-users');
    answers();
    const [before] = sh('systemctl show --value -p MainPID xmpp-active-users').split('\n');
    sh('systemctl kill --signal=KILL --kill-whom=main xmpp-active-users');
    sh(
      `for i in $(seq 600); do test "$(systemctl show --value -p MainPID xmpp-active-users)" -gt ${before} && exit 0; sleep 0.1; done; exit 1`,
    );
    answers();
    assert.equal(active(), 'active');
    sh('systemctl restart xmpp-active-users');
    answers();
    sh('systemctl stop xmpp-active-users');
    // Now the index is asked, and nobody is started for that.
    assert.match(box.must([...COMMAND.split(' '), 'count', '--json']), /"d1":1/);
    assert.deepEqual([active(), box.run(['test', '-e', SOCKET]).code], ['inactive', 1]);
    assert.equal(sh('systemctl is-active xmpp-active-users || true').trim(), 'inactive');
  });
});
