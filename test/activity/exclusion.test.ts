import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exclusionOf } from '../../src/activity/exclusion.ts';
import { loadConfig } from '../../src/config/config.ts';
import { foldAddress } from '../../src/format/jid.ts';

describe('who is excluded', () => {
  const CASES: readonly (readonly [entry: string, excluded: readonly string[], counted: readonly string[]])[] = [
    ['monitor@chat.example', ['monitor@chat.example'], ['monitor@work.example', 'xmonitor@chat.example']],
    ['anon.example', ['a@anon.example'], ['a@x.anon.example', 'a@xanon.example', 'anon.example@chat.example']],
    ['*@guests.example', ['a@guests.example', '*@guests.example'], ['a@x.guests.example', 'guests.example@a']],
    ['bot-*@*', ['bot-1@chat.example', 'bot-@work.example'], ['robot-1@chat.example', 'bot@chat.example']],
    ['*bot*@chat.example', ['bot@chat.example', 'a.robot.b@chat.example'], ['bot@work.example', 'bo@chat.example']],
    ['*.guests.example', ['a@x.guests.example', 'a@x.y.guests.example'], ['a@guests.example', 'a@guests.example.org']],
    ['a.b+*@c.d', ['a.b+x@c.d'], ['axb+x@c.d', 'a.bb@c.d', 'a.b+x@cxd']],
    ['[x]*@h', ['[x]y@h'], ['xy@h']],
    ['日*@h', ['日本@h'], ['本日@h']],
    ['*', ['a@b', 'x@y.example'], []],
  ];
  for (const [entry, excluded, counted] of CASES) {
    test(`${entry} excludes ${excluded.join(' and ')} [8.12]`, () => {
      assert.deepEqual(excluded.filter(exclusionOf([entry])), excluded);
      assert.deepEqual(excluded.filter(exclusionOf(['other@x', entry])), excluded);
    });
    if (counted.length > 0)
      test(`${entry} does not exclude ${counted.join(' and ')} [8.12]`, () =>
        assert.deepEqual(counted.filter(exclusionOf([entry])), []));
  }

  test('nobody, when nobody is named', () => assert.equal(exclusionOf([])('a@b'), false));
});

describe('what an administrator excludes is folded as what the log says', () => {
  for (const [written, logged] of [
    ['Straße@chat.example', 'strasse@chat.example'],
    ['ΣΑΣ@chat.example', 'σασ@chat.example'],
    ['mo\u00adnitor@chat.example', 'monitor@chat.example'],
    ['anon\u00ad.example', 'anon.example'],
    ['Straße-*@*.Chat.Example', 'strasse-*@*.chat.example'],
    ['ａｎｏｎ.example', 'anon.example'],
  ] as const)
    test(`${written} [8.11]`, () => {
      const config = loadConfig({
        flags: { set: [`count.exclude=${written}`] },
        env: {},
        readFile: () => undefined,
        exists: () => false,
        defaultTimezone: 'UTC',
      });
      assert.deepEqual(config.count.exclude, [logged]);
      assert.equal(foldAddress(written), logged);
    });
});
