import { buildLayer, createImage, file, MemoryBlobStore, readAll } from '@quinistry/oci-image';
import { parseDigest } from '@quinistry/oci-image/spec';
import { describe, expect, it } from 'vitest';
import type { Quine } from './build-quine.js';
import { QuineStorage } from './quine-storage.js';

/** A small image in place of the real one: the storage does not care what is in it. */
async function smallQuine(): Promise<Quine> {
  const store = new MemoryBlobStore();
  const layer = await buildLayer([file('a', 'a')], { store });
  const oci = createImage({ platform: 'linux/amd64' }).addLayer(layer);
  return { images: [await oci.toFamily('docker').build(store), await oci.build(store)], store };
}

const ANY_PAGE = { limit: 10 };

describe('QuineStorage', () => {
  it('has one repository with one tag', async () => {
    const storage = new QuineStorage(smallQuine());
    expect(await storage.listRepositories(ANY_PAGE)).toEqual(['quinistry']);
    expect(await storage.listRepositories({ limit: 10, last: 'a' })).toEqual(['quinistry']);
    expect(await storage.listRepositories({ limit: 10, last: 'quinistry' })).toEqual([]);
    expect(await storage.listRepositories({ limit: 0 })).toEqual([]);
    expect(await storage.listTags('quinistry', ANY_PAGE)).toEqual(['latest']);
    expect(await storage.listTags('other', ANY_PAGE)).toBeUndefined();
  });

  it('has schema2 and OCI under the tag, schema2 first, and each by its digest', async () => {
    const storage = new QuineStorage(smallQuine());
    const variants = await storage.resolveTag('quinistry', 'latest');
    expect(variants.map(({ mediaType }) => mediaType)).toEqual([
      'application/vnd.docker.distribution.manifest.v2+json',
      'application/vnd.oci.image.manifest.v1+json',
    ]);
    for (const variant of variants) expect(await storage.readManifest('quinistry', variant.digest)).toEqual(variant);
    expect(await storage.resolveTag('quinistry', 'v1')).toEqual([]);
    expect(await storage.resolveTag('other', 'latest')).toEqual([]);
  });

  it('has the config and the layers as blobs, in its own repository alone', async () => {
    const quine = await smallQuine();
    const storage = new QuineStorage(Promise.resolve(quine));
    const { config, layers } = quine.images[0].manifest.value;
    for (const { digest, size, mediaType } of [config, ...layers]) {
      expect(await storage.statBlob('quinistry', digest)).toMatchObject({ size, mediaType });
      expect(await readAll(storage.openBlob('quinistry', digest), { maxBytes: 10_000 })).toHaveLength(size);
      expect(await storage.statBlob('other', digest)).toBeUndefined();
    }
    expect(await storage.statBlob('quinistry', quine.images[0].digest)).toBeUndefined();
    expect(await storage.statBlob('quinistry', parseDigest(`sha256:${'0'.repeat(64)}`))).toBeUndefined();
  });

  it('answers lists while the image is still building, and lets what needs it wait', async () => {
    let finish: (quine: Quine) => void = () => {};
    const storage = new QuineStorage(
      new Promise((resolve) => {
        finish = resolve;
      }),
    );
    expect(await storage.listTags('quinistry', ANY_PAGE)).toEqual(['latest']);
    const waiting = storage.resolveTag('quinistry', 'latest');
    finish(await smallQuine());
    expect(await waiting).toHaveLength(2);
  });
});
