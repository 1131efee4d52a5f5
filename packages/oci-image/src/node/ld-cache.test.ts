import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLdCache } from './ld-cache.js';

const X64 = 0x0303;
const I386 = 0x0003;

interface CacheEntry {
  readonly name: string;
  readonly path: string;
  readonly flags?: number;
  readonly hwcap?: bigint;
}

/** A cache in the format of glibc 2.2 and later. */
function createCache(entries: readonly CacheEntry[]): Buffer {
  const header = Buffer.alloc(48);
  header.write('glibc-ld.so.cache1.1', 'latin1');
  header.writeUInt32LE(entries.length, 20);
  const table = Buffer.alloc(entries.length * 24);
  let strings = '';
  entries.forEach(({ name, path, flags = X64, hwcap = 0n }, index) => {
    const base = 48 + table.length;
    table.writeInt32LE(flags, index * 24);
    table.writeUInt32LE(base + strings.length, index * 24 + 4);
    strings += `${name}\0`;
    table.writeUInt32LE(base + strings.length, index * 24 + 8);
    strings += `${path}\0`;
    table.writeBigUInt64LE(hwcap, index * 24 + 16);
  });
  return Buffer.concat([header, table, Buffer.from(strings)]);
}

/** What ldconfig of glibc 2.31 and before writes: the table in the older format, then the same in the newer one. */
function withOldTable(cache: Buffer, count: number): Buffer {
  const old = Buffer.alloc(Math.ceil((16 + count * 12) / 8) * 8);
  old.write('ld.so-1.7.0', 'latin1');
  old.writeUInt32LE(count, 12);
  return Buffer.concat([old, cache]);
}

const C = { name: 'libc.so.6', path: '/lib/x86_64-linux-gnu/libc.so.6' };
const M = { name: 'libm.so.6', path: '/lib/x86_64-linux-gnu/libm.so.6' };

describe('parseLdCache', () => {
  it('gives paths by library name', () => {
    const paths = parseLdCache(createCache([C, M]), X64);
    expect([...paths]).toEqual([
      [C.name, C.path],
      [M.name, M.path],
    ]);
  });

  it.each([0, 1, 2, 3])('finds the table behind an older one of %i entries', (count) => {
    expect(parseLdCache(withOldTable(createCache([C]), count), X64).get(C.name)).toBe(C.path);
  });

  it('leaves out libraries of other machines', () => {
    const other = { name: 'libc.so.6', path: '/lib/i386-linux-gnu/libc.so.6', flags: I386 };
    expect(parseLdCache(createCache([other, C]), X64).get(C.name)).toBe(C.path);
  });

  it('leaves out builds for newer processors, so that the digest does not depend on the processor', () => {
    const newer = { name: 'libm.so.6', path: '/lib/glibc-hwcaps/x86-64-v3/libm.so.6', hwcap: (1n << 62n) | 1n };
    expect(parseLdCache(createCache([newer, M]), X64).get(M.name)).toBe(M.path);
  });

  it('takes the first of two paths for one name', () => {
    expect(parseLdCache(createCache([C, { ...C, path: '/opt/libc.so.6' }]), X64).get(C.name)).toBe(C.path);
  });

  it.each([
    ['an empty file', Buffer.alloc(0)],
    ['another file', Buffer.from('# not a cache\n'.repeat(10))],
    ['half a header', createCache([C]).subarray(0, 40)],
  ])('gives nothing from %s', (_, bytes) => {
    expect(parseLdCache(bytes, X64).size).toBe(0);
  });

  it('gives nothing, or absolute paths, whatever bytes follow the magic number', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (tail, old) => {
        const cache = Buffer.concat([Buffer.from('glibc-ld.so.cache1.1'), tail]);
        for (const path of parseLdCache(old ? withOldTable(cache, 2) : cache, X64).values()) {
          expect(path.startsWith('/')).toBe(true);
        }
      }),
    );
  });
});
