import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidValueError } from '../errors.js';
import { parseDigest } from './digest.js';
import {
  familiarReference,
  formatReference,
  isRepositoryName,
  isTag,
  parseReference,
  type Reference,
  repositoryNameSchema,
  tagSchema,
} from './reference.js';
import { readInvalidVectors, readValidVectors } from './vectors/read-vectors.js';

const component = fc.stringMatching(/^[a-z0-9]{1,6}((\.|_|__|-{1,3})[a-z0-9]{1,6}){0,2}$/);
const repository = fc.array(component, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('/'));
const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
const host = fc.oneof(
  fc.constantFrom('localhost', 'docker.io'),
  fc.domain().filter((name) => /^[\w.-]+$/.test(name)),
  fc.ipV4(),
  fc
    .ipV6()
    .filter((address) => !address.includes('.'))
    .map((address) => `[${address}]`),
);
const registry = fc.tuple(host, port).map(([name, number]) => (number === undefined ? name : `${name}:${number}`));
const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/);
const digest = fc.stringMatching(/^sha256:[0-9a-f]{64}$/).map(parseDigest);
const reference: fc.Arbitrary<Reference> = fc.record(
  { registry, repository, tag, digest },
  { requiredKeys: ['registry', 'repository'] },
);

describe('parseReference', () => {
  it.each(readValidVectors('reference'))('reads %s as %s', (text, canonical, familiar) => {
    const parsed = parseReference(text);
    expect(formatReference(parsed)).toBe(canonical);
    expect(familiarReference(parsed)).toBe(familiar);
    expect(parseReference(formatReference(parsed))).toEqual(parsed);
    expect(parseReference(familiarReference(parsed))).toEqual(parsed);
  });

  it.each(readInvalidVectors('reference'))('refuses %j', (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID', value: text }));
  });

  it.each<unknown>([undefined, null, 7, ['ubuntu']])('refuses %o, which is no string', (value) => {
    expect(() => parseReference(value as string)).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID', value }),
    );
  });

  it('takes a reference apart', () => {
    const sha256 = `sha256:${'0'.repeat(64)}`;
    expect(parseReference(`localhost:8080/quinistry:latest@${sha256}`)).toEqual({
      registry: 'localhost:8080',
      repository: 'quinistry',
      tag: 'latest',
      digest: sha256,
    });
    expect(parseReference('ubuntu')).toEqual({ registry: 'docker.io', repository: 'library/ubuntu' });
  });

  it.each([
    ['Ubuntu', 'its repository is not made of lower-case words'],
    ['a:-', 'its tag is not made of'],
    ['a@sha256:0', 'its digest is not sha256:'],
    ['a..b/c', 'its registry is no host name'],
    ['0'.repeat(64), '64 hex digits alone are the ID of an image'],
  ])('says which part of %s is wrong', (text, message) => {
    expect(() => parseReference(text)).toThrow(message);
  });

  it('gives a reference or an InvalidValueError for any text', () => {
    const soup = fc.array(
      fc.constantFrom('a', 'A', '0', '.', '/', ':', '@', '-', '_', '[', ']', 'localhost', 'docker.io', ' ', '\n'),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          soup.map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            const parsed = parseReference(text);
            expect(parseReference(formatReference(parsed))).toEqual(parsed);
            expect(parseReference(familiarReference(parsed))).toEqual(parsed);
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidValueError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each([
    'a-'.repeat(500_000),
    `${'a'.repeat(1_000_000)}!/a`,
    `${'a.'.repeat(500_000)}/a`,
    `a:${'b'.repeat(1_000_000)}`,
  ])('refuses a million characters in linear time', (text) => {
    expect(() => parseReference(text)).toThrow(InvalidValueError);
  });
});

describe('formatReference', () => {
  it('is the inverse of parseReference', () => {
    fc.assert(
      fc.property(reference, (value) => {
        expect(parseReference(formatReference(value))).toEqual(value);
      }),
    );
  });
});

describe('familiarReference', () => {
  it('means the same as the full form, and is no longer', () => {
    fc.assert(
      fc.property(reference, (value) => {
        const familiar = familiarReference(value);
        expect(parseReference(familiar)).toEqual(value);
        expect(familiar.length).toBeLessThanOrEqual(formatReference(value).length);
      }),
    );
  });
});

describe('isRepositoryName', () => {
  it('accepts 255 characters and refuses 256', () => {
    expect(isRepositoryName(`a/${'b'.repeat(253)}`)).toBe(true);
    expect(isRepositoryName(`a/${'b'.repeat(254)}`)).toBe(false);
  });

  it.each([undefined, null, 7, ['a'], {}])('is false for %o, which is no string', (value) => {
    expect(isRepositoryName(value)).toBe(false);
    expect(repositoryNameSchema.safeParse(value).success).toBe(false);
  });
});

describe('isTag', () => {
  it('accepts 128 characters and refuses 129', () => {
    expect(isTag('a'.repeat(128))).toBe(true);
    expect(isTag('a'.repeat(129))).toBe(false);
  });

  it.each(['', '.a', '-a', 'a\r\n', 'a/b', 'a:b', 7, null])('refuses %j', (value) => {
    expect(isTag(value)).toBe(false);
    expect(tagSchema.safeParse(value).success).toBe(false);
  });
});
