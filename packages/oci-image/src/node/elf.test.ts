import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OciError } from '../errors.js';
import type { ByteSource } from './byte-source.js';
import { withFileBytes } from './byte-source.js';
import type { Elf } from './elf.js';
import { readElf } from './elf.js';
import { createElfFile } from './fixtures/elf-file.js';

const isLinux = process.platform === 'linux';

function sourceOf(bytes: Buffer): ByteSource {
  const read = async (offset: number, length: number) => bytes.subarray(offset, offset + length);
  return { name: 'test.elf', size: bytes.length, read };
}

function read(bytes: Buffer): Promise<Elf> {
  return readElf(sourceOf(bytes));
}

const PROGRAM = createElfFile({
  interpreter: '/lib64/ld-linux-x86-64.so.2',
  needed: ['libstdc++.so.6', 'libc.so.6'],
  runpath: '$ORIGIN/../lib',
});

describe('readElf', () => {
  it('gives the loader, the needed libraries in their order, and the library path', async () => {
    expect(await read(PROGRAM)).toMatchObject({
      machine: 62,
      interpreter: '/lib64/ld-linux-x86-64.so.2',
      needed: ['libstdc++.so.6', 'libc.so.6'],
      soname: undefined,
      rpath: undefined,
      runpath: '$ORIGIN/../lib',
    });
  });

  it('gives the own name of an arm64 library', async () => {
    const bytes = createElfFile({ machine: 'aarch64', soname: 'libx.so.1', rpath: '/opt/lib', needed: ['libc.so.6'] });
    expect(await read(bytes)).toMatchObject({
      machine: 183,
      interpreter: undefined,
      soname: 'libx.so.1',
      rpath: '/opt/lib',
      needed: ['libc.so.6'],
    });
  });

  it('gives no loader and no library for a statically linked program', async () => {
    expect(await read(createElfFile())).toMatchObject({ interpreter: undefined, needed: [] });
  });

  it('reads names that are longer than one read', async () => {
    const runpath = Array.from({ length: 40 }, (_, index) => `/nix/store/directory-${index}/lib`).join(':');
    expect(await read(createElfFile({ runpath, needed: ['libc.so.6'] }))).toMatchObject({ runpath });
  });

  it.skipIf(!isLinux)('reads a few kilobytes of the running Node.js (on Linux)', async () => {
    await withFileBytes(process.execPath, async (source) => {
      let total = 0;
      const counted = async (offset: number, length: number) => {
        const bytes = await source.read(offset, length);
        total += bytes.length;
        return bytes;
      };
      const elf = await readElf({ ...source, read: counted });
      expect(elf.machine).toBe({ x64: 62, arm64: 183 }[process.arch as string]);
      expect(total).toBeLessThan(64 * 1024);
    });
  });
});

/** A copy with a number of `bytes` bytes written at `offset`. */
function patch(offset: number, value: bigint, bytes: 1 | 2 | 8): Buffer {
  const copy = Buffer.from(PROGRAM);
  const whole = Buffer.alloc(8);
  whole.writeBigUInt64LE(value);
  whole.copy(copy, offset, 0, bytes);
  return copy;
}

const FIRST_HEADER = 64;
const INTERPRETER_HEADER = FIRST_HEADER + 56;
const DYNAMIC_HEADER = INTERPRETER_HEADER + 56;
const DYNAMIC = Number(PROGRAM.readBigUInt64LE(DYNAMIC_HEADER + 8));

describe('a broken ELF file', () => {
  it.each([
    ['without the magic number', patch(0, 0n, 1), 'at byte 0'],
    ['that is an object file', patch(16, 1n, 2), 'at byte 16, its type is 1'],
    ['whose program headers lie beyond its end', patch(32, 0xffff_0000n, 8), `at byte ${0xffff_0000}`],
    [
      'whose program headers start at 2^64-1',
      patch(32, 2n ** 64n - 1n, 8),
      'at byte 32, the number 18446744073709551615',
    ],
    ['with program headers of another size', patch(54, 32n, 2), 'at byte 54, a program header has 32 bytes'],
    ['with 65535 program headers', patch(56, 0xffffn, 2), 'at byte 56, it has 65535 program headers'],
    ['whose interpreter lies beyond its end', patch(INTERPRETER_HEADER + 8, 1n << 40n, 8), `at byte ${2 ** 40}`],
    ['whose interpreter has a gigabyte', patch(INTERPRETER_HEADER + 32, 1n << 30n, 8), '1073741824 bytes'],
    ['whose interpreter does not end', patch(INTERPRETER_HEADER + 32, 5n, 8), 'does not end within 5 bytes'],
    ['whose interpreter is relative', patch(INTERPRETER_HEADER + 8, 1n, 8), 'expected an absolute path'],
    ['whose dynamic section lies beyond its end', patch(DYNAMIC_HEADER + 8, 1n << 40n, 8), `at byte ${2 ** 40}`],
    ['whose dynamic section has a terabyte', patch(DYNAMIC_HEADER + 32, 1n << 40n, 8), `at byte ${DYNAMIC}`],
    ['that needs a name beyond its strings', patch(DYNAMIC + 8, 9999n, 8), `at byte ${DYNAMIC}, the name of a needed`],
    ['whose strings are in no segment', patch(DYNAMIC + 3 * 16 + 8, 1n, 8), 'which no segment holds'],
    ['without strings', patch(DYNAMIC + 3 * 16, 99n, 8), 'has no string table'],
    ['that needs an empty name', patch(DYNAMIC + 8, 0n, 8), 'is empty'],
  ])('%s is ELF_INVALID, with the file and the place', async (_, bytes, place) => {
    const error = await read(bytes).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ELF_INVALID', message: expect.stringContaining('test.elf') });
    expect(error).toMatchObject({ message: expect.stringContaining(place) });
  });

  it('of 32 bits, or big-endian, is PLATFORM_UNSUPPORTED', async () => {
    await expect(read(patch(4, 1n, 1))).rejects.toMatchObject({ code: 'PLATFORM_UNSUPPORTED' });
    await expect(read(patch(5, 2n, 1))).rejects.toMatchObject({ code: 'PLATFORM_UNSUPPORTED' });
  });

  it('cut off anywhere is an OciError or still readable, never another exception', async () => {
    for (let length = 0; length < PROGRAM.length; length += 1) {
      const error = await read(PROGRAM.subarray(0, length)).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(OciError);
    }
  });

  it('with any bytes changed gives a value or an OciError, never another exception', async () => {
    const changes = fc.array(fc.tuple(fc.nat(PROGRAM.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const bytes = Buffer.from(PROGRAM);
        for (const [offset, value] of list) bytes[offset] = value;
        await read(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(OciError));
      }),
      { numRuns: 2000 },
    );
  });
});
