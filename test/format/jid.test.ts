import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from '../properties.ts';
import { bareJid, foldAddress, resourceOf } from '../../src/format/jid.ts';

/** As the reader has it: one character per byte. */
const bytes = (text: string): string => Buffer.from(text).toString('latin1');

describe('a bare JID', () => {
  const CASES: readonly (readonly [what: string, printed: string, user: string | undefined])[] = [
    ['as it is', 'alice@chat.example', 'alice@chat.example'],
    ['drops the resource', 'alice@chat.example/phone', 'alice@chat.example'],
    ['drops the resource at the first slash', 'alice@chat.example/a/b@c', 'alice@chat.example'],
    ['folds case', 'Alice@Chat.EXAMPLE', 'alice@chat.example'],
    ['folds case beyond ASCII', 'Ünï.ÇÖDÉ@Exämple.ORG', 'ünï.çödé@exämple.org'],
    ['folds sharp s, as the server does', 'Straße@chat.example', 'strasse@chat.example'],
    ['folds both small sigmas into one', 'ΟΔΟΣ.οδος@chat.example', 'οδοσ.οδοσ@chat.example'],
    ['folds full width', 'Ａｌｉｃｅ２@chat.example', 'alice2@chat.example'],
    ['composes accents', 'u\u0308@chat.example', 'ü@chat.example'],
    ['drops what cannot be seen', 'al\u00adi\u200bce@chat.example', 'alice@chat.example'],
    ['folds the iota below a vowel', 'ᾳ\u0345@chat.example', 'αιι@chat.example'],
    ['keeps what can be seen as a blank', '\u1160@chat.example', '\u1160@chat.example'],
    ['folds what servers do not know', 'ẞ@chat.example', 'ss@chat.example'],
    ['keeps what nodeprep allows', "a.b+c_d-e,;=|[](){}#%40\\27$!?*^`~'@h", "a.b+c_d-e,;=|[](){}#%40\\27$!?*^`~'@h"],
    ['Cyrillic', 'Иван@chat.example', 'иван@chat.example'],
    ['Japanese', '日本@chat.example', '日本@chat.example'],
    ['beyond the basic plane', '🙂@chat.example', '🙂@chat.example'],
    ['an address for a host', 'a@[::1]', 'a@[::1]'],
    ['of the longest parts', `${'a'.repeat(1023)}@${'b'.repeat(1023)}`, `${'a'.repeat(1023)}@${'b'.repeat(1023)}`],
    ['not with a localpart longer than any', `${'a'.repeat(1024)}@b`, undefined],
    ['not with a host longer than any', `a@${'b'.repeat(1024)}`, undefined],
    ['not without localpart', '@chat.example', undefined],
    ['not without host', 'alice@', undefined],
    ['not without host before a resource', 'alice@/phone', undefined],
    ['not a host alone', 'chat.example', undefined],
    ['not an @ in the resource alone', 'chat.example/a@b', undefined],
    ['not with two @', 'a@b@c', undefined],
    ['not with a blank', 'a b@c', undefined],
    ['not with a blank beyond ASCII', 'a\u3000b@c', undefined],
    ['not with a tab', 'a\tb@c', undefined],
    ['not with a control character', 'a\u0001b@c', undefined],
    ['not with quotes', 'a"b@c', undefined],
    ['not with an ampersand', 'a&b@c', undefined],
    ['not with angle brackets', '<a>@c', undefined],
    ['not what is invisible only', '\u200b@chat.example', undefined],
    ['not with an @ in disguise', 'a＠b@c', undefined],
    ['not empty', '', undefined],
  ];
  for (const [what, printed, user] of CASES)
    it(`${what}: ${printed.slice(0, 60)}`, () => assert.equal(bareJid(bytes(printed)), user));

  it('not of bytes that are no UTF-8', () => assert.equal(bareJid('al\xffice@chat.example'), undefined));

  it('is the same when it is folded again [8.11]', () => {
    for (const [, , user] of CASES) if (user !== undefined) assert.equal(bareJid(bytes(user)), user);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) =>
        assert.equal(foldAddress(foldAddress(text)), foldAddress(text)),
      ),
      { numRuns: 5000 },
    );
  });
});

describe('a resource', () => {
  for (const [printed, resource] of [
    ['a@b/phone', 'phone'],
    ['a@b/Ünï code', 'Ünï code'],
    ['a@b/c/d', 'c/d'],
    ['a@b/', ''],
    ['a@b', ''],
  ] as const)
    it(`of ${printed} is "${resource}"`, () => assert.equal(resourceOf(bytes(printed)), resource));
});
