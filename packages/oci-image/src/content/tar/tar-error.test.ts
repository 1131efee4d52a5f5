import { describe, expect, it } from 'vitest';
import { chunked, flatten } from './fixtures/archive.js';
import { header, member, records } from './fixtures/raw-member.js';
import { readTar } from './read-tar.js';

describe('readTar, given what is no archive', () => {
  const good = header('0', { name: 'first' });

  it.each<[string, readonly Uint8Array[], string]>([
    ['a wrong checksum', [good, header('0', { name: 'a', checksum: '000000\0 ' })], 'at byte 512: the checksum'],
    ['text', [Buffer.alloc(512, 'text')], 'at byte 0: the checksum'],
    ['a truncated header', [good, good.subarray(0, 300)], 'at byte 512: the archive ends in the middle of a header'],
    [
      'a truncated body',
      [header('0', { name: 'a', size: 700 }), Buffer.alloc(600)],
      'at byte 1112: the archive ends in the middle of "a", which has 700 bytes',
    ],
    [
      'truncated padding',
      [header('0', { name: 'a', size: 5 }), Buffer.alloc(511)],
      'at byte 1023: the archive ends in the middle of "a"',
    ],
    [
      'a truncated extended header',
      [header('x', { size: 100 }), Buffer.alloc(90)],
      'at byte 602: the archive ends in the middle of an extended header',
    ],
    [
      'an extended header without its member',
      [member('x', records({ path: 'a' }))],
      'at byte 1024: the archive ends after',
    ],
    ['a lone zero block', [good, Buffer.alloc(512), good], 'at byte 1024: a single block of zeros'],
    [
      'a negative size',
      [header('0', { name: 'a', raw: { 124: Buffer.alloc(12, 0xff) } })],
      'at byte 0: size is -1, not a whole number from 0',
    ],
    [
      'a size above 2^53',
      [header('0', { name: 'a', raw: { 124: Buffer.from('80ffffffffffffffffffffff', 'hex') } })],
      'at byte 0: the field size holds no number',
    ],
    [
      'a size that is no octal',
      [header('0', { name: 'a', raw: { 124: Buffer.from('00000000009\0') } })],
      'at byte 0: the field size holds no number',
    ],
    ['a negative size in a record', [member('x', records({ size: '-1' })), good], 'at byte 1024: size is -1'],
    [
      'an absurd size in a record',
      [member('x', records({ size: '99999999999999999999' })), good],
      'at byte 1024: size is 99999999999999999999',
    ],
    [
      'a negative size of an extended header',
      [header('x', { raw: { 124: Buffer.alloc(12, 0xff) } })],
      'at byte 0: size is -1',
    ],
    ['an owner above 2^32-1', [member('x', records({ uid: '4294967296' })), good], 'at byte 1024: uid is 4294967296'],
    [
      'a time that is none',
      [member('x', records({ mtime: 'noon' })), good],
      'at byte 1024: the extended header record mtime',
    ],
    [
      'a malformed record',
      [member('x', Buffer.from('99 path=a\n')), good],
      'at byte 512: an extended header record does not end',
    ],
    ['a sparse file of old GNU', [header('S', { name: 'a' })], 'at byte 0: sparse members are not supported'],
    [
      'a sparse file of new GNU',
      [member('x', records({ 'GNU.sparse.major': '1' })), good],
      'at byte 1024: sparse members',
    ],
    ['a volume label', [header('V', { name: 'label' })], 'at byte 0: members of type "V" cannot stand in a layer'],
  ])('refuses %s with TAR_INVALID and says where', async (_, parts, message) => {
    await expect(flatten(readTar(chunked(Buffer.concat(parts))))).rejects.toMatchObject({
      code: 'TAR_INVALID',
      message: expect.stringContaining(message),
    });
  });
});
