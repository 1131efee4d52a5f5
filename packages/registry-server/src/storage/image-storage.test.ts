import {
  buildLayer,
  createImage,
  createImageIndex,
  file,
  type Image,
  MemoryBlobStore,
  readAll,
} from '@quinistry/oci-image';
import { parseDigest } from '@quinistry/oci-image/spec';
import { describe, expect, it } from 'vitest';
import { createImageStorage } from './image-storage.js';

const store = new MemoryBlobStore();
const ANY_PAGE = { limit: 10 };

async function describeImageOf(content: string) {
  const layer = await buildLayer([file('a', content)], { store });
  return createImage({ platform: 'linux/amd64' }).addLayer(layer);
}

async function imageOf(content: string): Promise<Image<'oci'>> {
  return (await describeImageOf(content)).build(store);
}

describe('createImageStorage', () => {
  it('lists repositories and tags in the order of their bytes, page by page', async () => {
    const image = await imageOf('a');
    const storage = createImageStorage({ b: { latest: image, V1: image, v1: image }, a: { x: image } });
    expect(await storage.listRepositories(ANY_PAGE)).toEqual(['a', 'b']);
    expect(await storage.listTags('b', ANY_PAGE)).toEqual(['V1', 'latest', 'v1']);
    expect(await storage.listTags('b', { limit: 1, last: 'V1' })).toEqual(['latest']);
    expect(await storage.listTags('b', { limit: 5, last: 'm' })).toEqual(['v1']);
    expect(await storage.listTags('b', { limit: 5, last: 'v1' })).toEqual([]);
    expect(await storage.listTags('b', { limit: 0 })).toEqual([]);
    expect(await storage.listTags('c', ANY_PAGE)).toBeUndefined();
  });

  it('has the families of a tag in the order given, and each by its digest', async () => {
    const description = await describeImageOf('a');
    const images = [await description.toFamily('docker').build(store), await description.build(store)];
    const storage = createImageStorage({ app: { latest: images } });
    const variants = await storage.resolveTag('app', 'latest');
    expect(variants.map(({ mediaType }) => mediaType)).toEqual([
      'application/vnd.docker.distribution.manifest.v2+json',
      'application/vnd.oci.image.manifest.v1+json',
    ]);
    for (const variant of variants) expect(await storage.readManifest('app', variant.digest)).toEqual(variant);
    expect(await storage.resolveTag('app', 'v1')).toEqual([]);
    expect(await storage.resolveTag('other', 'latest')).toEqual([]);
  });

  it('has config and layers as blobs, in their own repository alone', async () => {
    const image = await imageOf('a');
    const storage = createImageStorage({ app: { latest: image }, other: { latest: await imageOf('b') } });
    const { config, layers } = image.manifest.value;
    for (const { digest, size, mediaType } of [config, ...layers]) {
      expect(await storage.statBlob('app', digest)).toMatchObject({ size, mediaType });
      expect(await readAll(storage.openBlob('app', digest), { maxBytes: 10_000 })).toHaveLength(size);
      expect(await storage.statBlob('other', digest)).toBeUndefined();
      await expect(readAll(storage.openBlob('other', digest), { maxBytes: 1 })).rejects.toMatchObject({
        code: 'BLOB_UNKNOWN',
      });
    }
    expect(await storage.statBlob('app', parseDigest(`sha256:${'0'.repeat(64)}`))).toBeUndefined();
  });

  it('has the members of an index by digest, and their blobs', async () => {
    const member = await imageOf('inner');
    const index = await createImageIndex().add(member).build(store);
    const storage = createImageStorage({ app: { latest: await createImageIndex().add(index).build(store) } });
    expect(await storage.readManifest('app', index.digest)).toMatchObject({ bytes: index.index.bytes });
    expect(await storage.readManifest('app', member.digest)).toMatchObject({ bytes: member.manifest.bytes });
    expect(await storage.statBlob('app', member.config.digest)).toMatchObject({ size: member.config.size });
  });

  it('answers lists while an image is still building, and lets what needs it wait', async () => {
    let finish: (image: Image) => void = () => {};
    const building = new Promise<Image>((resolve) => {
      finish = resolve;
    });
    const storage = createImageStorage({ app: { latest: building } });
    expect(await storage.listTags('app', ANY_PAGE)).toEqual(['latest']);
    const waiting = storage.resolveTag('app', 'latest');
    finish(await imageOf('late'));
    expect(await waiting).toHaveLength(1);
  });

  it('tells whoever asks why an image could not be built', async () => {
    const storage = createImageStorage({ app: { latest: Promise.reject(new Error('the disk is gone')) } });
    await expect(storage.resolveTag('app', 'latest')).rejects.toThrow('the disk is gone');
    await expect(storage.statBlob('app', parseDigest(`sha256:${'0'.repeat(64)}`))).rejects.toThrow('the disk is gone');
  });

  it('refuses names that no client could ask for', async () => {
    const image = await imageOf('a');
    expect(() => createImageStorage({ 'Team/App': { latest: image } })).toThrow(
      '"Team/App" is not the name of a repository',
    );
    expect(() => createImageStorage({ app: { '-x': image } })).toThrow('"-x" is not a tag');
  });
});
