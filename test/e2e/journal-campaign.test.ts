/**
 * A week of real clients of Prosody in a real journal: with its own times, as systemd-journal-remote puts them there, it is counted as
 * the file is, from the journal itself and from each form in which journalctl writes it; and as the server writes it, through syslog
 * and through the standard output of its unit.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { goldenLog, SMALL_UTC } from '../golden.ts';
import { messagesOf, output, wrapped, WRAPPED_FORMS, type Message, type WrappedForm } from '../wrap.ts';
import { bootBox, type Box } from './systemd-box.ts';

const REMOTE = '/lib/systemd/systemd-journal-remote';
const FILE = '/tmp/prosody.log';
const [SYSLOG, UNIT] = ['journal:SYSLOG_IDENTIFIER=prosody', 'journal:prosody.service'];

void describe('a week of real clients in a real journal', () => {
  const log = goldenLog(SMALL_UTC, 'info');
  const messages = messagesOf(log);
  let box: Box;
  let expected = '';

  before(() => {
    assert.ok(existsSync(REMOTE), 'systemd-journal-remote is missing: apt-get install systemd-journal-remote');
    box = bootBox();
    box.must(['tee', FILE], log);
    expected = history(FILE);
    assert.ok(expected.split('\n').length > 150, expected);
  });
  after(() => box.halt());

  /** The counts of each hour; what is told beside them is another thing. */
  function history(...args: readonly string[]): string {
    const { code, out } = box.ours('history', ...args, '--timezone', 'UTC', '--format', 'csv');
    assert.ok(code !== null && code < 2, out);
    return out
      .split('\n')
      .filter((line) => /^\d/.test(line))
      .join('\n');
  }

  /** Into the journal of this machine, with the times that the messages have. */
  function put(name: string, of: WrappedForm['of'], fields: Readonly<Record<string, string>>): void {
    const machine = box.must(['cat', '/etc/machine-id']).trim();
    const all = { ...fields, _MACHINE_ID: machine };
    box.must(['tee', '/tmp/entries'], joined(messages.map((message) => entry(message, of, all))));
    box.must([REMOTE, '--output', `/var/log/journal/${machine}/${name}.journal`, '/tmp/entries']);
  }

  test('from syslog is counted as in the file [10.2]', () => {
    put('syslog', 'syslog', {});
    assert.equal(history(SYSLOG), expected);
  });

  for (const form of ['short', 'short-iso', 'short-precise', 'short-full', 'with-unit', 'json', 'export'])
    test(`as journalctl -o ${form} writes it, too [10.2]`, () => {
      const text = box.must(['journalctl', '--merge', '--all', '-o', form, '--utc', 'SYSLOG_IDENTIFIER=prosody']);
      box.must(['tee', `/tmp/${form}`], text);
      assert.equal(history(`/tmp/${form}`), expected);
    });

  test('from the output of a unit, too [10.2]', () => {
    put('unit', 'output', {
      SYSLOG_IDENTIFIER: 'lua5.4',
      _SYSTEMD_UNIT: 'prosody.service',
    });
    assert.equal(history(UNIT), expected);
  });

  /** How many events, and users. */
  function backfilled(log: string, index: string): string | undefined {
    const { out } = box.ours('backfill', log, '--index', index, '--timezone', 'UTC');
    return /(\d+ events; \d+ users) are in/.exec(out)?.[1];
  }

  test('as a unit and syslog write it now, has as many events of as many users [10.2]', () => {
    const inFile = backfilled(FILE, '/var/tmp/of-file');
    assert.match(inFile ?? '', /^\d{3,} events; \d{2,} users$/);
    box.must(['tee', '/tmp/output'], joined(messages.map((each) => `${output(each)}\n`)));
    const unit = ['systemd-run', '--quiet', '--wait', '--unit=now', '--property=LogRateLimitIntervalSec=0'];
    box.must([...unit, 'cat', '/tmp/output']);
    const said = joined(messages.map(({ source, text }) => `${source}: ${text}\n`));
    box.must(['logger', '--tag', 'now'], said);
    box.must(['journalctl', '--sync']);
    assert.equal(backfilled('journal:now.service', '/var/tmp/of-unit'), inFile);
    assert.equal(backfilled('journal:SYSLOG_IDENTIFIER=now', '/var/tmp/of-syslog'), inFile);
  });
});

/** Their characters are bytes. */
const joined = (texts: readonly string[]): Buffer => Buffer.from(texts.join(''), 'latin1');

function entry(message: Message, of: WrappedForm['of'], fields: Readonly<Record<string, string>>): string {
  const form = WRAPPED_FORMS.find(({ name }) => name === 'journalctl -o export');
  assert.ok(form);
  const more = { ...fields, __MONOTONIC_TIMESTAMP: `${message.at}000000` };
  const lines = Object.entries(more).map(([name, value]) => `${name}=${value}\n`);
  return `${wrapped({ ...form, of }, message)}${lines.join('')}\n`;
}
