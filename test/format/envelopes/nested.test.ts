/** What a server writes in its own way and is wrapped besides: JSON, and stamps without a day. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Message, message, START, WRAPPED_FORMS } from '../../wrap.ts';
import { eventsOf } from './events.ts';

const iso = ({ at }: Message): string => new Date(at * 1000).toISOString();
const told = (lines: readonly string[], size?: number): string[] =>
  eventsOf(Buffer.from(`${lines.join('\n')}\n`, 'latin1'), 'UTC', size).events.flatMap((event) =>
    event.kind === 'start' ? [`${event.user} ${event.at - START}`] : [],
  );

const OUTER = WRAPPED_FORMS.filter(({ name }) => !/mod_log_json|of the output|compose logs$/.test(name));

describe('lines that a server writes as JSON, in', () => {
  const prosody = (m: Message, text: string, args: readonly string[] = []): string =>
    JSON.stringify({ datetime: `${iso(m).slice(0, 19)}Z`, source: m.source, message: text, args, level: 'info' });
  const mongooseIm = (m: Message, jid: string): string =>
    JSON.stringify({
      when: iso(m).replace('Z', '+00:00'),
      level: 'info',
      what: 'c2s_opened_session',
      jid,
      meta: { mfa: '{ejabberd_c2s,do_open_session,3}' },
    });
  for (const { name, line } of OUTER) {
    test(`${name}: Prosody's [10.1]`, () => {
      const [hello, login] = [message(0, 'startup', ''), message(1, 'c2s55d2', '')];
      const lines = [
        line(hello, prosody(hello, 'Hello and welcome to Prosody version %s', ['0.12.3'])),
        line(login, prosody(login, 'Authenticated as %s@%s', ['alice', 'chat.example'])),
      ];
      assert.deepEqual(told(lines), ['alice@chat.example 1']);
    });

    test(`${name}: MongooseIM's [10.1]`, () => {
      const login = message(1, '', '');
      assert.deepEqual(told([line(login, mongooseIm(login, 'alice@chat.example/phone'))]), ['alice@chat.example 1']);
    });
  }

  test('no wrapping, put together by mod_log_json itself, with signs of a format in a name [10.4]', () => {
    const login = message(1, 'c2s55d2', '');
    const lines = [
      prosody(login, 'Authenticated as %s%s@chat.example', ['%s%s', 'chat.example']),
      prosody(login, 'Authenticated as %s@%s', ['ben', 'chat.example']),
    ];
    assert.deepEqual(told(lines), ['%s%s@chat.example 1', 'ben@chat.example 1']);
  });
});

describe("the console of ejabberd's lager, which tells no day, in", () => {
  const said = (m: Message, text: string): string => `${iso(m).slice(11, 23)} [info] ${text}`;
  for (const { name, line } of OUTER)
    test(`${name} [10.3]`, () => {
      const lines = ['alice', 'ben'].map((user, i) => {
        const login = message(i + 1, '', '');
        return line(login, said(login, `(tls|<0.75${i}.0>) Opened c2s session for ${user}@chat.example/phone`));
      });
      const [failed, later] = [message(3, '', ''), message(9, '', '')];
      const forged = [
        line(failed, said(failed, '(tls|<0.760.0>) Failed c2s X')),
        line(failed, '[info] (tls|<0.761.0>) Opened c2s session for victim@chat.example/x'),
        // As the wrapping itself has it.
        line(failed, line(failed, said(failed, ''))),
        line(failed, ' authentication from 192.0.2.1: Unsupported mechanism'),
        line(later, said(later, '(tls|<0.762.0>) Opened c2s session for carol@chat.example/phone')),
      ];
      assert.deepEqual(told([...lines, ...forged]), [
        'alice@chat.example 1',
        'ben@chat.example 2',
        'carol@chat.example 9',
      ]);
    });
});

describe('what the script says that starts ejabberd is taken for no other server, in', () => {
  const said = (m: Message, text: string): string =>
    `${iso(m).replace('T', ' ').replace('Z', '000+00:00')} [info] ${text}`;
  const lines = [
    [message(0, '', ''), 'WARNING: It is not recommended to run ejabberd as root'],
    ...[0, 0, 1, 90, 91].map((second) => {
      const each = message(second, '', '');
      const text =
        second < 90
          ? 'Loading modules for chat.example'
          : `(tls|<0.75.0>) Opened c2s session for u${second}@chat.example/x`;
      return [each, said(each, text)] as const;
    }),
  ] as const;
  for (const { name, line } of OUTER)
    // A line of an export is no more than a field.
    for (const size of name.endsWith('export') ? [1e6] : [1, 1e6])
      test(`${name}, in blocks of ${size} bytes [10.6]`, () => {
        assert.deepEqual(
          told(
            lines.map(([each, text]) => line(each, text)),
            size,
          ),
          ['u90@chat.example 90', 'u91@chat.example 91'],
        );
      });
});
