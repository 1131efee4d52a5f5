import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { descriptorOf, indexOf, pushImage } from '../testing/sample-content.js';
import { BlobFiles } from './blob-files.js';
import { type DirectoryStore, openDirectoryStore } from './directory-store.js';
import { openKilledCopy } from './testing/store-on-disk.js';

let root: string;
let store: DirectoryStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quinistry-writer-'));
  store = await openDirectoryStore(root);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await store.close();
  await rm(root, { recursive: true, force: true });
});

describe('IndexWriter', () => {
  it('keeps a deletion in the journal whose file could not be removed, and removes it with the next writing', async () => {
    const { manifest } = await pushImage(store, 'app', 'member');
    await store.writeManifest('app', indexOf([descriptorOf(manifest)]), { tags: ['multi'] });
    await store.flush();
    const remove = vi.spyOn(BlobFiles.prototype, 'remove').mockRejectedValue(new Error('the disk is gone'));
    await store.deleteManifest('app', manifest.digest);
    for (const text of ['first', 'second']) {
      await pushImage(store, 'app', text);
      await expect(store.flush()).rejects.toThrow('the disk is gone');
    }
    remove.mockRestore();
    await openKilledCopy(root, async (again) => {
      expect(await again.readManifest('app', manifest.digest)).toBeUndefined();
      expect(await again.statBlob('app', manifest.digest)).toBeUndefined();
    });
    await pushImage(store, 'app', 'third');
    await store.flush();
    expect(await store.statBlob('app', manifest.digest)).toBeUndefined();
    await store.close();
    store = await openDirectoryStore(root);
    expect(await store.readManifest('app', manifest.digest)).toBeUndefined();
  });
});
