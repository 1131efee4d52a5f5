import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPlatform, normalizePlatform, parsePlatform, platformSchema, platformsEqual } from './platform.js';
import { readInvalidVectors, readValidVectors } from './vectors/read-vectors.js';

const word = fc.stringMatching(/^[\w.-]{1,12}$/);
const platform = fc.record(
  {
    architecture: fc.oneof(word, fc.constantFrom('arm', 'arm64', 'amd64', 'armhf')),
    os: word,
    'os.version': word,
    variant: word,
  },
  { requiredKeys: ['architecture', 'os'], noNullPrototype: true },
);

describe('parsePlatform', () => {
  it.each(readValidVectors('platform'))('reads %s, which normalises to %s', (text, normal) => {
    const parsed = parsePlatform(text);
    expect(formatPlatform(parsed)).toBe(text);
    expect(formatPlatform(normalizePlatform(parsed))).toBe(normal);
    expect(platformsEqual(parsed, parsePlatform(normal))).toBe(true);
  });

  it.each(readInvalidVectors('platform'))('refuses %j', (text) => {
    expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ code: 'PLATFORM_INVALID', value: text }));
  });

  it('takes a platform apart', () => {
    expect(parsePlatform('linux/arm64/v8')).toEqual({ os: 'linux', architecture: 'arm64', variant: 'v8' });
    expect(parsePlatform('windows(10.0.17763.1)/amd64')).toEqual({
      os: 'windows',
      architecture: 'amd64',
      'os.version': '10.0.17763.1',
    });
  });
});

describe('formatPlatform', () => {
  it('is the inverse of parsePlatform', () => {
    fc.assert(
      fc.property(platform, (value) => {
        expect(parsePlatform(formatPlatform(value))).toEqual(value);
      }),
    );
  });
});

describe('normalizePlatform', () => {
  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(platform, (value) => {
        const normal = normalizePlatform(value);
        expect(normalizePlatform(normal)).toEqual(normal);
      }),
    );
  });

  it('keeps the version, the features and fields that it does not know', () => {
    const value = { os: 'windows', architecture: 'amd64', 'os.version': '10.0', 'os.features': ['win32k'], extra: 1 };
    expect(normalizePlatform(value)).toEqual(value);
  });
});

describe('platformsEqual', () => {
  it('takes arm64 for arm64/v8', () => {
    expect(platformsEqual(parsePlatform('linux/arm64'), parsePlatform('linux/arm64/v8'))).toBe(true);
  });

  it.each([
    ['linux/arm64', 'linux/arm64/v9'],
    ['linux/arm/v6', 'linux/arm/v7'],
    ['linux/amd64', 'linux/amd64/v2'],
    ['linux/amd64', 'windows/amd64'],
    ['windows(10.0.17763.1)/amd64', 'windows(10.0.20348.1)/amd64'],
  ])('tells %s from %s', (a, b) => {
    expect(platformsEqual(parsePlatform(a), parsePlatform(b))).toBe(false);
  });

  it('compares features without regard to their order', () => {
    const base = { os: 'windows', architecture: 'amd64' };
    const features = (...list: string[]) => ({ ...base, 'os.features': list });
    expect(platformsEqual(features('a', 'b'), features('b', 'a'))).toBe(true);
    expect(platformsEqual(features('a'), base)).toBe(false);
    expect(platformsEqual(features(), base)).toBe(true);
  });

  it('takes empty strings for missing ones', () => {
    const base = { os: 'linux', architecture: 'amd64' };
    expect(platformsEqual({ ...base, variant: '', 'os.version': '' }, base)).toBe(true);
  });
});

describe('platformSchema', () => {
  it('accepts the platform of an attestation and keeps unknown fields', () => {
    const value = { architecture: 'unknown', os: 'unknown', 'x-vendor': true };
    expect(platformSchema.parse(value)).toEqual(value);
  });
});
