import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { TemporaryTree, textOf } from './fixtures/temporary-tree.js';
import type { ReadTreeOptions, TreeWarning } from './read-tree.js';
import { readTree } from './read-tree.js';

describe('readTree', () => {
  const tree = new TemporaryTree();

  it('gives the contents of a directory, empty directories too, in the order of a layer', async () => {
    tree.write('b/c', 'text');
    tree.write('b-c');
    mkdirSync(tree.path('empty'));
    const entries = await readTree(tree.root);
    expect(entries.map(({ type, path }) => `${type} ${path}`)).toEqual([
      'directory b',
      'file b/c',
      'file b-c',
      'directory empty',
    ]);
    expect(await textOf(entries[1])).toBe('text');
  });

  it('gives nothing for an empty directory', async () => {
    expect(await readTree(tree.root)).toEqual([]);
  });

  it('puts the contents below a prefix, which gets no entry of its own', async () => {
    tree.write('a/b');
    linkSync(tree.path('a/b'), tree.path('c'));
    expect(await tree.summary({ prefix: '/srv//app/' })).toEqual([
      'srv/app/a directory 755',
      'srv/app/a/b file 644',
      'srv/app/c hardlink to srv/app/a/b',
    ]);
    await expect(readTree(tree.root, { prefix: '../up' })).rejects.toMatchObject({ code: 'ENTRY_INVALID' });
  });

  it('follows a root that is a symbolic link, as any path of this machine', async () => {
    tree.write('real/a');
    symlinkSync('real', tree.path('link'));
    expect((await readTree(tree.path('link'))).map(({ path }) => path)).toEqual(['a']);
  });

  it('order is by bytes, not by locale', async () => {
    for (const name of ['ä', 'b', 'Z', 'a', 'é', '10', '9']) tree.write(name);
    expect((await readTree(tree.root)).map(({ path }) => path)).toEqual(['10', '9', 'Z', 'a', 'b', 'ä', 'é']);
  });

  it('names that are not UTF-8 survive byte for byte', async () => {
    const name = Buffer.from([0x61, 0xff, 0xfe]);
    mkdirSync(Buffer.concat([Buffer.from(`${tree.root}/`), name]));
    writeFileSync(Buffer.concat([Buffer.from(`${tree.root}/`), name, Buffer.from('/'), name]), 'text');
    symlinkSync(name, tree.path('link'));
    const entries = await readTree(tree.root);
    expect(entries.map(({ path }) => path)).toEqual([
      new Uint8Array(name),
      new Uint8Array([...name, 0x2f, ...name]),
      'link',
    ]);
    expect(await textOf(entries[1])).toBe('text');
    expect(entries[2]).toMatchObject({ target: new Uint8Array(name) });
  });

  describe('symbolic links', () => {
    it('stay symbolic links: to directories, in circles, to nothing', async () => {
      tree.write('dir/file');
      symlinkSync('dir', tree.path('to-dir'));
      symlinkSync('..', tree.path('dir/up'));
      symlinkSync('/nowhere//at all', tree.path('broken'));
      expect(await tree.summary()).toEqual([
        'broken symlink to /nowhere//at all',
        'dir directory 755',
        'dir/file file 644',
        'dir/up symlink to ..',
        'to-dir symlink to dir',
      ]);
    });

    it('node_modules from pnpm is made of them, and keeps its form', async () => {
      tree.write('node_modules/.pnpm/a@1.0.0/node_modules/a/index.js');
      tree.write('node_modules/.pnpm/b@2.0.0/node_modules/b/index.js');
      symlinkSync('.pnpm/a@1.0.0/node_modules/a', tree.path('node_modules/a'));
      symlinkSync('../../b@2.0.0/node_modules/b', tree.path('node_modules/.pnpm/a@1.0.0/node_modules/b'));
      const links = (await tree.summary()).filter((line) => !line.includes(' directory '));
      expect(links).toEqual([
        'node_modules/.pnpm/a@1.0.0/node_modules/a/index.js file 644',
        'node_modules/.pnpm/a@1.0.0/node_modules/b symlink to ../../b@2.0.0/node_modules/b',
        'node_modules/.pnpm/b@2.0.0/node_modules/b/index.js file 644',
        'node_modules/a symlink to .pnpm/a@1.0.0/node_modules/a',
      ]);
    });
  });

  describe('hard links', () => {
    beforeEach(() => {
      tree.write('m', 'text');
      linkSync(tree.path('m'), tree.path('z'));
      linkSync(tree.path('m'), tree.path('B'));
      symlinkSync('m', tree.path('s'));
      linkSync(tree.path('s'), tree.path('t'));
    });

    it('point to the name that is first by bytes', async () => {
      expect(await tree.summary()).toEqual([
        'B file 644',
        'm hardlink to B',
        's symlink to m',
        't hardlink to s',
        'z hardlink to B',
      ]);
    });

    it('do not count names that are left out', async () => {
      expect(await tree.summary({ ignore: ['B', 's'] })).toEqual(['m file 644', 't symlink to m', 'z hardlink to m']);
    });

    it('become files of their own with hardLinks: copy', async () => {
      expect(await tree.summary({ hardLinks: 'copy' })).toEqual([
        'B file 644',
        'm file 644',
        's symlink to m',
        't symlink to m',
        'z file 644',
      ]);
    });
  });

  describe('what is left out', () => {
    beforeEach(() => {
      for (const path of ['src/a.js', 'src/a.test.js', 'LOG', 'x.log', 'node_modules/m/x.log', 'build/out'])
        tree.write(path);
    });

    it('is what patterns match as in a .gitignore file, by case', async () => {
      const ignore = '# comment\n*.test.js\nnode_modules/\n*.log\n!x.log\n/log\nout/\n';
      expect(await tree.names({ ignore })).toEqual(['LOG', 'build', 'build/out', 'src', 'src/a.js', 'x.log']);
      expect(await tree.names({ ignore: ['src', 'build', 'node_modules', 'LOG'] })).toEqual(['x.log']);
    });

    it('is what the filter refuses, with all below it, which is never opened', async () => {
      const asked: string[] = [];
      const filter: ReadTreeOptions['filter'] = ({ path, type, size, mode }) => {
        asked.push(`${path} ${type} ${size} ${(mode & 0o700).toString(8)}`);
        return path !== 'node_modules' && path !== 'src';
      };
      expect(await tree.names({ filter, ignore: 'build' })).toEqual(['LOG', 'x.log']);
      expect(asked).toEqual([
        'LOG file 0 600',
        'node_modules directory 0 700',
        'src directory 0 700',
        'x.log file 0 600',
      ]);
    });
  });

  it('sockets are skipped with a warning', async () => {
    tree.write('a');
    const server = createServer().listen(tree.path('socket'));
    await once(server, 'listening');
    onTestFinished(async () => {
      server.close();
      await once(server, 'close');
    });
    const warnings: TreeWarning[] = [];
    expect(await tree.names({ onWarning: (warning) => warnings.push(warning) })).toEqual(['a']);
    expect(warnings).toEqual([
      { code: 'SOCKET_SKIPPED', path: 'socket', message: expect.stringContaining('"socket"') },
    ]);

    const emitWarning = vi.spyOn(process, 'emitWarning').mockReturnValue();
    onTestFinished(() => emitWarning.mockRestore());
    await readTree(tree.root);
    expect(emitWarning).toHaveBeenCalledExactlyOnceWith(warnings[0]?.message, { code: 'SOCKET_SKIPPED' });
  });

  it('FIFOs are kept, and never waited for', async () => {
    execFileSync('mkfifo', [tree.path('fifo')]);
    expect(await tree.summary()).toEqual(['fifo fifo 644']);
  });
});
