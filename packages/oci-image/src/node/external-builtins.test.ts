import { describe, expect, it } from 'vitest';
import { findExternalBuiltins, mayHaveExternalBuiltins } from './external-builtins.js';
import { createElfFile } from './fixtures/elf-file.js';
import { createRootDirectory } from './fixtures/root-directory.js';
import { createSystemRoot } from './system-root.js';

describe('mayHaveExternalBuiltins', () => {
  it.each([
    [{ node_builtin_shareable_builtins: ['deps/undici/undici.js'] }, false],
    [{ node_builtin_shareable_builtins: ['deps/undici/undici.js'], node_shared: false, node_shared_zlib: true }, true],
    [{ node_builtin_shareable_builtins: ['deps/undici/undici.js'], node_shared_zlib: false }, false],
    [{ node_builtin_shareable_builtins: [] }, true],
    [{}, true],
  ])('takes the configuration %j for %s', (variables, expected) => {
    expect(mayHaveExternalBuiltins({ variables })).toBe(expected);
  });
});

describe('findExternalBuiltins', () => {
  async function find(constants: string, files: Record<string, string | { symlink: string }>) {
    const directory = await createRootDirectory({ ...files, '/lib/libnode.so': createElfFile({ constants }) });
    try {
      return await findExternalBuiltins(createSystemRoot(directory.path), ['/lib/libnode.so']);
    } finally {
      await directory.remove();
    }
  }

  it('gives the modules that the program names and that are there', async () => {
    const constants =
      'undici\0/usr/share/nodejs/undici.js\0/usr/share/nodejs/none.js\0/index.js\0x/usr/share/nodejs/y.js\0';
    const files = { '/usr/share/nodejs/undici.js': '1', '/index.js': '2', '/usr/share/nodejs/y.js': '3' };
    expect(await find(constants, files)).toEqual([
      { name: '/usr/share/nodejs/undici.js', path: '/usr/share/nodejs/undici.js' },
    ]);
  });

  it('gives the name that the program uses, and the file behind its link', async () => {
    const files = { '/opt/a.js': { symlink: '../srv/b.js' }, '/srv/b.js': '1' };
    expect(await find('/opt/a.js', files)).toEqual([{ name: '/opt/a.js', path: '/srv/b.js' }]);
  });

  it.each([-2, -1, 0, 1, 2, 10, 20])('finds a module whose name lies across two reads, %i bytes off', async (shift) => {
    const constants = `${'x'.repeat(1024 * 1024 - 140 + shift)}\0/opt/module.js\0`;
    expect(await find(constants, { '/opt/module.js': '1' })).toHaveLength(1);
  });
});
