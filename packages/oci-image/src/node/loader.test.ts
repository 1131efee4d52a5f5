import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { withFileBytes } from './byte-source.js';
import { readElf } from './elf.js';
import { createElfFile, createGlibcLoader, createMuslLoader } from './fixtures/elf-file.js';
import type { RootDirectory } from './fixtures/root-directory.js';
import { createRootDirectory } from './fixtures/root-directory.js';
import type { Loader } from './loader.js';
import { readLoader } from './loader.js';

let directory: RootDirectory | undefined;
afterEach(async () => {
  await directory?.remove();
  directory = undefined;
});

async function read(path: string, bytes: Buffer): Promise<Loader> {
  directory = await createRootDirectory({ '/loader': bytes });
  return await readLoader(path, join(directory.path, 'loader'));
}

const PATH = '/lib64/ld-linux-x86-64.so.2';

const { interpreter } =
  process.platform === 'linux' ? await withFileBytes(process.execPath, readElf) : { interpreter: undefined };
const hasLoader = interpreter !== undefined;
const muslPath = { x64: '/lib/ld-musl-x86_64.so.1', arm64: '/lib/ld-musl-aarch64.so.1' }[process.arch as string] ?? '';
const hasMusl = await access(muslPath).then(
  () => true,
  () => false,
);

describe('readLoader', () => {
  it.each([
    [['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu', '/lib', '/usr/lib']],
    [['/lib64', '/usr/lib64']],
    [['/nix/store/3n58xw4373jp0ljirf06d8077j15pc4j-glibc-2.37-8/lib']],
  ])("finds glibc's own directories %j among its constants", async (directories) => {
    expect(await read(PATH, createGlibcLoader('ld-linux-x86-64.so.2', directories))).toMatchObject({
      family: 'glibc',
      path: PATH,
      configuration: '/etc/ld.so.cache',
      directories,
    });
  });

  it("knows glibc's loader by its own name and by its path", async () => {
    const loader = await read('/opt/loader', createGlibcLoader('ld-linux-x86-64.so.2', ['/lib64']));
    const names = ['ld-linux-x86-64.so.2', '/opt/loader', 'loader', 'libc.so.6'];
    expect(names.map((name) => loader.provides(name))).toEqual([true, true, false, false]);
  });

  it.each(['x86_64', 'aarch64'] as const)("gives musl's directories and list for %s", async (machine) => {
    expect(await read(`/lib/ld-musl-${machine}.so.1`, createMuslLoader(machine))).toMatchObject({
      family: 'musl',
      configuration: `/etc/ld-musl-${machine}.path`,
      directories: ['/lib', '/usr/local/lib', '/usr/lib'],
    });
  });

  it("looks for musl's list in the tree that the loader belongs to", async () => {
    const loader = await read('/usr/musl/lib/ld-musl-x86_64.so.1', createMuslLoader('x86_64'));
    expect(loader.configuration).toBe('/usr/musl/etc/ld-musl-x86_64.path');
  });

  it('knows that musl is the whole C library', async () => {
    const loader = await read('/lib/ld-musl-x86_64.so.1', createMuslLoader('x86_64'));
    for (const name of ['libc.musl-x86_64.so.1', 'libc.so', 'libpthread.so.0', '/lib/ld-musl-x86_64.so.1']) {
      expect(loader.provides(name)).toBe(true);
    }
    for (const name of ['libcares.so.2', 'libstdc++.so.6', 'libmount.so.1']) {
      expect(loader.provides(name)).toBe(false);
    }
  });

  it('refuses any other loader with PLATFORM_UNSUPPORTED', async () => {
    const bytes = createElfFile({ soname: 'ld-elf.so.1', constants: '/lib:/usr/lib\0/usr/share/\0' });
    await expect(read('/libexec/ld-elf.so.1', bytes)).rejects.toMatchObject({
      code: 'PLATFORM_UNSUPPORTED',
      message: expect.stringContaining('neither the loader of glibc nor that of musl'),
    });
  });

  it.skipIf(!hasLoader)(
    'finds directories in the loader of the running Node.js (linked dynamically, on Linux)',
    async () => {
      const loader = await readLoader(interpreter ?? '', interpreter ?? '');
      expect(loader.directories.every((each) => /^\/.*[^/]$/.test(each))).toBe(true);
      expect(loader.directories.some((each) => /\/lib(64)?(\/|$)/.test(each))).toBe(true);
    },
  );

  it.skipIf(!hasMusl)("recognises this machine's musl (where it is installed)", async () => {
    expect(await readLoader(muslPath, muslPath)).toMatchObject({ family: 'musl' });
  });
});
