import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blobOf, EVERYTHING, pushBlob, pushImage } from '../testing/sample-content.js';
import { type DirectoryStore, openDirectoryStore } from './directory-store.js';

let root: string;
let outside: string;
let store: DirectoryStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quinistry-store-'));
  outside = await mkdtemp(join(tmpdir(), 'quinistry-outside-'));
  store = await openDirectoryStore(root, { recheckMs: 0 });
});

afterEach(async () => {
  await store.close();
  for (const directory of [root, outside]) await rm(directory, { recursive: true, force: true });
});

describe('a repository that is reached through a symbolic link', () => {
  it.each(['', 'blobs', 'blobs/sha256'])('is not served, written or collected: link/%s', async (linked) => {
    const { blob } = await pushImage(store, 'real', 'config', { tags: ['latest'] });
    await store.flush();
    await cp(join(root, 'real'), outside, { recursive: true });
    const link = join(root, 'link', linked);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(outside, linked), link);
    if (linked !== '') await cp(join(outside, 'index.json'), join(root, 'link', 'index.json'));

    expect(await store.resolveTag('link', 'latest')).toEqual([]);
    expect(await store.statBlob('link', blob.digest)).toBeUndefined();
    await expect(pushBlob(store, 'link', blobOf('other'))).rejects.toMatchObject({ code: 'NAME_UNAVAILABLE' });
    expect(await store.listRepositories(EVERYTHING)).toEqual(['real']);
    for await (const _ of store.collectGarbage({ graceMs: -1000, untagged: true }));
    expect(await readdir(join(outside, 'blobs', 'sha256'))).toEqual(
      await readdir(join(root, 'real', 'blobs', 'sha256')),
    );
  });
});
