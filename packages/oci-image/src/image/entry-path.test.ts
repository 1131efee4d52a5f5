import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanEntryPath, compareKeys, entryKey, pathBytes, pathFromBytes, pathFromKey } from './entry-path.js';

const NOT_UTF8 = Uint8Array.of(0x61, 0xff, 0x62);

describe('cleanEntryPath', () => {
  it.each(['./a/b', 'a//b', '/a/b', 'a/./b', 'a/b/', '//a/b//', './/a/.//b/.'])('makes %s the name a/b', (path) => {
    expect(cleanEntryPath(path)).toBe('a/b');
  });

  it.each(['/', '.', './', '//.'])('makes %s the root', (path) => {
    expect(cleanEntryPath(path)).toBe('.');
  });

  it.each(['..', '../a', 'a/..', 'a/../b', '/..', './..', 'a/..//b'])('refuses %s', (path) => {
    expect(() => cleanEntryPath(path)).toThrow(
      expect.objectContaining({ code: 'ENTRY_INVALID', message: expect.stringContaining('".."') }),
    );
    expect(() => cleanEntryPath(Buffer.from(path))).toThrow(expect.objectContaining({ code: 'ENTRY_INVALID' }));
  });

  it.each(['...', '..a', 'a..', '.a', ' ', '\\', 'C:\\a', '\n', 'a'.repeat(5000)])('takes %j as it is', (path) => {
    expect(cleanEntryPath(path)).toBe(path);
  });

  it('refuses an empty name and a NUL', () => {
    expect(() => cleanEntryPath('')).toThrow(/empty/);
    expect(() => cleanEntryPath('a\0b')).toThrow(/NUL/);
    expect(() => cleanEntryPath(Uint8Array.of(0x61, 0))).toThrow(/NUL/);
  });

  it('refuses half a surrogate pair, which would become another name', () => {
    expect(() => cleanEntryPath('a\ud800')).toThrow(/well-formed/);
  });

  it.each([7, null, undefined, {}, ['a']])('refuses %o, which is neither text nor bytes', (path) => {
    expect(() => cleanEntryPath(path as string)).toThrow(expect.objectContaining({ code: 'ENTRY_INVALID' }));
  });

  it('keeps names that are not UTF-8 byte for byte, in an array of their own', () => {
    const given = Buffer.concat([Buffer.from('/./x//'), NOT_UTF8]);
    const clean = cleanEntryPath(given);
    given.fill(0);
    expect(clean).toEqual(new Uint8Array([0x78, 0x2f, ...NOT_UTF8]));
  });

  it('makes bytes that are UTF-8 text', () => {
    expect(cleanEntryPath(Buffer.from('ü/\uFFFD/\u{1F600}'))).toBe('ü/\uFFFD/\u{1F600}');
  });

  it('keeps a byte order mark and does not compose accents', () => {
    for (const name of ['\uFEFFa', 'e\u0301', '\u00e9']) expect(cleanEntryPath(Buffer.from(name))).toBe(name);
  });

  it('changes nothing the second time', () => {
    const clean = fc.uint8Array({ min: 1, minLength: 1 }).map((bytes) => {
      try {
        return cleanEntryPath(bytes);
      } catch {
        return 'a';
      }
    });
    fc.assert(
      fc.property(clean, (path) => {
        expect(cleanEntryPath(path)).toEqual(path);
      }),
    );
  });
});

describe('pathFromBytes', () => {
  it('is the inverse of pathBytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ min: 1 }), (bytes) => {
        const latin1 = Buffer.from(bytes).toString('latin1');
        expect(pathBytes(pathFromBytes(latin1))).toBe(latin1);
      }),
    );
  });
});

describe('entryKey', () => {
  it('orders the names of a directory by their bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ min: 0x30, minLength: 1 }), fc.uint8Array({ min: 0x30, minLength: 1 }), (a, b) => {
        expect(compareKeys(entryKey(a), entryKey(b))).toBe(Buffer.compare(a, b));
      }),
    );
  });

  it('orders a directory before what is in it, and that before its longer neighbours', () => {
    const inOrder = ['.', 'a', 'a/b', 'a/b/c', 'a/b!', 'a!', 'a.b', 'ab'];
    expect(inOrder.toReversed().sort((a, b) => compareKeys(entryKey(a), entryKey(b)))).toEqual(inOrder);
    expect(inOrder.map((path) => pathFromKey(entryKey(path)))).toEqual(inOrder);
  });
});
