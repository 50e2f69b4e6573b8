/**
 * The service as its units run it, in a real systemd: who may ask it, what it is given of old logs, and what becomes of its
 * socket when it ends.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { COMMAND, installInBox, LOG, login, type BoxedService } from './boxed-service.ts';
import type { Box, Ended } from './systemd-box.ts';

const SOCKET = '/run/xmpp-active-users/control.sock';
/** An old log that everybody may read. */
const OPEN = '/var/opt/old.log';
/** Where root has old logs: the service does not see it. */
const OLD = '/root/old';
const DAY = 86_400;

/** A log of the day that long ago, with so many logins and as many logouts. */
function dayAgo(days: number, sessions: number): string {
  const begin = Date.now() / 1000 - days * DAY;
  return Array.from({ length: sessions }, (_, i) => {
    const stamp = new Date((begin + (i * DAY) / sessions) * 1000).toISOString().slice(0, 19);
    const id = `${stamp}+0000 c2s${(i % 1000).toString(16)}0\tinfo\t`;
    return `${id}Authenticated as user${(i * days) % 1009}@old.example\n${id}Client disconnected: closed\n`;
  }).join('');
}

void describe('the service asked over its socket', () => {
  let service: BoxedService;
  let box: Box;
  const sh = (script: string): string => service.sh(script);
  const as = (user: string, ...args: readonly string[]): Ended => service.as(user, ...args);
  const active = (): string => box.run(['systemctl', 'is-active', 'xmpp-active-users.socket']).out.trim();
  /** Two files of the log that the service follows, of that many days ago and of the day before; one is compressed. */
  function oldLogs(days: number): void {
    sh(`rm -rf ${OLD}; mkdir -m 700 ${OLD}`);
    box.must(['tee', `${OLD}/prosody.log.1`], dayAgo(days, 40_000));
    box.must(['tee', `${OLD}/prosody.log.2`], dayAgo(days + 1, 40_000));
    sh(`gzip ${OLD}/prosody.log.2`);
  }
  /** Of them; until the command has looked at them and begins to read. */
  function beginBackfill(): void {
    const command = `${COMMAND} backfill --timezone UTC ${OLD}/* >/run/backfill.out 2>&1 & pid=$!; echo $pid >/run/backfill.pid`;
    const end =
      'wait $pid; echo $? >/run/backfill.code; cat /run/backfill.code /run/backfill.out >/run/ended; mv /run/ended /run/backfill.ended';
    sh(`rm -f /run/backfill.*; sh -c '${command}; ${end}' >/dev/null 2>&1 &`);
    service.until(`grep -q ': 2 files' /run/backfill.out`);
  }
  /** Its exit code, and what it said. */
  function ended(): string {
    service.until('test -e /run/backfill.ended');
    return sh('cat /run/backfill.ended');
  }
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
    box.must(['tee', OPEN], dayAgo(3, 1));
    const right = box.run([...COMMAND.split(' '), 'count', '--json']);
    assert.match(right.out, /"d1":2/);
    const { out } = as('asker', 'count', '--json');
    assert.match(out, /"d1":2/);
    assert.equal(as('asker', 'last', 'alice@chat.example').code, 0);
    const questions = ['count', 'check', 'status', 'list', 'last alice@chat.example', `backfill ${OPEN}`];
    for (const question of [...questions, 'forget alice@chat.example'].map((words) => words.split(' '))) {
      const refused = as('stranger', ...question);
      assert.equal(refused.code, 1);
      assert.match(refused.out, /this user may not ask the daemon: its socket \/run\/\S+ is for root and the group/);
    }
    assert.equal(as('asker', 'forget', 'bob@chat.example').code, 0);
    assert.equal(as('asker', 'last', 'bob@chat.example').code, 1);
  });

  void test('old logs that only root sees are read into it, as into an index by itself, while it follows its own [11.1]', () => {
    oldLogs(5);
    beginBackfill();
    // In the middle of it.
    sh('kill -STOP $(cat /run/backfill.pid)');
    box.must(['tee', '-a', LOG], login('c2s3', 'carol'));
    service.until(`${COMMAND} last carol@chat.example >/dev/null 2>&1`);
    const second = box.run([...COMMAND.split(' '), 'backfill', OPEN]);
    assert.deepEqual([second.code, /another backfill is under way/.test(second.out)], [1, true], second.out);
    sh('kill -CONT $(cat /run/backfill.pid)');
    assert.match(
      ended(),
      /^0\n[^]*: 160000 lines read, 160000 events; \d+ users are in \/var\/lib\/xmpp-active-users\n/,
    );
    sh(`${COMMAND} backfill --timezone UTC --index /root/index ${OLD}/*`);
    const asked = (index: string): string => sh(`${COMMAND} list --format csv --host old.example ${index}`);
    assert.equal(asked(''), asked('--index /root/index'));
  });

  void test('a backfill that is broken off, by the command or by the service, is given again [11.1]', () => {
    for (const [days, breaks, says] of [
      [10, 'kill -KILL $(cat /run/backfill.pid)', /^137\n/],
      [
        15,
        'systemctl restart xmpp-active-users',
        /^1\n[^]*the daemon has ended, or begins anew, [^]*give the same command again/,
      ],
    ] as const) {
      oldLogs(days);
      beginBackfill();
      sh(`kill -STOP $(cat /run/backfill.pid); ${breaks}; kill -CONT $(cat /run/backfill.pid) || true`);
      assert.match(ended(), says);
      answers();
      beginBackfill();
      assert.match(ended(), /^0\n/);
    }
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
    assert.match(box.must([...COMMAND.split(' '), 'count', '--json']), /"chat.example":{"d1":2,/);
    assert.deepEqual([active(), box.run(['test', '-e', SOCKET]).code], ['inactive', 1]);
    assert.equal(sh('systemctl is-active xmpp-active-users || true').trim(), 'inactive');
  });
});
