/** A log whose lines change their form: nobody is lost, and nobody else is taken for the server. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { array, assert as holds, integer, property, record } from '../properties.ts';
import { type Message, message, output, START, wrapped, WRAPPED_FORMS } from '../wrap.ts';
import { eventsOf } from './envelopes/events.ts';

const starting = (second: number): readonly Message[] => [
  message(second, 'startup', 'Hello and welcome to Prosody version 0.12.3'),
  message(second, 'portmanager', "Activated service 'c2s' on [::]:5222"),
];
/** So many logins, one a second. */
const logins = (name: string, second: number, count: number): readonly Message[] =>
  Array.from({ length: count }, (_, i) =>
    message(second + i, `c2s${name}${i.toString(16)}`, `Authenticated as ${name}${i}@chat.example`),
  );
const namesOf = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${name}${i}`);

const log = (...lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\n')}\n`, 'latin1');
const users = (bytes: Buffer, size = 1e6): string[] =>
  eventsOf(bytes, 'UTC', size).events.flatMap((event) => (event.kind === 'start' ? [event.user.split('@')[0]!] : []));

/** As rsyslog writes what `program` says. */
const of =
  (program: string) =>
  ({ at, source, text }: Message): string =>
    `${new Date(at * 1000).toISOString().slice(0, 19)}+00:00 vm ${program}[12]: ${source}: ${text}`;
const other = (program: string, second: number, text = 'nothing happened'): string =>
  of(program)(message(second, 'x', text)).replace('x: ', '');

describe('a container that is made anew, whose name is another one, loses nobody', () => {
  const [a, b, c] = ['3f2a1b4c5d6e', '17e3a6f0c2d9', 'aa55bb66cc77'].map(of) as [
    (m: Message) => string,
    (m: Message) => string,
    (m: Message) => string,
  ];
  for (const size of [1, 700, 20_000, 1e6])
    for (const [few, many] of [
      [10, 300],
      [300, 10],
      [300, 300],
    ] as const)
      test(`${few} lines before and ${many} behind, in blocks of ${size} bytes [10.6]`, () => {
        const before = [...starting(0), ...logins('a', 1, few)].map(a);
        const behind = [...starting(1000), ...logins('b', 1001, many)].map(b);
        assert.equal(eventsOf(log(...before, ...behind), 'UTC', size).stored?.server, 'prosody');
        assert.deepEqual(users(log(...before, ...behind), size), [...namesOf('a', few), ...namesOf('b', many)]);
      });

  test('twice in one block, and back again without a line that it starts [10.6]', () => {
    const lines = [
      ...[...starting(0), ...logins('a', 1, 300)].map(a),
      ...[...starting(1000), ...logins('b', 1001, 300)].map(b),
      ...[...starting(2000), ...logins('c', 2001, 300)].map(c),
      ...logins('d', 3001, 300).map(a),
    ];
    assert.deepEqual(
      users(log(...lines)),
      ['a', 'b', 'c', 'd'].flatMap((name) => namesOf(name, 300)),
    );
  });

  test('for a short time only, within one block [10.6]', () => {
    const parts = [a, b, a, c].map((form, i) =>
      [...starting(i * 1000), ...logins('abcd'[i]!, i * 1000 + 1, 6)].map(form),
    );
    assert.deepEqual(
      users(log(...parts.flat())),
      ['a', 'b', 'c', 'd'].flatMap((name) => namesOf(name, 6)),
    );
  });

  test('though its own start is not in the file that follows [10.6]', () => {
    const lines = [...[...starting(0), ...logins('a', 1, 50)].map(a), ...logins('b', 1001, 50).map(b)];
    for (const size of [1, 1e6])
      assert.deepEqual(users(log(...lines), size), [...namesOf('a', 50), ...namesOf('b', 50)]);
  });
});

describe('a neighbour in the same stream', () => {
  const server = of('prosody');
  const echo = of('shipper')(starting(50)[0]!);
  const before = [...starting(0), ...logins('a', 1, 20)].map(server);
  const behind = logins('b', 100, 20).map(server);
  const everybody = [...namesOf('a', 20), ...namesOf('b', 20)];
  const cases: readonly [name: string, lines: readonly string[]][] = [
    ['that repeats one line', [echo]],
    ['that repeats one line among its own', [other('shipper', 40), other('shipper', 41), echo, other('shipper', 52)]],
    ['that repeats lines now and then', [echo, other('shipper', 51), other('shipper', 52), echo, other('shipper', 53)]],
  ];
  for (const [name, lines] of cases)
    for (const size of [1, 1e6])
      test(`${name} is not the server, ${size === 1 ? 'line by line' : 'in one block'} [10.8]`, () => {
        const { events } = eventsOf(log(...before, ...lines, ...behind), 'UTC', size);
        assert.deepEqual(users(log(...before, ...lines, ...behind), size), everybody);
        assert.equal(events.filter(({ kind }) => kind === 'server-start').length, 1);
      });

  for (const size of [1, 1e6])
    test(`that repeats a start and more while the server is silent gives its place back, ${size === 1 ? 'line by line' : 'in one block'} [10.8]`, () => {
      const repeated = starting(50).map(of('shipper'));
      const again = logins('c', 300, 20).flatMap((each) => [server(each), repeated[0]!]);
      const end = logins('d', 400, 5).map(server);
      assert.deepEqual(users(log(...before, ...repeated, ...behind, ...again, ...end), size), [
        ...everybody,
        ...namesOf('c', 20),
        ...namesOf('d', 5),
      ]);
    });

  for (const size of [1, 1e6])
    test(`that repeats a start and more while the server is silent closes no session, ${size === 1 ? 'line by line' : 'in one block'} [10.8]`, () => {
      const lines = [...before, ...starting(50).map(of('shipper')), ...behind];
      const { events } = eventsOf(log(...lines), 'UTC', size);
      assert.deepEqual(users(log(...lines), size), everybody);
      assert.equal(events.filter(({ kind }) => kind === 'server-start').length, 1);
    });

  test('that is the last one to write, and first, is not the server [10.8]', () => {
    const bytes = log(...before, echo);
    const { events } = eventsOf(bytes, 'UTC', bytes.length);
    assert.equal(events.filter(({ kind }) => kind === 'server-start').length, 1);
  });
});

describe('what waits at the end of all lines', () => {
  const [server, anew] = [of('prosody'), of('17e3a6f0c2d9')];
  const before = [...starting(0), ...logins('a', 1, 20)].map(server);
  for (const size of [1, 1e6])
    for (const count of [2, 19])
      test(`${count} lines of a new container, in blocks of ${size} bytes, are its own [10.6]`, () => {
        const { waiting } = eventsOf(log(...before, ...logins('b', 100, count).map(anew)), 'UTC', size);
        assert.equal(waiting, 0);
        assert.deepEqual(users(log(...before, ...logins('b', 100, count).map(anew)), size), [
          ...namesOf('a', 20),
          ...namesOf('b', count),
        ]);
      });

  test('one line says too little, and is left [10.6]', () => {
    const bytes = log(...before, ...logins('b', 100, 1).map(anew));
    assert.equal(eventsOf(bytes).waiting, 1);
    assert.deepEqual(users(bytes), namesOf('a', 20));
  });

  test('the last lines of a second server are no change [10.6]', () => {
    const other = logins('b', 0, 30).map(anew);
    const lines = [...before.flatMap((each, i) => [each, other[i]!]), ...other.slice(-3)];
    const { waiting, rival } = eventsOf(log(...lines), 'UTC', 1e6);
    assert.deepEqual(users(log(...lines)), namesOf('a', 20));
    assert.equal(waiting, 0);
    assert.equal(rival?.program, '17e3a6f0c2d9');
  });
});

test('a new container is no second server [10.6]', () => {
  const [server, anew] = [of('prosody'), of('17e3a6f0c2d9')];
  const lines = [...[...starting(0), ...logins('a', 1, 20)].map(server), ...logins('b', 100, 40).map(anew)];
  assert.equal(eventsOf(log(...lines), 'UTC', 1e6).rival, undefined);
});

test('sixty other programs with more lines hide no server [10.1]', () => {
  for (const programs of [6, 60]) {
    const lines = Array.from({ length: 50 }, (_, i) =>
      Array.from({ length: programs }, (_, n) => other(`daemon${n}`, i)),
    ).flat();
    lines.splice(lines.length - 20, 0, ...[...starting(60), ...logins('a', 61, 2)].map(of('prosody')));
    assert.deepEqual(users(log(...lines)), ['a0', 'a1'], `${programs} programs`);
  }
});

describe("the server's own stamps", () => {
  const docker = (at: number, text: string): string =>
    JSON.stringify({ log: `${text}\n`, stream: 'stdout', time: new Date(at * 1000).toISOString() });
  const bare = (m: Message): string => docker(m.at, output(m));
  const stamped = (m: Message): string =>
    docker(
      m.at,
      `${new Date(m.at * 1000).toUTCString().slice(8, 11)} 02 ${new Date(m.at * 1000).toISOString().slice(11, 19)} ${output(m)}`,
    );
  for (const size of [1, 5000, 1e6])
    for (const [name, first, second] of [
      ['on', bare, stamped],
      ['off', stamped, bare],
    ] as const)
      test(`are switched ${name}, in blocks of ${size} bytes [10.6]`, () => {
        const lines = [
          ...[...starting(0), ...logins('a', 1, 60)].map(first),
          ...[...starting(100), ...logins('b', 101, 60)].map(second),
          ...logins('c', 201, 60).map(first),
        ];
        assert.deepEqual(
          users(log(...lines), size),
          ['a', 'b', 'c'].flatMap((each) => namesOf(each, 60)),
        );
      });
});

describe("the server's own stamps are switched on near the end", () => {
  const docker = (second: number, text: string): string =>
    JSON.stringify({ log: `${text}\n`, stream: 'stdout', time: new Date((START + second) * 1000).toISOString() });
  const bare = logins('a', 1, 20).map((each) => docker(each.at - START, output(each)));
  const stamped = (second: number, at = second): string =>
    docker(at, `Mar 02 10:00:${String(second).padStart(2, '0')} ${output(logins('b', second, 1)[0]!)}`);
  for (const size of [1, 1e6]) {
    test(`lines some seconds apart are its own, in blocks of ${size} bytes [10.6]`, () => {
      const lines = [30, 33, 36].map((second) => stamped(second));
      assert.deepEqual(users(log(...bare, ...lines), size), [...namesOf('a', 20), 'b0', 'b0', 'b0']);
    });

    test(`lines of one moment are left, in blocks of ${size} bytes [10.8]`, () => {
      const lines = [30, 33, 36].map((second) => stamped(second, 40));
      assert.deepEqual(users(log(...bare, ...lines), size), namesOf('a', 20));
      assert.equal(eventsOf(log(...bare, ...lines), 'UTC', size).waiting, 3);
    });
  }
});

test('a file of Prosody 0.12 goes on as syslog, within the first block [10.6]', () => {
  const plain = (m: Message): string =>
    `${new Date(m.at * 1000).toUTCString().slice(8, 11)} 02 ${new Date(m.at * 1000).toISOString().slice(11, 19)} ${m.source}\t${m.level}\t${m.text}`;
  const lines = [
    ...[...starting(0), ...logins('a', 1, 50)].map(plain),
    ...logins('b', 100, 50).map(of('prosody')),
    ...logins('c', 200, 50).map(plain),
  ];
  assert.deepEqual(
    users(log(...lines)),
    ['a', 'b', 'c'].flatMap((each) => namesOf(each, 50)),
  );
});

test('lines of several forms, cut into blocks anywhere, give what each part gives by itself [10.6]', () => {
  const forms = [
    ...WRAPPED_FORMS.filter(({ name }) => !name.endsWith('export')).map((form) => (m: Message) => wrapped(form, m)),
    ...['3f2a1b4c5d6e', '17e3a6f0c2d9', 'aa55bb66cc77'].map(of),
  ];
  const part = record({ form: integer({ min: 0, max: forms.length - 1 }), count: integer({ min: 3, max: 40 }) });
  holds(
    property(array(part, { minLength: 2, maxLength: 5 }), integer({ min: 1, max: 20_000 }), (parts, size) => {
      const lines: string[] = [];
      const expected: string[] = [];
      for (const [i, { form, count }] of parts.entries()) {
        const name = String.fromCharCode(97 + i);
        const messages = [...starting(i * 1000), ...logins(name, i * 1000 + 1, count)];
        lines.push(...messages.map(forms[form]!));
        expected.push(...namesOf(name, count));
      }
      assert.deepEqual(users(log(...lines), size), expected);
    }),
    { numRuns: 30, endOnFailure: true },
  );
});
