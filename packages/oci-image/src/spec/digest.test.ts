import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { InvalidValueError } from '../errors.js';
import {
  type Digest,
  digestAlgorithm,
  digestHex,
  digestSchema,
  formatDigest,
  isDigest,
  parseDigest,
} from './digest.js';
import { readInvalidVectors, readValidVectors } from './vectors/read-vectors.js';

const hex = (digits: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: digits, maxLength: digits });

const parts = fc.oneof(
  fc.tuple(fc.constant('sha256' as const), hex(64)),
  fc.tuple(fc.constant('sha512' as const), hex(128)),
);

describe('parseDigest', () => {
  it.each(readValidVectors('digest'))('accepts %s', (text) => {
    expect(parseDigest(text)).toBe(text);
    expect(isDigest(text)).toBe(true);
    expect(digestSchema.parse(text)).toBe(text);
  });

  it.each(readInvalidVectors('digest'))('refuses %j', (text) => {
    expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: 'DIGEST_INVALID', value: text }));
    expect(isDigest(text)).toBe(false);
    expect(digestSchema.safeParse(text).success).toBe(false);
  });

  it('says what a digest looks like', () => {
    expect(() => parseDigest('latest')).toThrow(
      new InvalidValueError(
        'DIGEST_INVALID',
        'latest',
        'a digest: sha256: and 64, or sha512: and 128, lower-case hex digits',
      ),
    );
  });
});

describe('formatDigest', () => {
  it('is the inverse of digestAlgorithm and digestHex, and prints what parseDigest accepts', () => {
    fc.assert(
      fc.property(parts, ([algorithm, encoded]) => {
        const digest = formatDigest(algorithm, encoded);
        expect([digestAlgorithm(digest), digestHex(digest)]).toEqual([algorithm, encoded]);
        expect(parseDigest(digest)).toBe(digest);
      }),
    );
  });

  it('refuses hex of another length or in upper case', () => {
    expect(() => formatDigest('sha256', 'a'.repeat(63))).toThrow(InvalidValueError);
    expect(() => formatDigest('sha512', 'a'.repeat(64))).toThrow(InvalidValueError);
    expect(() => formatDigest('sha256', 'A'.repeat(64))).toThrow(InvalidValueError);
  });
});

describe('isDigest', () => {
  it.each([undefined, null, 7, {}, [`sha256:${'0'.repeat(64)}`], new String(`sha256:${'0'.repeat(64)}`)])(
    'is false for %o, which is no string',
    (value) => {
      expect(isDigest(value)).toBe(false);
    },
  );
});

describe('Digest', () => {
  it('is a string, but no string is a Digest', () => {
    expectTypeOf<Digest>().toExtend<string>();
    expectTypeOf<string>().not.toExtend<Digest>();
    expectTypeOf<`sha256:${string}`>().not.toExtend<Digest>();
  });
});
