/**
 * What stands around the server's lines changes within one file: its program has another name since an upgrade, its container, its
 * machine or its process are others. Nobody is lost by it, in whatever form the lines are wrapped.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Message, message, wrapped, WRAPPED_FORMS } from '../wrap.ts';
import { eventsOf } from './envelopes/events.ts';

const STARTS = 'Hello and welcome to Prosody version 0.12.3';
const logins = (name: string, second: number, count: number): readonly Message[] =>
  Array.from({ length: count }, (_, i) =>
    message(second + i, `c2s${name}${i.toString(16)}`, `Authenticated as ${name}${i}@chat.example`),
  );

/** How a line reads where what is around it has changed. */
const CHANGES: readonly (readonly [what: string, change: (line: string) => string])[] = [
  ['the program has a longer name', (line) => renamed(line, 'prosody-trunk')],
  ['the program has a shorter name', (line) => renamed(line, 'xmpp')],
  ['the container has another number', (line) => line.replace('prosody-1  |', 'prosody-12 |')],
  ['the process is another one', (line) => line.replace('[12]', '[4711]').replace(' 12 - -', ' 4711 - -')],
  ['the machine has another name', (line) => line.replace(' vm ', ' chat ').replace(/(HOSTNAME\W+)vm/, '$1chat')],
];

function renamed(line: string, program: string): string {
  return line.replace(/prosody(?=\[|\.service\[| 12 - -|-1 {2}\|)|(?<=SYSLOG_IDENTIFIER\W+)prosody/, program);
}

describe('what stands around the lines changes within one file:', () => {
  for (const [what, change] of CHANGES)
    for (const form of WRAPPED_FORMS) {
      const lineOf = (m: Message): string => wrapped(form, m);
      const [one] = logins('a', 1, 1);
      if (change(lineOf(one!)) === lineOf(one!)) continue;
      for (const [how, first] of [
        ['with the start of the server', [message(100, 'startup', STARTS)]],
        ['without it', []],
      ] as const)
        test(`${what}, ${form.name}, ${how} [10.6]`, () => {
          const lines = [
            ...[message(0, 'startup', STARTS), ...logins('a', 1, 30)].map(lineOf),
            ...[...first, ...logins('b', 101, 30)].map((m) => change(lineOf(m))),
          ];
          const log = Buffer.from(`${lines.join('\n')}\n`, 'latin1');
          for (const size of [3000, 1e6]) {
            const users = eventsOf(log, 'UTC', size).events.flatMap((event) =>
              event.kind === 'start' ? [event.user.split('@')[0]!] : [],
            );
            assert.deepEqual(
              users,
              ['a', 'b'].flatMap((name) => logins(name, 0, 30).map((_, i) => `${name}${i}`)),
            );
          }
        });
    }
});

describe("a log of a whole machine, in which the server's program has another name,", () => {
  const fields = Array.from({ length: 24 }, (_, i) => `_FIELD_${i}=a value of usual length\n`).join('');
  const names = (name: string): string[] => Array.from({ length: 40 }, (_, i) => `${name}${i}`);
  for (const form of WRAPPED_FORMS) {
    // The fields that journald adds make an entry of the export a long one.
    const before = form.name.endsWith('export') ? fields : '';
    const of = (m: Message, program: string): string => `${before}${renamed(wrapped(form, m), program)}\n`;
    const [one] = logins('a', 0, 1);
    if (of(one!, 'sshd') === of(one!, 'prosody')) continue;
    const withOthers = (m: Message, programs: readonly string[]): string =>
      [
        ...programs.map((program) => of(m, program)),
        ...['sshd', 'cron', 'sshd'].map((program) => of({ ...m, source: 'error', text: 'nothing' }, program)),
      ].join('');
    const part = (name: string, second: number, ...programs: readonly string[]): string =>
      logins(name, second, 40)
        .map((m) => withOthers(m, programs))
        .join('');
    const usersIn = (log: string, size: number): string[] =>
      eventsOf(Buffer.from(log, 'latin1'), 'UTC', size).events.flatMap((event) =>
        event.kind === 'start' ? [event.user.split('@')[0]!] : [],
      );

    test(`loses nobody, ${form.name} [10.6]`, () => {
      const log = part('a', 1, 'prosody') + part('b', 101, 'xmpp');
      assert.deepEqual(usersIn(log, 4000), [...names('a'), ...names('b')]);
    });

    test(`takes nobody from a program that repeats lines of the server, ${form.name} [10.8]`, () => {
      const log = part('a', 1, 'prosody', 'shipper');
      assert.deepEqual(usersIn(log, 20_000), names('a'));
    });
  }
});
