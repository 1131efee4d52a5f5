import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readAll } from '../content/read-all.js';
import { writeTar } from '../content/tar/write-tar.js';
import { arrangeEntries } from '../image/arrange-entries.js';
import { TemporaryTree, textOf } from './fixtures/temporary-tree.js';
import { readTree } from './read-tree.js';

describe('readTree: failures', () => {
  const tree = new TemporaryTree();

  it('names a root that is missing, or not a directory', async () => {
    tree.write('a');
    await expect(readTree(tree.path('a'))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining(`${tree.root}/a as a tree: it is not a directory`),
    });
    await expect(readTree(tree.path('nowhere'))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('nowhere'),
    });
  });

  it('names a directory and a file that may not be read', async () => {
    tree.write('readable/a', 'text');
    chmodSync(tree.path('readable/a'), 0);
    const [, content] = await asNobody(tree.root, () => readTree(tree.root));
    await expect(asNobody(tree.root, () => textOf(content))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining(`${tree.root}/readable/a`),
    });
    mkdirSync(tree.path('secret'), { mode: 0 });
    await expect(asNobody(tree.root, () => readTree(tree.root))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining(`${tree.root}/secret`),
    });
    chmodSync(tree.path('secret'), 0o700);
  });

  it('a file that shrinks or grows before it is read fails with FILE_CHANGED, and gives no torn tar', async () => {
    tree.write('a', '12345');
    for (const content of ['1234', '123456']) {
      const tar = writeTar(arrangeEntries(await readTree(tree.root)));
      tree.write('a', content);
      await expect(readAll(tar, { maxBytes: 1e6 })).rejects.toMatchObject({ code: 'FILE_CHANGED' });
      tree.write('a', '12345');
    }
  });

  it('does not follow a symbolic link that took the place of a file', async () => {
    tree.write('a', 'text');
    const [entry] = await readTree(tree.root);
    rmSync(tree.path('a'));
    symlinkSync('/etc/hostname', tree.path('a'));
    await expect(textOf(entry)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  it('refuses a file that would be read as a whiteout', async () => {
    tree.write('d/.wh.a');
    await expect(readTree(tree.root, { prefix: 'p' })).rejects.toMatchObject({
      code: 'ENTRY_INVALID',
      message: expect.stringContaining('p/d/.wh.a'),
    });
  });

  it('stops when it is told to', async () => {
    tree.write('a/b/c');
    const controller = new AbortController();
    const filter = () => {
      controller.abort(new Error('enough'));
      return true;
    };
    await expect(readTree(tree.root, { filter, signal: controller.signal })).rejects.toThrow('enough');
  });
});

/** Root may read everything: to be refused, it has to become somebody else for a while. */
async function asNobody<Result>(root: string, action: () => Promise<Result>): Promise<Result> {
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
