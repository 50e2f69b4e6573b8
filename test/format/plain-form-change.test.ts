/**
 * A plain file of ejabberd, jabberd2 or MongooseIM whose lines begin to have another form, as of an upgrade, another server in its place, or a
 * log that goes through docker or syslog from then on: that is seen with the first line, but where a message before may have been
 * made to look like it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventsOf } from './envelopes/events.ts';
import { iso, START } from './envelopes/outputs.ts';

type Line = (second: number, message: string) => string;

const dated = (second: number): string => iso(second).replace(' ', 'T');
const ejabberd: Line = (second, message) => `${iso(second)}.123456+00:00 [info] ${message}`;
const lager: Line = (second, message) => `${iso(second)}.123 [info] <0.5.0>@ejabberd_c2s:bind:542 ${message}`;
const jabberd2: Line = (second, message) => {
  const [weekday, day, month] = new Date((START + second) * 1000).toUTCString().replace(',', '').split(' ');
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${iso(second).slice(11)} 2026 [notice] ${message}`;
};
const mongooseim: Line = (second, message) => `when=${dated(second)}.123456+00:00 level=info ${message} `;
const opened = (user: string): string => `(tls|<0.75.0>) Opened c2s session for ${user}@chat.example/x`;
const bound = (user: string): string => `[${user.length}] bound: jid=${user}@chat.example/x`;
const docker = (second: number, text: string): string =>
  JSON.stringify({ log: `${text}\n`, stream: 'stdout', time: `${dated(second)}.123Z` });

/** A login, in each form. */
const LOGINS: Readonly<Record<string, (second: number, user: string) => string>> = {
  ejabberd: (second, user) => ejabberd(second, opened(user)),
  'ejabberd of lager': (second, user) => lager(second, opened(user)),
  'ejabberd in docker': (second, user) => docker(second, ejabberd(second, opened(user))),
  'ejabberd through syslog': (second, user) =>
    `${dated(second)}.123456+00:00 vm ejabberd[12]: ${ejabberd(second, opened(user))}`,
  jabberd2: (second, user) => jabberd2(second, bound(user)),
  'jabberd2 through syslog': (second, user) => `${dated(second)}.123456+00:00 vm jabberd/c2s[12]: ${bound(user)}`,
  prosody: (second, user) => `${iso(second)} c2s55d0a${user.length}\tinfo\tAuthenticated as ${user}@chat.example`,
  mongooseim: (second, user) =>
    mongooseim(
      second,
      `what=c2s_opened_session pid=<0.5.0> at=ejabberd_c2s:x/3:758 user=${user} resource=x jid=${user}@chat.example/x`,
    ),
};

const CHANGES: readonly (readonly [from: string, to: string])[] = [
  ['ejabberd of lager', 'ejabberd'],
  ['ejabberd', 'ejabberd in docker'],
  ['ejabberd', 'ejabberd through syslog'],
  ['ejabberd', 'prosody'],
  ['ejabberd', 'mongooseim'],
  ['jabberd2', 'jabberd2 through syslog'],
  ['jabberd2', 'prosody'],
  ['mongooseim', 'ejabberd'],
];

function usersIn(lines: readonly string[], size: number): string[] {
  const text = lines.map((line) => `${line}\n`);
  const first = text.slice(0, 3).join('').length;
  const { events } = eventsOf(Buffer.from(text.join(''), 'latin1'), 'UTC', size, Math.max(first, size));
  return events.flatMap((event) => (event.kind === 'start' ? [event.user.split('@')[0]!] : []));
}

const names = (begin: string): string[] => Array.from({ length: 10 }, (_, i) => `${begin}${'x'.repeat(i)}`);

describe('a plain file goes on in another form', () => {
  for (const [from, to] of CHANGES)
    for (const size of [1, 1e6])
      test(`${from}, then ${to}, in blocks of ${size} bytes [10.6]`, () => {
        // Prosody tells by its version that nobody can make it write such lines.
        const back = to === 'prosody' ? [] : names('c');
        const lines = [
          ...names('a').map((user, i) => LOGINS[from]!(i, user)),
          ...names('b').map((user, i) => LOGINS[to]!(100 + i, user)),
          ...back.map((user, i) => LOGINS[from]!(200 + i, user)),
        ];
        assert.deepEqual(usersIn(lines, size), [...names('a'), ...names('b'), ...back]);
      });
});

test('a plain file of a Prosody that marks no further lines goes on in another form, and the daemon is started anew again and again [10.6]', () => {
  const welcome = `${iso(0)} startup\tinfo\tHello and welcome to Prosody version 0.11.9`;
  const before = names('a').map((user, i) => LOGINS['prosody']!(1 + i, user));
  // More than a message may have.
  const after = Array.from({ length: 9000 }, (_, i) => LOGINS['ejabberd through syslog']!(100 + i, 'b'));
  const found = usersIn([welcome, ...before, ...after], 20_000);
  assert.deepEqual(found.slice(0, 10), names('a'));
  assert.ok(found.length > 4000);
});

/** Messages around the text of a remote party; and what makes their first line look whole. */
const QUOTING: Readonly<Record<string, readonly ((second: number, text: string) => string)[]>> = {
  ejabberd: [
    (second, text) => ejabberd(second, `Failed c2s ${text} authentication from 192.0.2.1: Unsupported mechanism`),
    (second, text) =>
      ejabberd(second, `Closing c2s session for e@chat.example/x: Stream closed by peer: ${text} (reset)`),
  ],
  jabberd2: [(second, text) => jabberd2(second, `[11] [192.0.2.1, port=36408] error: Stream error (${text})`)],
};
const FAKE_ENDS = ['', ' authentication from 192.0.2.1: Unsupported mechanism', ' (reset)'];

describe('what a remote party writes in another form is nobody', () => {
  for (const [server, messages] of Object.entries(QUOTING))
    for (const form of Object.keys(LOGINS).filter((each) => each !== server))
      for (const size of [1, 1e6])
        test(`${form} in messages of ${server}, in blocks of ${size} bytes [10.8]`, () => {
          for (const message of messages)
            for (const end of FAKE_ENDS) {
              const forged = [0, 90].map((ahead) => LOGINS[form]!(100 + ahead, 'victim'));
              const lines = [
                ...names('a').map((user, i) => LOGINS[server]!(i, user)),
                ...message(100, `x${end}\n${forged.join('\n')}\nx`).split('\n'),
                ...(server === 'jabberd2' ? names('d').map((user) => jabberd2(101, `[9] ${user} connect`)) : []),
                ...Array.from({ length: 10 }, (_, i) => LOGINS[server]!(200 + i, 'b')),
              ];
              assert.ok(!usersIn(lines, size).includes('victim'), end);
            }
        });
});
