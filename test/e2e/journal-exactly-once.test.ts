/** Every entry of a real journal is read, in order and once, whatever becomes of the journal and of those who read it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Child } from './child.ts';
import { notedIn } from './journal-reader.ts';
import { bootBox, type Box } from './systemd-box.ts';

const READER = fileURLToPath(new URL('journal-reader.js', import.meta.url));
const LOG = 'journal:SYSLOG_IDENTIFIER=prosody';
const NOTES = '/var/tmp/notes';

void describe('every entry of a real journal', () => {
  let box: Box;
  let reader: Child;
  const said: string[] = [];

  before(() => {
    box = bootBox();
  });
  after(() => box.halt());

  /** Through the standard output and through syslog in turn. */
  function say(...texts: readonly string[]): void {
    const messages = texts.length > 0 ? texts : ['', '', ''].map((_, i) => `message ${said.length + i}`);
    const isOutput = said.length % 2 === 0 || texts.length > 0;
    box.must(
      isOutput ? ['systemd-cat', '--identifier=prosody'] : ['logger', '--tag', 'prosody'],
      messages.map((message) => `${message}\n`).join(''),
    );
    // What systemd-cat has written is still on its way; journald takes in everything before it answers. One that was killed has to
    // be there again for it: the socket of --sync is journald's own, the others are kept by systemd.
    box.must(['systemctl', 'start', 'systemd-journald']);
    box.must(['journalctl', '--sync']);
    said.push(...messages);
  }

  /** As a unit, so that systemd hands its signals on. */
  function start(): void {
    const unit = ['systemd-run', '--quiet', '--pipe', '--wait', '--collect', '--unit=reading'];
    reader = box.start([...unit, process.execPath, READER, LOG, NOTES]);
  }
  const isNoted = (): Promise<string> => reader.lines.first('the last message', (line) => line === said.at(-1));
  const saidAndNoted = (): Promise<string> => (say(), isNoted());

  async function kill(): Promise<void> {
    const ended = reader.lines.first('it ends', () => false, reader.lines.all.length).catch(() => undefined);
    box.must(['systemctl', 'kill', '--kill-whom=main', '--signal=KILL', 'reading']);
    await ended;
  }
  const noted = (): string[] => notedIn(box.must(['cat', NOTES])).flatMap(({ messages }) => messages);
  const isExact = (): void => assert.deepEqual(noted(), said);

  test('is read, what is there and what comes [10.2]', async () => {
    say();
    start();
    await isNoted();
    await saidAndNoted();
    isExact();
  });

  test('also when it is long, or not printable [10.2]', async () => {
    say('x'.repeat(20_000), '\x1b[1minfo\x1b[0m\tÜ\u0090', 'behind them');
    await isNoted();
    isExact();
  });

  test('also when the journal is rotated, and what was read is vacuumed [10.2]', async () => {
    box.must(['journalctl', '--rotate']);
    await saidAndNoted();
    box.must(['journalctl', '--rotate', '--vacuum-time=1us']);
    await saidAndNoted();
    isExact();
  });

  test('also when journald is restarted, and when it is killed [10.2]', async () => {
    box.must(['systemctl', 'restart', 'systemd-journald']);
    await saidAndNoted();
    const journald = box.must(['systemctl', 'show', '--property=MainPID', '--value', 'systemd-journald']).trim();
    box.must(['systemctl', 'kill', '--kill-whom=main', '--signal=KILL', 'systemd-journald']);
    box.must(['tail', `--pid=${journald}`, '--sleep-interval=0.1', '--follow', '/dev/null']);
    await saidAndNoted();
    isExact();
  });

  test('also when journalctl is killed [10.2]', async () => {
    box.must(['pkill', '-KILL', '--exact', 'journalctl']);
    say();
    await isNoted();
    assert.ok(reader.lines.all.some((line) => line.includes('was ended by SIGKILL')));
    isExact();
  });

  test('also when the reader is killed, the journal is rotated and the machine boots before it is there again [10.2]', async () => {
    say();
    await kill();
    say();
    box.must(['journalctl', '--rotate']);
    box.must(['tee', '/tmp/boot_id'], 'b0070000-0000-4000-8000-00000000b007\n');
    box.must(['mount', '--bind', '/tmp/boot_id', '/proc/sys/kernel/random/boot_id']);
    box.must(['systemctl', 'restart', 'systemd-journald']);
    say();
    assert.match(box.must(['journalctl', '--merge', '-o', 'json', '-n', '1']), /"_BOOT_ID":"b0070000000040008000/);
    start();
    await isNoted();
    await saidAndNoted();
    isExact();
    assert.deepEqual(
      reader.lines.all.filter((line) => line.includes('lost')),
      [],
    );
  });

  test('but what is vacuumed while nobody reads, and that is told [10.2]', async () => {
    await kill();
    const lost = said.length;
    say();
    box.must(['journalctl', '--rotate', '--vacuum-time=1us']);
    said.splice(lost);
    start();
    await reader.lines.first('loss', (line) => line.startsWith(`lines of ${LOG} may be lost`));
    say('after it');
    await isNoted();
    isExact();
  });
});
