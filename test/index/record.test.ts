import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import * as fc from '../properties.ts';
import { checksum } from '../../src/index/record.ts';

test('the checksum of a record is the CRC-32 of its room, key and payload, in any script [9.13]', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(text, text, (key, payload) => {
      assert.equal(checksum('users', key, payload), crc32(`users\0${key}\0${payload}`) | 0);
    }),
  );
});
