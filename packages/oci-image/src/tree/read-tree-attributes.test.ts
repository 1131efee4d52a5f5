import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, lutimesSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { command, describeWith, root as superuser } from '../../test/judges.js';
import { readAll } from '../content/read-all.js';
import { writeTar } from '../content/tar/write-tar.js';
import { arrangeEntries } from '../image/arrange-entries.js';
import type { LayerEntry } from '../image/layer-entry.js';
import { TemporaryTree } from './fixtures/temporary-tree.js';
import { readTree } from './read-tree.js';

describe('readTree: attributes', () => {
  const tree = new TemporaryTree();

  describe('modes', () => {
    it('umask changes nothing', async () => {
      const umask = process.umask();
      onTestFinished(() => void process.umask(umask));
      const trees = [0o000, 0o022, 0o077].map((mask) => {
        process.umask(mask);
        const each = tree.path(mask.toString(8));
        mkdirSync(join(each, 'd'), { recursive: true });
        writeFileSync(join(each, 'd/plain'), '');
        writeFileSync(join(each, 'd/program'), '', { mode: 0o777 });
        execFileSync('mkfifo', [join(each, 'd/fifo')]);
        return each;
      });
      process.umask(umask);
      const [one, ...others] = await Promise.all(trees.map(layerOf));
      for (const other of others) expect(other).toEqual(one);
    });

    it('setuid, setgid and sticky bits survive', async () => {
      tree.write('a');
      chmodSync(tree.path('a'), 0o6711);
      mkdirSync(tree.path('d'));
      chmodSync(tree.path('d'), 0o3700);
      expect(await tree.summary()).toEqual(['a file 6755', 'd directory 3755']);
      expect(await tree.summary({ modes: 'keep' })).toEqual(['a file 6711', 'd directory 3700']);
    });
  });

  describe('owners and times', () => {
    it('are left to the layer', async () => {
      tree.write('a');
      const [entry] = await readTree(tree.root);
      expect(entry).toMatchObject({ type: 'file', path: 'a' });
      for (const field of ['uid', 'gid', 'uname', 'gname', 'mtime', 'xattrs']) expect(entry).not.toHaveProperty(field);
    });

    it('are those of the files, where they are kept', async () => {
      tree.write('a');
      utimesSync(tree.path('a'), 1, 1234.5);
      symlinkSync('a', tree.path('b'));
      lutimesSync(tree.path('b'), 1, 99);
      const [uid, gid] = [process.getuid?.(), process.getgid?.()];
      const entries = await readTree(tree.root, { owner: 'keep', mtimes: 'keep' });
      expect(entries).toMatchObject([
        { uid, gid, mtime: 1234.5 },
        { uid, gid, mtime: 99 },
      ]);
    });

    it('are the numbers that are given', async () => {
      tree.write('a');
      expect(await readTree(tree.root, { owner: { uid: 4294967295, gid: 7 } })).toMatchObject([
        { uid: 4294967295, gid: 7 },
      ]);
    });
  });

  describeWith([superuser], 'as root', () => {
    it('devices are kept with their numbers', async () => {
      for (const [name, ...numbers] of [
        ['c', 'c', '1', '3'],
        ['b', 'b', '259', '1048575'],
        ['m', 'c', '4095', '256'],
      ]) {
        execFileSync('mknod', [tree.path(String(name)), ...numbers]);
      }
      expect(await readTree(tree.root)).toMatchObject([
        { path: 'b', type: 'block-device', major: 259, minor: 1048575 },
        { path: 'c', type: 'character-device', major: 1, minor: 3 },
        { path: 'm', type: 'character-device', major: 4095, minor: 256 },
      ]);
    });
  });

  const gnuTar = command('tar', ['--version'], /GNU tar/);
  describeWith([superuser, gnuTar], 'with GNU tar', () => {
    it('reads the same again from what GNU tar unpacks', async () => {
      const source = tree.path('source');
      tree.write('source/d/file', 'text');
      chmodSync(tree.path('source/d/file'), 0o4751);
      linkSync(tree.path('source/d/file'), tree.path('source/d/again'));
      symlinkSync('file', tree.path('source/d/link'));
      execFileSync('mkfifo', [tree.path('source/fifo')]);
      execFileSync('mknod', [tree.path('source/null'), 'c', '1', '3']);
      mkdirSync(Buffer.concat([Buffer.from(`${source}/`), Buffer.of(0xff)]), { mode: 0o1700 });
      execFileSync('chown', ['-h', '1000690000:7', tree.path('source/d/link'), tree.path('source/fifo')]);

      const archive = tree.path('layer.tar');
      const target = tree.path('target');
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

async function layerOf(tree: string): Promise<Uint8Array> {
  return readAll(writeTar(arrangeEntries(await readTree(tree))), { maxBytes: 1e6 });
}

function withoutContents(entries: readonly LayerEntry[]): object[] {
  return entries.map((entry) => (entry.type === 'file' ? { ...entry, content: entry.content.size } : entry));
}
