import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { command, describeWith, root as superuser } from '../../test/judges.js';
import { readAll } from '../content/read-all.js';
import { writeTar } from '../content/tar/write-tar.js';
import { arrangeEntries } from '../image/arrange-entries.js';
import type { LayerEntry } from '../image/layer-entry.js';
import type { ReadTreeOptions, TreeWarning } from './read-tree.js';
import { readTree } from './read-tree.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'read-tree-'));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('readTree', () => {
  it('gives the contents of a directory, empty directories too, in the order of a layer', async () => {
    write('b/c', 'text');
    write('b-c');
    mkdirSync(join(root, 'empty'));
    const entries = await readTree(root);
    expect(entries.map(({ type, path }) => `${type} ${path}`)).toEqual([
      'directory b',
      'file b/c',
      'file b-c',
      'directory empty',
    ]);
    expect(await textOf(entries[1])).toBe('text');
  });

  it('gives nothing for an empty directory', async () => {
    expect(await readTree(root)).toEqual([]);
  });

  it('puts the contents below a prefix, which gets no entry of its own', async () => {
    write('a/b');
    linkSync(join(root, 'a/b'), join(root, 'c'));
    expect(await summary({ prefix: '/srv//app/' })).toEqual([
      'srv/app/a directory 755',
      'srv/app/a/b file 644',
      'srv/app/c hardlink to srv/app/a/b',
    ]);
    await expect(readTree(root, { prefix: '../up' })).rejects.toMatchObject({ code: 'ENTRY_INVALID' });
  });

  it('follows a root that is a symbolic link, as any path of this machine', async () => {
    write('real/a');
    symlinkSync('real', join(root, 'link'));
    expect((await readTree(join(root, 'link'))).map(({ path }) => path)).toEqual(['a']);
  });

  it('order is by bytes, not by locale', async () => {
    for (const name of ['ä', 'b', 'Z', 'a', 'é', '10', '9']) write(name);
    expect((await readTree(root)).map(({ path }) => path)).toEqual(['10', '9', 'Z', 'a', 'b', 'ä', 'é']);
  });

  it('names that are not UTF-8 survive byte for byte', async () => {
    const name = Buffer.from([0x61, 0xff, 0xfe]);
    mkdirSync(Buffer.concat([Buffer.from(`${root}/`), name]));
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), name, Buffer.from('/'), name]), 'text');
    symlinkSync(name, join(root, 'link'));
    const entries = await readTree(root);
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
      write('dir/file');
      symlinkSync('dir', join(root, 'to-dir'));
      symlinkSync('..', join(root, 'dir/up'));
      symlinkSync('/nowhere//at all', join(root, 'broken'));
      expect(await summary()).toEqual([
        'broken symlink to /nowhere//at all',
        'dir directory 755',
        'dir/file file 644',
        'dir/up symlink to ..',
        'to-dir symlink to dir',
      ]);
    });

    it('node_modules from pnpm is made of them, and keeps its form', async () => {
      write('node_modules/.pnpm/a@1.0.0/node_modules/a/index.js');
      write('node_modules/.pnpm/b@2.0.0/node_modules/b/index.js');
      symlinkSync('.pnpm/a@1.0.0/node_modules/a', join(root, 'node_modules/a'));
      symlinkSync('../../b@2.0.0/node_modules/b', join(root, 'node_modules/.pnpm/a@1.0.0/node_modules/b'));
      const links = (await summary()).filter((line) => !line.includes(' directory '));
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
      write('m', 'text');
      linkSync(join(root, 'm'), join(root, 'z'));
      linkSync(join(root, 'm'), join(root, 'B'));
      symlinkSync('m', join(root, 's'));
      linkSync(join(root, 's'), join(root, 't'));
    });

    it('point to the name that is first by bytes', async () => {
      expect(await summary()).toEqual([
        'B file 644',
        'm hardlink to B',
        's symlink to m',
        't hardlink to s',
        'z hardlink to B',
      ]);
    });

    it('do not count names that are left out', async () => {
      expect(await summary({ ignore: ['B', 's'] })).toEqual(['m file 644', 't symlink to m', 'z hardlink to m']);
    });

    it('become files of their own with hardLinks: copy', async () => {
      expect(await summary({ hardLinks: 'copy' })).toEqual([
        'B file 644',
        'm file 644',
        's symlink to m',
        't symlink to m',
        'z file 644',
      ]);
    });
  });

  describe('modes', () => {
    it('umask changes nothing', async () => {
      const umask = process.umask();
      onTestFinished(() => void process.umask(umask));
      const trees = [0o000, 0o022, 0o077].map((mask) => {
        process.umask(mask);
        const tree = join(root, mask.toString(8));
        mkdirSync(join(tree, 'd'), { recursive: true });
        writeFileSync(join(tree, 'd/plain'), '');
        writeFileSync(join(tree, 'd/program'), '', { mode: 0o777 });
        execFileSync('mkfifo', [join(tree, 'd/fifo')]);
        return tree;
      });
      process.umask(umask);
      const [one, ...others] = await Promise.all(trees.map((tree) => layerOf(tree)));
      for (const other of others) expect(other).toEqual(one);
    });

    it('setuid, setgid and sticky bits survive', async () => {
      write('a');
      chmodSync(join(root, 'a'), 0o6711);
      mkdirSync(join(root, 'd'));
      chmodSync(join(root, 'd'), 0o3700);
      expect(await summary()).toEqual(['a file 6755', 'd directory 3755']);
      expect(await summary({ modes: 'keep' })).toEqual(['a file 6711', 'd directory 3700']);
    });
  });

  describe('owners and times', () => {
    it('are left to the layer', async () => {
      write('a');
      const [entry] = await readTree(root);
      expect(entry).toMatchObject({ type: 'file', path: 'a' });
      for (const field of ['uid', 'gid', 'uname', 'gname', 'mtime', 'xattrs']) expect(entry).not.toHaveProperty(field);
    });

    it('are those of the files, where they are kept', async () => {
      write('a');
      utimesSync(join(root, 'a'), 1, 1234.5);
      symlinkSync('a', join(root, 'b'));
      lutimesSync(join(root, 'b'), 1, 99);
      const [uid, gid] = [process.getuid?.(), process.getgid?.()];
      const entries = await readTree(root, { owner: 'keep', mtimes: 'keep' });
      expect(entries).toMatchObject([
        { uid, gid, mtime: 1234.5 },
        { uid, gid, mtime: 99 },
      ]);
    });

    it('are the numbers that are given', async () => {
      write('a');
      expect(await readTree(root, { owner: { uid: 4294967295, gid: 7 } })).toMatchObject([{ uid: 4294967295, gid: 7 }]);
    });
  });

  describe('what is left out', () => {
    beforeEach(() => {
      for (const path of ['src/a.js', 'src/a.test.js', 'LOG', 'x.log', 'node_modules/m/x.log', 'build/out'])
        write(path);
    });

    it('is what patterns match as in a .gitignore file, by case', async () => {
      const ignore = '# comment\n*.test.js\nnode_modules/\n*.log\n!x.log\n/log\nout/\n';
      expect(await names({ ignore })).toEqual(['LOG', 'build', 'build/out', 'src', 'src/a.js', 'x.log']);
      expect(await names({ ignore: ['src', 'build', 'node_modules', 'LOG'] })).toEqual(['x.log']);
    });

    it('is what the filter refuses, with all below it, which is never opened', async () => {
      const asked: string[] = [];
      const filter: ReadTreeOptions['filter'] = ({ path, type, size, mode }) => {
        asked.push(`${path} ${type} ${size} ${(mode & 0o700).toString(8)}`);
        return path !== 'node_modules' && path !== 'src';
      };
      expect(await names({ filter, ignore: 'build' })).toEqual(['LOG', 'x.log']);
      expect(asked).toEqual([
        'LOG file 0 600',
        'node_modules directory 0 700',
        'src directory 0 700',
        'x.log file 0 600',
      ]);
    });
  });

  it('sockets are skipped with a warning', async () => {
    write('a');
    const server = createServer().listen(join(root, 'socket'));
    await once(server, 'listening');
    onTestFinished(async () => {
      server.close();
      await once(server, 'close');
    });
    const warnings: TreeWarning[] = [];
    expect(await names({ onWarning: (warning) => warnings.push(warning) })).toEqual(['a']);
    expect(warnings).toEqual([
      { code: 'SOCKET_SKIPPED', path: 'socket', message: expect.stringContaining('"socket"') },
    ]);

    const emitWarning = vi.spyOn(process, 'emitWarning').mockReturnValue();
    onTestFinished(() => emitWarning.mockRestore());
    await readTree(root);
    expect(emitWarning).toHaveBeenCalledExactlyOnceWith(warnings[0]?.message, { code: 'SOCKET_SKIPPED' });
  });

  it('FIFOs are kept, and never waited for', async () => {
    execFileSync('mkfifo', [join(root, 'fifo')]);
    expect(await summary()).toEqual(['fifo fifo 644']);
  });

  describeWith([superuser], 'as root', () => {
    it('devices are kept with their numbers', async () => {
      for (const [name, ...numbers] of [
        ['c', 'c', '1', '3'],
        ['b', 'b', '259', '1048575'],
        ['m', 'c', '4095', '256'],
      ]) {
        execFileSync('mknod', [join(root, String(name)), ...numbers]);
      }
      expect(await readTree(root)).toMatchObject([
        { path: 'b', type: 'block-device', major: 259, minor: 1048575 },
        { path: 'c', type: 'character-device', major: 1, minor: 3 },
        { path: 'm', type: 'character-device', major: 4095, minor: 256 },
      ]);
    });
  });

  describe('failures', () => {
    it('names a root that is missing, or not a directory', async () => {
      write('a');
      await expect(readTree(join(root, 'a'))).rejects.toMatchObject({
        code: 'FILE_UNREADABLE',
        message: expect.stringContaining(`${root}/a as a tree: it is not a directory`),
      });
      await expect(readTree(join(root, 'nowhere'))).rejects.toMatchObject({
        code: 'FILE_UNREADABLE',
        message: expect.stringContaining('nowhere'),
      });
    });

    it('names a directory and a file that may not be read', async () => {
      write('readable/a', 'text');
      chmodSync(join(root, 'readable/a'), 0);
      const [, content] = await asNobody(() => readTree(root));
      await expect(asNobody(() => textOf(content))).rejects.toMatchObject({
        code: 'FILE_UNREADABLE',
        message: expect.stringContaining(`${root}/readable/a`),
      });
      mkdirSync(join(root, 'secret'), { mode: 0 });
      await expect(asNobody(() => readTree(root))).rejects.toMatchObject({
        code: 'FILE_UNREADABLE',
        message: expect.stringContaining(`${root}/secret`),
      });
      chmodSync(join(root, 'secret'), 0o700);
    });

    it('a file that shrinks or grows before it is read fails with FILE_CHANGED, and gives no torn tar', async () => {
      write('a', '12345');
      for (const content of ['1234', '123456']) {
        const tar = writeTar(arrangeEntries(await readTree(root)));
        write('a', content);
        await expect(readAll(tar, { maxBytes: 1e6 })).rejects.toMatchObject({ code: 'FILE_CHANGED' });
        write('a', '12345');
      }
    });

    it('does not follow a symbolic link that took the place of a file', async () => {
      write('a', 'text');
      const [entry] = await readTree(root);
      rmSync(join(root, 'a'));
      symlinkSync('/etc/hostname', join(root, 'a'));
      await expect(textOf(entry)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    });

    it('refuses a file that would be read as a whiteout', async () => {
      write('d/.wh.a');
      await expect(readTree(root, { prefix: 'p' })).rejects.toMatchObject({
        code: 'ENTRY_INVALID',
        message: expect.stringContaining('p/d/.wh.a'),
      });
    });

    it('stops when it is told to', async () => {
      write('a/b/c');
      const controller = new AbortController();
      const filter = () => {
        controller.abort(new Error('enough'));
        return true;
      };
      await expect(readTree(root, { filter, signal: controller.signal })).rejects.toThrow('enough');
    });
  });

  const gnuTar = command('tar', ['--version'], /GNU tar/);
  describeWith([superuser, gnuTar], 'with GNU tar', () => {
    it('reads the same again from what GNU tar unpacks', async () => {
      const source = join(root, 'source');
      write('source/d/file', 'text');
      chmodSync(join(root, 'source/d/file'), 0o4751);
      linkSync(join(root, 'source/d/file'), join(root, 'source/d/again'));
      symlinkSync('file', join(root, 'source/d/link'));
      execFileSync('mkfifo', [join(root, 'source/fifo')]);
      execFileSync('mknod', [join(root, 'source/null'), 'c', '1', '3']);
      mkdirSync(Buffer.concat([Buffer.from(`${source}/`), Buffer.of(0xff)]), { mode: 0o1700 });
      execFileSync('chown', ['-h', '1000690000:7', join(root, 'source/d/link'), join(root, 'source/fifo')]);

      const archive = join(root, 'layer.tar');
      const target = join(root, 'target');
      const keep = { owner: 'keep', modes: 'keep', mtimes: 'keep' } as const;
      const entries = arrangeEntries(await readTree(source, keep));
      writeFileSync(archive, await readAll(writeTar(entries), { maxBytes: 1e6 }));
      mkdirSync(target);
      execFileSync('tar', ['-x', '-p', '--numeric-owner', '--same-owner', '-f', archive, '-C', target]);
      expect(withoutContents(arrangeEntries(await readTree(target, keep)))).toEqual(withoutContents(entries));
      expect(entries.map(({ type }) => type)).toContain('hardlink');
    });
  });
});

function write(path: string, content = ''): void {
  const location = join(root, path);
  if (!existsSync(dirname(location))) mkdirSync(dirname(location), { recursive: true });
  writeFileSync(location, content);
}

async function names(options?: ReadTreeOptions): Promise<LayerEntry['path'][]> {
  return (await readTree(root, options)).map(({ path }) => path);
}

/** `path type mode`, or `path type to target`. */
async function summary(options?: ReadTreeOptions): Promise<string[]> {
  return (await readTree(root, options)).map(
    (entry) => `${entry.path} ${entry.type} ${'target' in entry ? `to ${entry.target}` : entry.mode?.toString(8)}`,
  );
}

async function textOf(entry: LayerEntry | undefined): Promise<string> {
  if (entry?.type !== 'file') throw new Error('expected a file');
  return Buffer.from(await readAll(entry.content.open(), { maxBytes: 1e6 })).toString();
}

async function layerOf(tree: string): Promise<Uint8Array> {
  return readAll(writeTar(arrangeEntries(await readTree(tree))), { maxBytes: 1e6 });
}

function withoutContents(entries: readonly LayerEntry[]): object[] {
  return entries.map((entry) => (entry.type === 'file' ? { ...entry, content: entry.content.size } : entry));
}

/** Root may read everything: to be refused, it has to become somebody else for a while. */
async function asNobody<Result>(action: () => Promise<Result>): Promise<Result> {
  const { geteuid, seteuid } = process;
  if (geteuid?.() !== 0 || seteuid === undefined) return action();
  chmodSync(root, 0o755);
  seteuid(65534);
  try {
    return await action();
  } finally {
    seteuid(0);
  }
}
