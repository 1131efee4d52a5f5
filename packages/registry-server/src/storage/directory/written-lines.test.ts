/** What the journal tells of changes that are in `index.json` already, once another tool has changed that since. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Descriptor, digestHex } from '@quinistry/oci-image/spec';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { descriptorOf, digestsOfTag, EVERYTHING, imageOf, pushImage } from '../testing/sample-content.js';
import { type DirectoryStore, openDirectoryStore } from './directory-store.js';
import { Journal } from './journal.js';
import { formatLayoutIndex, parseLayoutIndex, tagOf, withTag } from './layout-index.js';
import { openKilledCopy } from './testing/store-on-disk.js';

let root: string;
let store: DirectoryStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quinistry-written-'));
  store = await openDirectoryStore(root);
  // As it is while another repository is pushed to all the time.
  vi.spyOn(Journal.prototype, 'trim').mockResolvedValue();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await store.close();
  await rm(root, { recursive: true, force: true });
});

/** Writes the index of `app` anew, as another tool does. */
async function rewriteIndex(change: (entries: readonly Descriptor[]) => readonly Descriptor[]): Promise<void> {
  const path = join(root, 'app', 'index.json');
  const { header, manifests } = parseLayoutIndex(await readFile(path));
  await writeFile(path, formatLayoutIndex({ header, manifests: change(manifests) }));
}

describe('a change that is in index.json', () => {
  it('is not done again over a tag that another tool has moved since', async () => {
    const { manifest } = await pushImage(store, 'app', 'ours', { tags: ['latest'] });
    const theirs = imageOf([{ digest: manifest.digest, size: 1 }], { annotations: { by: 'another tool' } });
    await store.flush();
    await writeFile(join(root, 'app', 'blobs', 'sha256', digestHex(theirs.digest)), theirs.bytes);
    await rewriteIndex((entries) => [
      ...entries.filter((entry) => tagOf(entry) !== 'latest'),
      withTag(descriptorOf(theirs), 'latest'),
    ]);
    await openKilledCopy(root, async (again) => {
      expect(await digestsOfTag(again, 'app', 'latest')).toEqual([theirs.digest]);
    });
  });

  it('is not done again over an entry that another tool has removed since', async () => {
    await pushImage(store, 'app', 'kept', { tags: ['kept'] });
    const { manifest } = await pushImage(store, 'app', 'removed', { tags: ['removed'] });
    await store.flush();
    await rewriteIndex((entries) => entries.filter((entry) => tagOf(entry) !== 'removed'));
    await openKilledCopy(root, async (again) => {
      expect(await again.listTags('app', EVERYTHING)).toEqual(['kept']);
      expect(await again.readManifest('app', manifest.digest)).toBeUndefined();
    });
  });

  it('is not done again over a manifest that was deleted, and that another tool has brought since', async () => {
    await pushImage(store, 'app', 'kept', { tags: ['kept'] });
    const { manifest } = await pushImage(store, 'app', 'ours', { tags: ['deleted'] });
    await store.deleteManifest('app', manifest.digest);
    await store.flush();
    await writeFile(join(root, 'app', 'blobs', 'sha256', digestHex(manifest.digest)), manifest.bytes);
    await rewriteIndex((entries) => [...entries, withTag(descriptorOf(manifest), 'back')]);
    await openKilledCopy(root, async (again) => {
      expect(await digestsOfTag(again, 'app', 'back')).toEqual([manifest.digest]);
    });
  });
});
