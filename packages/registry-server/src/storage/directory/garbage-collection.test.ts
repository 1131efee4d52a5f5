import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { digestHex } from '@quinistry/oci-image/spec';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  blobOf,
  descriptorOf,
  digestsOfTag,
  imageOf,
  indexOf,
  pushBlob,
  pushImage,
  readBlob,
} from '../testing/sample-content.js';
import { type DirectoryStore, openDirectoryStore } from './directory-store.js';
import { Journal } from './journal.js';
import { formatLayoutIndex, parseLayoutIndex, withTag } from './layout-index.js';
import { findingsIn } from './testing/store-on-disk.js';

let root: string;
let store: DirectoryStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quinistry-store-'));
  store = await openDirectoryStore(root, { recheckMs: 0 });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await store.close();
  await rm(root, { recursive: true, force: true });
});

describe('a push while garbage is collected', () => {
  it('keeps what it names, and what that names in turn', async () => {
    await pushImage(store, 'app', 'garbage');
    const { blob, manifest } = await pushImage(store, 'app', 'member');
    const inner = indexOf([descriptorOf(manifest)]);
    await store.writeManifest('app', inner);
    const collected = [];
    for await (const { name } of store.collectGarbage({ graceMs: 0, untagged: true })) {
      if (collected.length === 0)
        await store.writeManifest('app', indexOf([descriptorOf(inner)]), { tags: ['latest'] });
      collected.push(name);
    }
    expect(collected).toHaveLength(2);
    expect(await readBlob(store, 'app', blob)).toBe(blob.digest);
    await store.flush();
    expect(await findingsIn(root)).toEqual([]);
  });

  it('is refused where it names a manifest that is just being collected', async () => {
    const { manifest } = await pushImage(store, 'app', 'member');
    const index = indexOf([descriptorOf(manifest)]);
    const pushes: Promise<unknown>[] = [];
    const { append } = Journal.prototype;
    vi.spyOn(Journal.prototype, 'append').mockImplementation(async function (this: Journal, operation, apply) {
      if (operation.op === 'delete') {
        pushes.push(store.writeManifest('app', index, { tags: ['latest'] }).catch((error) => error));
        await wait(50); // time enough to look for the member
      }
      return append.call(this, operation, apply);
    });
    for await (const _ of store.collectGarbage({ graceMs: 0, untagged: true }));
    expect(await Promise.all(pushes)).toMatchObject([{ code: 'REFERENCE_UNKNOWN' }]);
    await store.flush();
    expect(await findingsIn(root)).toEqual([]);
  });
});

describe('another tool that writes index.json while garbage is collected', () => {
  it.each([
    ['gives a tag to a manifest', ({ manifest }: Awaited<ReturnType<typeof pushImage>>) => manifest],
    [
      'adds a manifest',
      ({ blob }: Awaited<ReturnType<typeof pushImage>>) => imageOf([blob], { annotations: { by: 'it' } }),
    ],
  ])('loses nothing where it %s', async (_, addedTo) => {
    await pushImage(store, 'app', 'first');
    const image = await pushImage(store, 'app', 'second');
    await pushBlob(store, 'app', blobOf('orphan'));
    const added = addedTo(image);
    const collected: string[] = [];
    for await (const { name } of store.collectGarbage({ graceMs: 0, untagged: true })) {
      if (collected.length === 0) {
        await writeFile(join(root, 'app', 'blobs', 'sha256', digestHex(added.digest)), added.bytes);
        const { header, manifests } = parseLayoutIndex(await readFile(join(root, 'app', 'index.json')));
        const rewritten = { header, manifests: [...manifests, withTag(descriptorOf(added), 'theirs')] };
        await writeFile(join(root, 'app', 'index.json'), formatLayoutIndex(rewritten));
      }
      collected.push(name);
    }
    expect(new Set(collected).size).toBe(collected.length);
    expect(collected).toContain(blobOf('orphan').digest);
    expect(await digestsOfTag(store, 'app', 'theirs')).toEqual([added.digest]);
    expect(await readBlob(store, 'app', image.blob)).toBe(image.blob.digest);
    await store.flush();
    expect(await findingsIn(root)).toEqual([]);
  });
});
