/** The life of the service under a real systemd: what it says, what it waits for, and what ends it. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { COMMAND, installInBox, LOG, login, type BoxedService } from './boxed-service.ts';

const CONFIG = '/etc/xmpp-active-users/config.toml';
/** A disk of its own, on which the index is. */
const DISK = '/var/lib/private';
/** As its unit has it, but for times that no test would wait for. */
const SOON = '[Service]\nWatchdogSec=4s\nRestartSec=100ms\n';
const FIRST = `[[log]]\npath = "${LOG}"\ntimezone = "UTC"\n`;
/** Old logs: another one, and of the one that is followed. */
const OLD = { '/root/old.log': 'dave', '/root/prosody.log.1': 'erin' };
const PROM = '/run/xmpp-active-users/public/xmpp.prom';
const LATER = `${FIRST}[statsd]\nhost = "statsd.later"\n`;

void describe('the service', () => {
  let service: BoxedService;
  const sh = (script: string): string => service.sh(script);
  const show = (property: string): string => sh(`systemctl show --value -p ${property} xmpp-active-users`).trim();
  const write = (file: string, text: string): void => void service.box.must(['tee', file], text);
  const append = (text: string): void => void service.box.must(['tee', '-a', LOG], text);
  const journal = (): string => sh('journalctl -o cat -u xmpp-active-users --since @"$(cat /run/began)"');
  /** Until the status is so. */
  const says = (pattern: string): void =>
    service.until(`systemctl show --value -p StatusText xmpp-active-users | grep -qiE '${pattern}'`);
  const counts = (d1: number): void => service.until(`${COMMAND} count --json 2>/dev/null | grep -q '"d1":${d1},'`);
  const start = (): void => void sh('date +%s.%N >/run/began; systemctl start xmpp-active-users');

  before(() => {
    service = installInBox();
    sh(`mkdir -p /etc/xmpp-active-users ${DISK} /run/systemd/system/xmpp-active-users.service.d`);
    write('/run/systemd/system/xmpp-active-users.service.d/soon.conf', SOON);
    sh(`systemctl daemon-reload; mount -t tmpfs -o size=24m,mode=700 tmpfs ${DISK}`);
  });
  after(() => service.box.halt());
  beforeEach(() => {
    sh(`systemctl stop xmpp-active-users; systemctl reset-failed; find ${DISK} -mindepth 1 -delete; rm -f ${LOG}`);
    write(CONFIG, FIRST);
  });

  void test('is ready, says how it stands, reads its configuration again, and stops [11.3]', () => {
    write(LOG, login('c2s1', 'alice') + login('c2s2', 'bob'));
    start();
    assert.equal(show('ActiveState'), 'active');
    says('^users of 1, 7 and 30 days at .*Z: chat.example >=2 >=2 >=2$');
    write(CONFIG, `${FIRST}[count]\nexclude = ["bob@chat.example"]\n[openmetrics]\npath = "${PROM}"\n`);
    sh('systemctl reload xmpp-active-users');
    says('chat.example >=1 >=1 >=1$');
    service.until(`setpriv --reuid=65534 --clear-groups grep -q 'xmpp_active_users{.*} 1$' ${PROM}`);
    write(CONFIG, `${FIRST}[count]\nexlude = ["alice@chat.example"]\n`);
    sh('systemctl reload xmpp-active-users');
    service.until('journalctl -u xmpp-active-users | grep -q "the configuration stays as it was"');
    says('chat.example >=1 >=1 >=1$');
    const began = Date.now();
    sh('systemctl stop xmpp-active-users');
    assert.ok(Date.now() - began < 10_000);
    assert.deepEqual([show('Result'), show('NRestarts')], ['success', '0']);
    assert.doesNotMatch(journal(), /alice@|bob@|c2s1/);
  });

  void test('that crashes or hangs is started again and has lost nothing [11.3]', () => {
    write(LOG, login('c2s1', 'alice'));
    start();
    counts(1);
    append(login('c2s2', 'bob'));
    sh('systemctl kill --signal=KILL --kill-whom=main xmpp-active-users');
    append(login('c2s3', 'carol'));
    counts(3);
    sh('systemctl kill --signal=STOP --kill-whom=main xmpp-active-users');
    append(login('c2s4', 'dave'));
    service.until('test "$(systemctl show --value -p NRestarts xmpp-active-users)" = 2');
    counts(4);
  });

  void test('starts without a log and with a StatsD whose name resolves only later [11.3]', async () => {
    write(CONFIG, LATER);
    start();
    says(`waiting for ${LOG}`);
    write(LOG, login('c2s1', 'alice'));
    counts(1);
    const listen = `require("dgram").createSocket("udp4").on("message",(m)=>console.log(String(m))).bind(8125,()=>console.log("listens"))`;
    const statsd = service.box.start([process.execPath, '-e', listen]);
    await statsd.lines.first('the listener', (line) => line === 'listens');
    write('/etc/hosts', '127.0.0.1 localhost statsd.later\n');
    await statsd.lines.first('heartbeat', (line) => line.includes('self.heartbeat'));
    await statsd.end('SIGKILL');
    service.until('journalctl -u xmpp-active-users | grep -q "is reached again"');
    const said = journal();
    assert.equal(said.match(/cannot be reached/g)?.length, 1, said);
    assert.equal(said.match(/is reached again/g)?.length, 1, said);
  });

  void test('waits for room on the disk, at its start and later [11.3]', () => {
    write(LOG, login('c2s1', 'alice'));
    // Where systemd finds no room for its directory it tries again every ten seconds.
    sh(`mkdir ${DISK}/xmpp-active-users; dd if=/dev/zero of=${DISK}/full bs=64k status=none || true`);
    sh('systemctl start --no-block xmpp-active-users');
    says('^waiting: .*No space left');
    assert.equal(show('ActiveState'), 'activating');
    sh(`rm ${DISK}/full`);
    says('chat.example >=1 >=1 >=1$');
    sh(`dd if=/dev/zero of=${DISK}/full bs=64k status=none || true`);
    append(Array.from({ length: 2000 }, (_, i) => login(`c2s${i}00`, `user${i}`)).join(''));
    says('waiting until the index can be written');
    // Commands do not wait for it. Who was seen in what was read of another log is stored later; of this one nothing was read.
    for (const [file, user] of Object.entries(OLD)) write(file, login('c2s1', user));
    const backfills = Object.keys(OLD).map((file) => [...COMMAND.split(' '), 'backfill', file]);
    for (const backfill of backfills) {
      const { code, out } = service.box.run(backfill);
      assert.deepEqual([code, /No space left on device|cannot be stored: mend/.test(out)], [1, true], out);
    }
    // Longer than the watchdog is patient.
    sh(`sleep 5; rm ${DISK}/full`);
    // They are counted as soon as they are read.
    service.until('journalctl -u xmpp-active-users | grep -q "has been stored at last"');
    counts(2002);
    for (const backfill of backfills) service.box.must(backfill);
    counts(2003);
    assert.deepEqual([show('NRestarts'), show('ActiveState')], ['0', 'active']);
  });

  void test('ends once with a wrong configuration, and says what is wrong [11.3]', () => {
    write(CONFIG, 'statsd = 1\n');
    const { code } = service.box.run(['systemctl', 'start', 'xmpp-active-users']);
    assert.notEqual(code, 0);
    assert.deepEqual([show('ActiveState'), show('ExecMainStatus'), show('NRestarts')], ['failed', '2', '0']);
    assert.match(sh('journalctl -u xmpp-active-users'), /config\.toml.*statsd/);
  });

  void test('counts with others by a key that systemd hands it, and ends once without one [12.4]', async () => {
    const unit = '/run/systemd/system/xmpp-active-users.service.d/key.conf';
    const key = '/etc/xmpp-active-users/cluster.key';
    const redis = service.box.start(['redis-server', '--save', '', '--bind', '127.0.0.1']);
    await redis.lines.first('redis-server', (line) => /Ready to accept connections/.test(line));
    // Before the last full hour, which is what nodes count.
    write(LOG, login('c2s1', 'alice', 7200));
    write(CONFIG, `${FIRST}[cluster]\nurl = "redis://127.0.0.1"\nnode = "node-a"\nnodes = 1\n`);
    // As the README has it for a configuration with a password in it.
    sh(`chgrp adm ${CONFIG}; chmod 640 ${CONFIG}; rm -f ${key}`);
    assert.notEqual(service.box.run(['systemctl', 'start', 'xmpp-active-users']).code, 0);
    assert.deepEqual([show('ActiveState'), show('ExecMainStatus'), show('NRestarts')], ['failed', '2', '0']);
    sh(`umask 077; echo 0123456789abcdef0123456789abcdef >${key}`);
    write(unit, `[Service]\nLoadCredential=cluster.key:${key}\n`);
    sh('systemctl daemon-reload');
    start();
    says('chat.example >=1 >=1 >=1$');
    assert.match(sh(`${COMMAND} status`), /cluster +node-a has reached Redis/);
    sh(`systemctl stop xmpp-active-users; rm ${unit}; systemctl daemon-reload; chmod 644 ${CONFIG}`);
    await redis.end('SIGTERM');
  });
});
