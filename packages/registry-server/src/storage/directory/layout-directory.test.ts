import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DirectorySync } from './directory-sync.js';
import { DurableFiles } from './durable-file.js';
import { LayoutDirectories } from './layout-directory.js';
import { RepositoryPaths } from './repository-paths.js';

let root: string;
let layouts: LayoutDirectories;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'quinistry-layouts-')));
  layouts = new LayoutDirectories(new RepositoryPaths(root), new DirectorySync(), new DurableFiles(root));
});

afterEach(() => rm(root, { recursive: true, force: true }));

describe('LayoutDirectories.use', () => {
  it('keeps the layout, though nothing is in it yet, until the work is done', async () => {
    await layouts.create('app', 'sha256');
    const file = join(root, 'app', 'blobs', 'sha256', 'x');
    await layouts.use('app', 'sha256', async () => {
      expect(await layouts.remove('app', () => true)).toBe(false);
      await writeFile(file, '');
    });
    expect(await layouts.remove('app', () => true)).toBe(false);
    await rm(file);
    expect(await layouts.remove('app', () => true)).toBe(true);
  });

  it('makes the layout that is being removed when the work begins, once', async () => {
    await layouts.create('app', 'sha256');
    let attempts = 0;
    const removing = layouts.remove('app', () => true);
    await layouts.use('app', 'sha256', async () => {
      if (attempts++ === 0) await removing;
      void layouts.remove('app', () => true); // again, as it is empty still
      await writeFile(join(root, 'app', 'blobs', 'sha256', 'x'), '');
    });
    expect(attempts).toBeLessThanOrEqual(2);
    expect(await layouts.remove('app', () => true)).toBe(false);
  });
});
