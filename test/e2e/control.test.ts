/** The service as its units run it, in a real systemd: who may ask it, and what becomes of its socket when it ends. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { COMMAND, installInBox, LOG, login, type BoxedService } from './boxed-service.ts';
import type { Box, Ended } from './systemd-box.ts';

const SOCKET = '/run/xmpp-active-users/control.sock';

void describe('the service asked over its socket', () => {
  let service: BoxedService;
  let box: Box;
  const sh = (script: string): string => service.sh(script);
  const as = (user: string, ...args: readonly string[]): Ended => service.as(user, ...args);
  const active = (): string => box.run(['systemctl', 'is-active', 'xmpp-active-users.socket']).out.trim();
  /** Whoever asks is told so until it has read its log. */
  function answers(): void {
    service.until(`${COMMAND} count >/dev/null 2>&1 && test -S ${SOCKET}`);
  }

  before(() => {
    service = installInBox();
    ({ box } = service);
    box.must(['tee', LOG], login('c2s1', 'alice') + login('c2s2', 'bob'));
    sh('useradd --groups adm asker; useradd stranger; systemctl start xmpp-active-users');
    answers();
  });
  after(() => box.halt());

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
    service.until(`test "$(systemctl show --value -p MainPID xmpp-active-users)" -gt ${before}`);
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
