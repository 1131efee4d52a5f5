import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTarHeader, encodeTarHeader, paddingAfter, splitTarName, type TarHeader } from './tar-header.js';

const split = (path: string) => {
  const parts = splitTarName(Buffer.from(path));
  return parts && [String(Buffer.from(parts.prefix)), String(Buffer.from(parts.name))];
};

describe('splitTarName', () => {
  const [n99, n100, n101, p155, p156] = [99, 100, 101, 155, 156].map((size) => 'x'.repeat(size));

  it('leaves up to 100 bytes in the name', () => {
    expect(split(`a/${'x'.repeat(98)}`)).toEqual(['', `a/${'x'.repeat(98)}`]);
  });

  it('splits longer ones at a slash, neither part empty nor too long', () => {
    expect(split(`a/${n100}`)).toEqual(['a', n100]);
    expect(split(`${p155}/${n100}`)).toEqual([p155, n100]);
    expect(split(`${n99}/b/`)).toEqual([n99, 'b/']);
  });

  it('gives up where no slash allows it', () => {
    expect([n101, `a/${n101}`, `/${n100}`, `${n100}/`, `${p156}/a`].map((path) => split(path ?? ''))).toEqual(
      Array.from({ length: 5 }, () => undefined),
    );
  });

  it('counts bytes, not characters', () => {
    expect(split('\u00e9'.repeat(51))).toBeUndefined();
  });
});

describe('decodeTarHeader', () => {
  it('is the inverse of encodeTarHeader for fields that fit', () => {
    const bytes = (maxLength: number) =>
      fc.uint8Array({ min: 1, minLength: 1, maxLength }).map((value) => Buffer.from(value));
    const header: fc.Arbitrary<TarHeader> = fc.record({
      name: bytes(256).filter((name) => splitTarName(name) !== undefined),
      mode: fc.nat(0o7777777),
      uid: fc.nat(0o7777777),
      gid: fc.nat(0o7777777),
      size: fc.maxSafeNat().map((value) => value % 2 ** 33),
      mtime: fc.maxSafeNat().map((value) => value % 2 ** 33),
      typeflag: fc.constantFrom(...'01234567xg'),
      linkname: bytes(100),
      uname: bytes(31),
      gname: bytes(31),
      major: fc.nat(0o7777777),
      minor: fc.nat(0o7777777),
    });
    fc.assert(
      fc.property(header, (fields) => {
        const block = encodeTarHeader(fields);
        expect(block.length).toBe(512);
        expect(decodeTarHeader(block, 0)).toEqual(fields);
      }),
    );
  });

  it('accepts a checksum over signed bytes, as old systems wrote it', () => {
    const empty = Buffer.alloc(0);
    const numbers = { mode: 0, uid: 0, gid: 0, size: 0, mtime: 0, major: 0, minor: 0 };
    const name = Buffer.from('caf\u00e9', 'latin1');
    const block = encodeTarHeader({ ...numbers, name, typeflag: '0', linkname: empty, uname: empty, gname: empty });
    const unsigned = Number.parseInt(block.toString('latin1', 148, 154), 8);
    block.write((unsigned - 256).toString(8).padStart(6, '0'), 148);
    expect(decodeTarHeader(block, 0).name).toEqual(name);
  });
});

describe('paddingAfter', () => {
  it('fills up to a multiple of 512, also above 2^32', () => {
    expect([0, 1, 511, 512, 2 ** 40 + 1].map(paddingAfter)).toEqual([0, 511, 1, 0, 511]);
  });
});
