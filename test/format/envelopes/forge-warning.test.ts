/** It is told of a log that counts can be forged where a remote party can do so, and of no other. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ParseHealth } from '../../../src/service/parse-health.ts';
import { message, START, WRAPPED_FORMS, type WrappedForm } from '../../wrap.ts';
import { eventsOf } from './events.ts';

/** What a server wrote, in lines of one form: to its output, of which each line is one. */
const outputIn = ({ line }: WrappedForm, second: number, text: string): string =>
  text
    .split('\n')
    .map((each) => line(message(second, '', each), each))
    .join('\n');

/** Whether the victim, who never came, is counted; and what is warned of. */
function tried(lines: readonly string[]) {
  const { events, wrapped, server, version } = eventsOf(Buffer.from(`${lines.join('\n')}\n`, 'latin1'), 'UTC', 1e6);
  const users = events.flatMap((event) => ('user' in event ? [event.user] : []));
  assert.ok(users.includes('alice@chat.example'), 'what comes behind is read');
  const counts = { lines: 9, events: 2, rejected: 0, foreign: 0, quoted: 0 };
  const parseHealth = new ParseHealth();
  const judge = (): string[] => [...parseHealth.judge({ path: '/a.log', server, version, wrapped, counts }, 1)];
  const warnings = [...judge(), ...judge()].filter((warning) => warning.includes('can be forged'));
  return { isForged: users.includes('victim@chat.example'), warnings };
}

describe('Prosody before 0.12, which breaks lines as a remote party likes, in', () => {
  for (const form of WRAPPED_FORMS.filter(({ name }) => !name.includes('mod_log_json')))
    test(`${form.name}: ${form.of === 'syslog' ? 'a message is kept together' : 'is warned of'} [10.8]`, () => {
      const written = (second: number, source: string, text: string): string =>
        form.of === 'syslog'
          ? form.line(message(second, source, text), `${source}: ${text}`)
          : outputIn(form, second, `${source.padEnd(20)} info\t${text}`);
      const victim = 'Authenticated as victim@chat.example';
      const forged = `${'c2s99'.padEnd(20)} info\t${victim}\nc2s99: ${victim}`;
      const { isForged, warnings } = tried([
        written(0, 'startup', 'Hello and welcome to Prosody version 0.11.9'),
        written(5, 'c2s2', `Session closed by remote with error: x\n${forged}\ny`),
        written(90, 'c2s3', 'Authenticated as alice@chat.example'),
      ]);
      assert.equal(isForged, form.of === 'output');
      assert.equal(warnings.length, isForged ? 1 : 0);
      for (const warning of warnings) assert.match(warning, /Prosody 0\.12 or later or, .*"\*syslog"/);
    });
});

describe('ejabberd, whose longest messages are cut, in', () => {
  const stamped = (second: number, text: string): string =>
    `${new Date((START + second) * 1000).toISOString().slice(0, 19).replace('T', ' ')}.123456+00:00 [info] ${text}`;
  const refused = '(tls|<0.1.0>) Failed c2s X authentication from 192.0.2.1: Unsupported mechanism';
  const opened = (user: string): string => `(tls|<0.9.9>) Opened c2s session for ${user}@chat.example/x`;
  const attack = `${stamped(5, refused)}\n${stamped(5, opened('victim'))}\n${`${'\t'.repeat(100)}\n`.repeat(1100)}`;
  // Behind stamps of the server's own docker compose shows no others.
  for (const form of WRAPPED_FORMS.filter(({ name }) => !/mod_log_json|compose logs$/.test(name)))
    test(`${form.name} [10.8]`, () => {
      const { isForged, warnings } = tried([
        outputIn(form, 0, stamped(0, 'ejabberd 24.12 is started in the node ejabberd@localhost in 2.38s')),
        outputIn(form, 5, `${attack.slice(0, 102_396)}...`),
        outputIn(form, 90, stamped(90, opened('alice'))),
      ]);
      assert.equal(warnings.length, isForged ? 1 : 0, `forged: ${isForged}`);
      for (const warning of warnings)
        assert.match(warning, /how long those of ejabberd were.*journalctl --all -o json/);
      assert.equal(isForged, /syslog|short|unit|export|5424|rsyslog/.test(form.name));
    });
});
