import { cp, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDirectoryStore } from './directory-store.js';
import { DirectorySync } from './directory-sync.js';
import { DurableFiles } from './durable-file.js';
import { LayoutDirectories } from './layout-directory.js';
import { RepositoryPaths } from './repository-paths.js';
import { findingsIn } from './testing/store-on-disk.js';

const steps = vi.hoisted(() => ({ before: async () => {} }));

/** Whatever gives a name or takes one away. */
vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  const link: typeof original.link = async (...args) => {
    await steps.before();
    return original.link(...args);
  };
  const rm: typeof original.rm = async (...args) => {
    await steps.before();
    return original.rm(...args);
  };
  const rmdir: typeof original.rmdir = async (...args) => {
    await steps.before();
    return original.rmdir(...args);
  };
  return { ...original, link, rm, rmdir };
});

let root: string;
let layouts: LayoutDirectories;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'quinistry-layouts-')));
  const paths = new RepositoryPaths(root);
  await mkdir(paths.temporary, { recursive: true });
  layouts = new LayoutDirectories(paths, new DirectorySync(), new DurableFiles(paths.temporary));
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(root, { recursive: true, force: true });
});

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

describe('LayoutDirectories.create', () => {
  it('makes the names of directories durable that somebody else has made, who may have been killed before he did', async () => {
    await mkdir(join(root, 'team', 'app', 'blobs', 'sha256'), { recursive: true });
    const sync = vi.spyOn(DirectorySync.prototype, 'sync');
    await layouts.create('team/app', 'sha256');
    const synced = sync.mock.calls.map(([directory]) => directory);
    for (const directory of [root, join(root, 'team'), join(root, 'team', 'app')]) expect(synced).toContain(directory);
  });
});

describe('LayoutDirectories, killed at any step', () => {
  /** Copies of what is there before each step of `work`, and after the last one. */
  async function copiesOf(work: () => Promise<unknown>): Promise<readonly string[]> {
    const copies: string[] = [];
    const copyRoot = async () => {
      const copy = await mkdtemp(join(tmpdir(), 'quinistry-step-'));
      await cp(root, copy, { recursive: true });
      copies.push(copy);
    };
    steps.before = copyRoot;
    await work();
    steps.before = async () => {};
    await copyRoot();
    return copies;
  }

  it('leaves nothing wrong, and no index.json that the garbage collection does not take away', async () => {
    const copies = await copiesOf(async () => {
      await layouts.create('app', 'sha256');
      expect(await layouts.remove('app', () => true)).toBe(true);
    });
    expect(copies.length).toBeGreaterThan(6);
    for (const copy of copies) {
      expect(await findingsIn(copy)).toEqual([]);
      const store = await openDirectoryStore(copy);
      for await (const _ of store.collectGarbage({ graceMs: 0 }));
      await store.close();
      expect(await readdir(copy, { recursive: true })).not.toContain('app/index.json');
      await rm(copy, { recursive: true });
    }
  });
});
