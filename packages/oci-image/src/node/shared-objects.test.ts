import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { withFileBytes } from './byte-source.js';
import { readElf } from './elf.js';
import { createElfFile, createGlibcLoader, createMuslLoader } from './fixtures/elf-file.js';
import type { RootDirectory, RootFile } from './fixtures/root-directory.js';
import { createRootDirectory } from './fixtures/root-directory.js';
import { readLoader } from './loader.js';
import type { SharedObject } from './shared-objects.js';
import { findSharedObjects } from './shared-objects.js';
import { createSystemRoot } from './system-root.js';

const GLIBC = '/lib64/ld-linux-x86-64.so.2';
const MUSL = '/lib/ld-musl-x86_64.so.1';

let directory: RootDirectory | undefined;
afterEach(async () => {
  await directory?.remove();
  directory = undefined;
});

/** What is found for the program `/opt/bin/node` of a system with `files`, as `name` and `path`. */
async function find(files: Record<string, RootFile>, interpreter = GLIBC): Promise<SharedObject[]> {
  directory = await createRootDirectory({
    [GLIBC]: createGlibcLoader('ld-linux-x86-64.so.2', ['/lib64', '/usr/lib64']),
    [MUSL]: createMuslLoader('x86_64'),
    ...files,
  });
  const program = await withFileBytes(join(directory.path, 'opt/bin/node'), readElf);
  const loader = await readLoader(interpreter, join(directory.path, interpreter));
  return await findSharedObjects(createSystemRoot(directory.path), '/opt/bin/node', program, loader);
}

const library = (soname: string, ...needed: string[]) => createElfFile({ soname, needed });

describe('findSharedObjects', () => {
  it('gives what the libraries need in their turn, breadth first, each once', async () => {
    const found = await find({
      '/opt/bin/node': createElfFile({ interpreter: GLIBC, needed: ['liba.so', 'libb.so'] }),
      '/lib64/liba.so': library('liba.so', 'libc.so.6', 'libdeep.so'),
      '/usr/lib64/libb.so': library('libb.so', 'libc.so.6'),
      '/usr/lib64/libdeep.so': library('libdeep.so'),
      '/lib64/libc.so.6': library('libc.so.6', 'ld-linux-x86-64.so.2'),
    });
    expect(found).toEqual([
      { name: 'liba.so', path: '/lib64/liba.so' },
      { name: 'libb.so', path: '/usr/lib64/libb.so' },
      { name: 'libc.so.6', path: '/lib64/libc.so.6' },
      { name: 'libdeep.so', path: '/usr/lib64/libdeep.so' },
    ]);
  });

  it('ends where libraries need each other', async () => {
    const found = await find({
      '/opt/bin/node': createElfFile({ interpreter: GLIBC, needed: ['liba.so'] }),
      '/lib64/liba.so': library('liba.so', 'libb.so', 'liba.so'),
      '/lib64/libb.so': library('libb.so', 'liba.so'),
    });
    expect(found.map(({ name }) => name)).toEqual(['liba.so', 'libb.so']);
  });

  it('prefers the RUNPATH to the directories of the system, from where the program is', async () => {
    const found = await find({
      '/opt/bin/node': createElfFile({ interpreter: GLIBC, needed: ['liba.so'], runpath: '$ORIGIN/../lib' }),
      '/opt/lib/liba.so': library('liba.so'),
      '/lib64/liba.so': library('liba.so'),
    });
    expect(found).toEqual([{ name: 'liba.so', path: '/opt/lib/liba.so' }]);
  });

  it('takes an RPATH with $ORIGIN from where a library was found, not from where its link points', async () => {
    const found = await find({
      '/opt/bin/node': createElfFile({ interpreter: GLIBC, needed: ['liba.so'] }),
      '/lib64/liba.so': { symlink: '../usr/share/liba.so.1' },
      '/usr/share/liba.so.1': createElfFile({ needed: ['libb.so'], rpath: '$ORIGIN/private' }),
      '/lib64/private/libb.so': library('libb.so'),
    });
    expect(found).toEqual([
      { name: 'liba.so', path: '/usr/share/liba.so.1' },
      { name: 'libb.so', path: '/lib64/private/libb.so' },
    ]);
  });

  it('passes over a library for another machine', async () => {
    const found = await find({
      '/opt/bin/node': createElfFile({ interpreter: GLIBC, needed: ['liba.so'] }),
      '/lib64/liba.so': createElfFile({ machine: 'aarch64', soname: 'liba.so' }),
      '/usr/lib64/liba.so': library('liba.so'),
    });
    expect(found).toEqual([{ name: 'liba.so', path: '/usr/lib64/liba.so' }]);
  });

  it('does not look again for a name that a loaded library has for itself', async () => {
    const found = await find({
      '/opt/bin/node': createElfFile({ interpreter: GLIBC, needed: ['/srv/liba.so', 'liba.so.1'] }),
      '/srv/liba.so': library('liba.so.1'),
    });
    expect(found).toEqual([{ name: '/srv/liba.so', path: '/srv/liba.so' }]);
  });

  it("leaves the C library to musl's loader, which is it", async () => {
    const found = await find(
      {
        '/opt/bin/node': createElfFile({
          interpreter: MUSL,
          needed: ['libc.musl-x86_64.so.1', 'liba.so', 'libdl.so.2'],
        }),
        '/lib/libc.musl-x86_64.so.1': { symlink: 'ld-musl-x86_64.so.1' },
        '/usr/lib/liba.so': library('liba.so', 'libc.so'),
      },
      MUSL,
    );
    expect(found).toEqual([{ name: 'liba.so', path: '/usr/lib/liba.so' }]);
  });

  it("searches the directories of musl's list instead of the ones that are built in", async () => {
    const found = await find(
      {
        '/etc/ld-musl-x86_64.path': '/none:/opt/musl\n/usr/lib\n',
        '/opt/bin/node': createElfFile({ interpreter: MUSL, needed: ['liba.so', 'libb.so'] }),
        '/lib/liba.so': library('liba.so'),
        '/opt/musl/liba.so': library('liba.so'),
        '/usr/lib/libb.so': library('libb.so'),
      },
      MUSL,
    );
    expect(found.map(({ path }) => path)).toEqual(['/opt/musl/liba.so', '/usr/lib/libb.so']);
  });

  it('names a missing library, what needs it, and where it was looked for', async () => {
    const search = find({
      '/opt/bin/node': createElfFile({ interpreter: GLIBC, needed: ['liba.so'] }),
      '/lib64/liba.so': createElfFile({ needed: ['libnone.so'], runpath: '/opt/lib' }),
    });
    const error = await search.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'LIBRARY_NOT_FOUND' });
    const places = '/opt/lib/libnone.so, /lib64/libnone.so, /usr/lib64/libnone.so';
    expect(String(error)).toContain(
      `libnone.so, which ${directory?.path}/lib64/liba.so needs, was not found; looked for at ${places} `,
    );
  });

  it('does not look for a relative path, which hangs on where the program is started', async () => {
    const search = find({ '/opt/bin/node': createElfFile({ interpreter: GLIBC, needed: ['lib/liba.so'] }) });
    await expect(search).rejects.toMatchObject({
      code: 'LIBRARY_NOT_FOUND',
      message: expect.stringContaining('its path is relative'),
    });
  });

  it('fails with ELF_INVALID on a library that is not one, as the loader does', async () => {
    const search = find({
      '/opt/bin/node': createElfFile({ interpreter: GLIBC, needed: ['liba.so'] }),
      '/lib64/liba.so': 'INPUT ( libb.so )',
      '/usr/lib64/liba.so': library('liba.so'),
    });
    await expect(search).rejects.toMatchObject({
      code: 'ELF_INVALID',
      message: expect.stringContaining('/lib64/liba.so'),
    });
  });
});
