import { afterEach, describe, expect, it } from 'vitest';
import { readAll } from '../content/read-all.js';
import { createElfFile, createGlibcLoader, createMuslLoader } from './fixtures/elf-file.js';
import type { RootDirectory, RootFile } from './fixtures/root-directory.js';
import { createRootDirectory } from './fixtures/root-directory.js';
import type { NodeRuntime, NodeRuntimeOptions } from './node-runtime.js';
import { DEFAULT_RUNTIME_PATH, nodeRuntimeEntries, readNodeRuntime } from './node-runtime.js';

const GLIBC = '/lib/ld-linux-aarch64.so.1';
const MUSL = '/lib/ld-musl-x86_64.so.1';

const directories: RootDirectory[] = [];
afterEach(async () => {
  await Promise.all(directories.splice(0).map((directory) => directory.remove()));
});

async function read(files: Record<string, RootFile>, options: NodeRuntimeOptions = {}): Promise<NodeRuntime> {
  const directory = await createRootDirectory(files);
  directories.push(directory);
  return await readNodeRuntime({ root: directory.path, ...options });
}

async function contents(runtime: NodeRuntime): Promise<Record<string, Buffer>> {
  const pairs = runtime.files.map(
    async ({ path, content }) =>
      [path, Buffer.from(await readAll(content.open(), { maxBytes: content.size }))] as const,
  );
  return Object.fromEntries(await Promise.all(pairs));
}

const arm = (soname: string, ...needed: string[]) => createElfFile({ machine: 'aarch64', soname, needed });

/** A system with merged /usr, links everywhere, and a Node.js that brings a library of its own. */
const ARM64_GLIBC: Record<string, RootFile> = {
  '/lib': { symlink: 'usr/lib' },
  '/usr/lib/ld-linux-aarch64.so.1': { symlink: 'aarch64-linux-gnu/ld-linux-aarch64.so.1' },
  '/usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1': createGlibcLoader(
    'ld-linux-aarch64.so.1',
    ['/lib/aarch64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/lib', '/usr/lib'],
    'aarch64',
  ),
  '/usr/lib/aarch64-linux-gnu/libc.so.6': arm('libc.so.6', 'ld-linux-aarch64.so.1'),
  '/usr/lib/aarch64-linux-gnu/libstdc++.so.6': { symlink: 'libstdc++.so.6.0.30' },
  '/usr/lib/aarch64-linux-gnu/libstdc++.so.6.0.30': arm('libstdc++.so.6', 'libc.so.6'),
  '/opt/node/lib/libnode.so.1': arm('libnode.so.1', 'libstdc++.so.6', 'libc.so.6'),
  '/opt/node/bin/node': createElfFile({
    machine: 'aarch64',
    interpreter: GLIBC,
    needed: ['libnode.so.1'],
    runpath: '$ORIGIN/../lib',
  }),
};

describe('readNodeRuntime', () => {
  it('places the program, its loader, and all libraries in one directory that the loader knows by itself', async () => {
    const runtime = await read(ARM64_GLIBC, { executable: '/opt/node/bin/node' });
    expect(runtime).toMatchObject({
      platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
      executable: '/usr/local/bin/node',
      interpreter: GLIBC,
    });
    expect(
      runtime.files.map(({ path, source, mode }) => [path, source.slice(directories[0]?.path.length), mode]),
    ).toEqual([
      ['/lib/aarch64-linux-gnu/libc.so.6', '/usr/lib/aarch64-linux-gnu/libc.so.6', 0o755],
      ['/lib/aarch64-linux-gnu/libnode.so.1', '/opt/node/lib/libnode.so.1', 0o755],
      ['/lib/aarch64-linux-gnu/libstdc++.so.6', '/usr/lib/aarch64-linux-gnu/libstdc++.so.6.0.30', 0o755],
      ['/lib/ld-linux-aarch64.so.1', '/usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1', 0o755],
      ['/usr/local/bin/node', '/opt/node/bin/node', 0o755],
    ]);
  });

  it('gives the same paths and bytes when it is read again from what it gave', async () => {
    const musl = {
      [MUSL]: createMuslLoader('x86_64'),
      '/etc/ld-musl-x86_64.path': '/opt/musl',
      '/opt/musl/libgcc_s.so.1': createElfFile({ soname: 'libgcc_s.so.1', needed: ['libc.musl-x86_64.so.1'] }),
      '/opt/py/node.libs/libstdc++-1.so.6': createElfFile({ needed: ['libgcc_s.so.1'] }),
      '/opt/py/bin/node': createElfFile({
        interpreter: MUSL,
        needed: ['libstdc++-1.so.6', 'libc.musl-x86_64.so.1'],
        rpath: '$ORIGIN/../node.libs',
        constants: '/usr/share/nodejs/undici.js',
      }),
      '/usr/share/nodejs/undici.js': 'module.exports = 1;',
    };
    for (const [files, executable] of [
      [ARM64_GLIBC, '/opt/node/bin/node'],
      [musl, '/opt/py/bin/node'],
    ] as const) {
      const first = await read(files, { executable });
      const second = await read(await contents(first));
      expect(second).toMatchObject({ platform: first.platform, interpreter: first.interpreter });
      expect(second.files.map(({ path, mode }) => [path, mode])).toEqual(
        first.files.map(({ path, mode }) => [path, mode]),
      );
      expect(await contents(second)).toEqual(await contents(first));
    }
  });

  it('gives one file for a statically linked Node.js', async () => {
    const runtime = await read({ [DEFAULT_RUNTIME_PATH]: createElfFile() });
    expect(runtime).toMatchObject({ platform: { os: 'linux', architecture: 'amd64' }, interpreter: undefined });
    expect(runtime.files.map(({ path }) => path)).toEqual([DEFAULT_RUNTIME_PATH]);
  });

  it('puts the program where it is told to', async () => {
    const runtime = await read({ [DEFAULT_RUNTIME_PATH]: createElfFile() }, { path: '/node' });
    expect(runtime.executable).toBe('/node');
    expect(runtime.files.map(({ path }) => path)).toEqual(['/node']);
  });

  it.each(['node', '/a/../node', '/bin/', ''])('refuses %j as a place for the program', async (path) => {
    const files = { [DEFAULT_RUNTIME_PATH]: createElfFile() };
    await expect(read(files, { path })).rejects.toMatchObject({ code: 'ENTRY_INVALID' });
  });

  it.each([
    ['a program for macOS', Buffer.from('cffaedfe07000001', 'hex')],
    ['a program for Windows', Buffer.from('MZ\x90\0', 'latin1')],
    ['a script', Buffer.from('#!/bin/sh\n')],
    ['a 32-bit program', Buffer.from('\x7fELF\x01\x01', 'latin1')],
    ['a program for a big-endian machine', Buffer.from('\x7fELF\x02\x02', 'latin1')],
    ['a program for another machine', Buffer.from(createElfFile()).fill(0xf3, 18, 19)],
    ['not a program for Linux', Buffer.alloc(0)],
  ])('says what to do instead when the executable is %s', async (what, bytes) => {
    const error = await read({ [DEFAULT_RUNTIME_PATH]: bytes }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'PLATFORM_UNSUPPORTED', message: expect.stringContaining(` is ${what}`) });
    expect(String(error)).toContain('run this in a Linux container or virtual machine, or give `root`');
  });

  it('refuses a library in the place of the program', async () => {
    const files = { [DEFAULT_RUNTIME_PATH]: createElfFile({ needed: ['libc.so.6'] }) };
    await expect(read(files)).rejects.toMatchObject({ code: 'ELF_INVALID' });
  });

  it.each([
    ['program', {}, 'the Node.js executable, '],
    ['loader', { [DEFAULT_RUNTIME_PATH]: createElfFile({ interpreter: '/lib/none.so' }) }, 'the loader that '],
  ])('names a missing %s', async (_, files, message) => {
    const refusal = { code: 'FILE_UNREADABLE', message: expect.stringContaining(message) };
    await expect(read(files)).rejects.toMatchObject(refusal);
  });

  it('stops when the signal is aborted', async () => {
    const files = { [DEFAULT_RUNTIME_PATH]: createElfFile() };
    await expect(read(files, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
});

describe('nodeRuntimeEntries', () => {
  it('gives an entry for each file, with its path, mode and content', async () => {
    const runtime = await read({ [DEFAULT_RUNTIME_PATH]: createElfFile() });
    expect(nodeRuntimeEntries(runtime)).toEqual([
      expect.objectContaining({
        path: 'usr/local/bin/node',
        type: 'file',
        mode: 0o755,
        content: runtime.files[0]?.content,
      }),
    ]);
  });
});
