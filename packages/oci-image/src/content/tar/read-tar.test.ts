import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OciError } from '../../errors.js';
import { arbitraryEntries } from './fixtures/arbitrary-entry.js';
import { chunked, collect, file, flatten } from './fixtures/archive.js';
import { MENAGERIE } from './fixtures/menagerie.js';
import { header, member, records } from './fixtures/raw-member.js';
import { type ReadTarEntry, readTar } from './read-tar.js';
import { writeTar } from './write-tar.js';

const END = Buffer.alloc(1024);

/** Reads members that are given as raw blocks; the end of the archive is added. */
const read = (...parts: readonly Uint8Array[]) => readAll(Buffer.concat([...parts, END]));
const readAll = async (archive: Uint8Array) => flatten(readTar(chunked(archive)));
const expectOciError = (error: unknown) => expect(error).toBeInstanceOf(OciError);
/** Where the fields of a header start, as keys of an object. */
const FIELD_OFFSETS = ['0', '100', '108', '116', '124', '136', '157', '257', '265', '297', '329', '337', '345', '500'];
const hex = (text: string) => Buffer.from(text).toString('hex');

describe('readTar', () => {
  it('gives back the entries that writeTar was given, however the bytes are cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryEntries,
        fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1 }),
        async (entries, sizes) => {
          const archive = await collect(writeTar(entries));
          expect(await flatten(readTar(chunked(archive, sizes)))).toEqual(await flatten(entries));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('gives entries or an OciError, never another exception, for an archive with damage anywhere', async () => {
    const archive = await collect(writeTar(MENAGERIE));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(archive.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 }),
        fc.nat(archive.length),
        async (damage, length) => {
          const damaged = Buffer.from(archive);
          for (const [at, byte] of damage) damaged[at] = byte;
          await readAll(damaged.subarray(0, length)).catch(expectOciError);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('gives entries or an OciError, never another exception, for any header and any records', async () => {
    const raw = fc.dictionary(fc.constantFrom(...FIELD_OFFSETS), fc.uint8Array({ minLength: 1, maxLength: 8 }));
    const text = fc.string({ unit: 'grapheme-ascii', maxLength: 20 });
    const keyword = fc.constantFrom('path', 'size', 'uid', 'mtime', 'uname', 'SCHILY.xattr.user.a', 'GNU.sparse.map');
    const typeflag = fc.constantFrom(...'\u00000123456789xgLKSV');
    await fc.assert(
      fc.asyncProperty(typeflag, raw, fc.dictionary(keyword, text), fc.string(), async (type, raw, own, garbage) => {
        const body = Buffer.concat([records(own), Buffer.from(garbage)]);
        await read(member('x', body), header(type, { raw }), Buffer.alloc(4096)).catch(expectOciError);
      }),
      { numRuns: 500 },
    );
  });

  it('reads an archive of zero bytes as empty (ggcr#367)', async () => {
    expect(await readAll(new Uint8Array(0))).toEqual([]);
  });

  it('reads an empty archive of two zero blocks, of one, and of twenty', async () => {
    for (const blocks of [2, 1, 20]) expect(await readAll(new Uint8Array(blocks * 512))).toEqual([]);
  });

  it('reads an archive that ends between members without its two zero blocks, as Go does', async () => {
    const archive = await collect(writeTar([file('a', 'x')]));
    expect(await readAll(archive.subarray(0, -1024))).toHaveLength(1);
    expect(await readAll(archive.subarray(0, -512))).toHaveLength(1);
  });

  it('stops at the two zero blocks, and reads the source to its end so that its digest is checked', async () => {
    const archive = await collect(writeTar([file('a', 'x')]));
    let bytes = 0;
    const source = (async function* () {
      for await (const chunk of chunked(Buffer.concat([archive, archive, archive]), [700])) {
        bytes += chunk.length;
        yield chunk;
      }
      throw new Error('the digest does not match');
    })();
    const names: unknown[] = [];
    const reading = (async () => {
      for await (const { path } of readTar(source)) names.push(path);
    })();
    await expect(reading).rejects.toThrow('the digest does not match');
    expect(names).toEqual(['a']);
    expect(bytes).toBe(3 * archive.length);
  });

  it('passes over a body that was not read, or only in part', async () => {
    const archive = await collect(writeTar([file('a', 'x'.repeat(3000)), file('b', 'y'.repeat(3000)), file('c', 'z')]));
    const seen: unknown[] = [];
    for await (const entry of readTar(chunked(archive, [100]))) {
      if (entry.type !== 'file') continue;
      seen.push(entry.path, entry.size);
      if (entry.path === 'a') continue;
      for await (const chunk of entry.body) {
        seen.push(String(Buffer.from(chunk)).charAt(0));
        break;
      }
    }
    expect(seen).toEqual(['a', 3000, 'b', 3000, 'y', 'c', 1, 'z']);
  });

  it('refuses with BODY_USED to read a body twice, or after the next entry was asked for', async () => {
    const entries: ReadTarEntry[] = [];
    for await (const entry of readTar(writeTar([file('a', 'x'), file('b', 'y')]))) {
      entries.push(entry);
      if (entry.path === 'b' && entry.type === 'file') {
        expect(String(await collect(entry.body))).toBe('y');
        await expect(collect(entry.body)).rejects.toMatchObject({ code: 'BODY_USED' });
      }
    }
    const [first] = entries;
    if (first?.type !== 'file') throw new Error('no file was read');
    await expect(collect(first.body)).rejects.toMatchObject({
      code: 'BODY_USED',
      message: '"a": a body is read once, and before the next entry',
    });
  });

  it('passes large chunks of a body on without a copy', async () => {
    const body = new Uint8Array(100_000);
    for await (const entry of readTar(writeTar([file('a', body)]))) {
      if (entry.type !== 'file') throw new Error('no file was read');
      for await (const chunk of entry.body) expect(chunk.buffer).toBe(body.buffer);
    }
  });

  it('closes its source when the reader stops early', async () => {
    let isClosed = false;
    const source = (async function* () {
      try {
        for (;;) yield await collect(writeTar([file('a', 'x')]));
      } finally {
        isClosed = true;
      }
    })();
    for await (const _ of readTar(source)) break;
    expect(isClosed).toBe(true);
  });

  it('stops when its signal aborts', async () => {
    const controller = new AbortController();
    const archive = await collect(writeTar([file('a', 'x'.repeat(5000)), file('b', 'y')]));
    const reading = (async () => {
      for await (const _ of readTar(chunked(archive, [512]), { signal: controller.signal })) {
        controller.abort(new Error('enough'));
      }
    })();
    await expect(reading).rejects.toThrow('enough');
  });
});

describe('readTar, extended headers', () => {
  it('applies the records path, linkpath, size, uid, gid, uname, gname and mtime', async () => {
    const body = Buffer.from('body');
    const own = records({ path: 'p', size: '4', uid: '1000690000', gid: '7', uname: 'u', gname: 'g', mtime: '-1.5' });
    expect(await read(member('x', own), header('0', { name: 'cut' }), body, Buffer.alloc(508))).toMatchObject([
      { path: hex('p'), uid: 1_000_690_000, gid: 7, uname: 'u', gname: 'g', mtime: -1.5, body: hex('body') },
    ]);
    expect(await read(member('x', records({ linkpath: 'far' })), header('2', { name: 'a' }))).toMatchObject([
      { type: 'symlink', target: hex('far') },
    ]);
  });

  it('applies a global header to every later member, under the records of its own', async () => {
    const archive = [
      header('0', { name: 'before' }),
      member('g', records({ uid: '5', gid: '6' })),
      header('0', { name: 'global' }),
      member('x', records({ uid: '7' })),
      header('0', { name: 'own' }),
      member('g', records({ gid: '8' })),
      member('x', records({ uid: '' })),
      header('0', { name: 'taken back' }),
    ];
    expect((await read(...archive)).map(({ uid, gid }) => [uid, gid])).toEqual([
      [0, 0],
      [5, 6],
      [7, 6],
      [0, 8],
    ]);
  });

  it('forgets the records of one member at the next', async () => {
    const archive = [member('x', records({ path: 'p' })), header('0', { name: 'a' }), header('0', { name: 'b' })];
    expect((await read(...archive)).map(({ path }) => path)).toEqual([hex('p'), hex('b')]);
  });

  it("reads GNU tar's long names and long links", async () => {
    const name = `${'n'.repeat(150)}\u00e9`;
    const archive = [
      member('L', Buffer.from(`${name}\0`)),
      member('K', Buffer.from(`${name}-target\0`)),
      header('2', { name: 'cut', magic: 'ustar  \0' }),
    ];
    expect(await read(...archive)).toMatchObject([{ path: hex(name), target: hex(`${name}-target`) }]);
  });

  it('refuses with LIMIT_EXCEEDED an extended header above 1 MiB, before it is read', async () => {
    await expect(read(header('x', { size: 2 ** 20 + 1 }))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});

describe('readTar, headers of other writers', () => {
  it('reads base-256 numbers: an owner of 32 bits, a time before 1970', async () => {
    const uid = Buffer.from('8000000000ffffff', 'hex');
    const mtime = Buffer.from('ffffffffffffffffffffffff', 'hex');
    expect(await read(header('0', { name: 'a', raw: { 108: uid, 136: mtime } }))).toMatchObject([
      { uid: 0xffffff, mtime: -1 },
    ]);
  });

  it('takes a slash at the end for a directory where V7 had no type for it', async () => {
    const entries = await read(header('\0', { name: 'd/', magic: '' }), header('\0', { name: 'f', magic: '' }));
    expect(entries).toMatchObject([
      { path: hex('d'), type: 'directory' },
      { path: hex('f'), type: 'file' },
    ]);
  });

  it('reads no prefix where old GNU and star keep times', async () => {
    const raw = { 345: Buffer.from('00000000001\x0000000000002\0') };
    expect(await read(header('0', { name: 'a', magic: 'ustar  \0', raw }))).toMatchObject([{ path: hex('a') }]);
    const star = { 345: Buffer.from('p'), 476: Buffer.from('00000000001 '), 508: Buffer.from('tar\0') };
    expect(await read(header('0', { name: 'a', raw: star }))).toMatchObject([{ path: hex('p/a') }]);
  });

  it('takes no body for a link whose size is that of its target, as Go does', async () => {
    const entries = await read(header('1', { name: 'a', size: 5, linkname: 'b' }), header('0', { name: 'next' }));
    expect(entries.map(({ path }) => path)).toEqual([hex('a'), hex('next')]);
  });

  it('drops the type of file that GNU tar keeps above the permissions', async () => {
    const raw = { 100: Buffer.from('0104755\0') };
    expect(await read(header('0', { name: 'a', raw }))).toMatchObject([{ mode: 0o4755 }]);
  });

  it('keeps a path as it stands: absolute, leading outside, or the root', async () => {
    const names = ['/etc/', './', '../up', '/', 'a//b//'];
    const entries = await read(...names.map((name) => header('5', { name })));
    expect(entries.map(({ path }) => path)).toEqual(['/etc', '.', '../up', '/', 'a//b'].map(hex));
  });
});
