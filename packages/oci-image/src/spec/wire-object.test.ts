import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { optional, wireObject } from './wire-object.js';

const schema = wireObject({ mediaType: z.string(), disks: optional(z.array(z.string())) }, { foreignKeys: ['layers'] });

describe('wireObject', () => {
  it('keeps keys that it does not know', () => {
    const value = { mediaType: 'a/b', 'x-vendor': { nested: [null] }, constructor: 1 };
    expect(schema.parse(value)).toEqual(value);
  });

  it.each(['MediaType', 'mediatype', 'MEDIATYPE', 'diſks', 'disKs', 'dis\u212as'])(
    'refuses %s, which Go reads as another key, beside that key and alone',
    (key) => {
      const beside = schema.safeParse({ mediaType: 'a/b', disks: ['sda'], [key]: 'c/d' });
      expect(beside.error?.issues).toMatchObject([{ path: [key], message: expect.stringContaining('by case alone') }]);
      expect(schema.safeParse({ mediaType: 'a/b', [key]: ['sda'] }).success).toBe(false);
    },
  );

  it.each(['layers', 'Layers', 'LAYERS'])('refuses %s, a key of another document', (key) => {
    const issues = schema.safeParse({ mediaType: 'a/b', [key]: [] }).error?.issues;
    expect(issues).toMatchObject([{ path: [key], message: 'belongs to another kind of document' }]);
  });
});

describe('optional', () => {
  it('reads null as left out', () => {
    expect(JSON.stringify(schema.parse({ mediaType: 'a/b', disks: null }))).toBe('{"mediaType":"a/b"}');
  });

  it('adds no key where there was none', () => {
    expect(Object.keys(schema.parse({ mediaType: 'a/b' }))).toEqual(['mediaType']);
  });
});
