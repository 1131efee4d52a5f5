import { describe, expect, it } from 'vitest';
import { MemoryBlobStore } from '../content/memory-store.js';
import type { ImageFamily } from '../spec/media-type.js';
import { buildLayer } from './build-layer.js';
import { describeImage } from './image.js';
import { createImage } from './image-builder.js';
import { createImageIndex } from './image-index-builder.js';
import { file } from './layer-entry.js';
import { readIndex } from './read-documents.js';

async function imageFor<F extends ImageFamily>(store: MemoryBlobStore, platform: string, family: F) {
  const layer = await buildLayer([file('platform.txt', platform)], { store, family });
  return createImage({ platform, family }).addLayer(layer).build(store);
}

describe('createImageIndex', () => {
  it('lists images by platform, in the order given', async () => {
    const store = new MemoryBlobStore();
    const amd64 = await imageFor(store, 'linux/amd64', 'oci');
    const arm64 = await imageFor(store, 'linux/arm64/v8', 'oci');
    const index = await createImageIndex().add(amd64).add(arm64).withAnnotations({ a: 'b' }).build(store);

    const { value } = await readIndex(store, describeImage(index));
    expect(value).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [
        {
          mediaType: amd64.mediaType,
          digest: amd64.digest,
          size: amd64.manifest.size,
          platform: { architecture: 'amd64', os: 'linux' },
        },
        {
          mediaType: arm64.mediaType,
          digest: arm64.digest,
          size: arm64.manifest.size,
          platform: { architecture: 'arm64', os: 'linux', variant: 'v8' },
        },
      ],
      annotations: { a: 'b' },
    });
  });

  it('writes a manifest list for images of schema2', async () => {
    const store = new MemoryBlobStore();
    const image = await imageFor(store, 'linux/amd64', 'docker');
    const list = await createImageIndex({ family: 'docker' }).add(image).build(store);
    expect(list.index.value).toMatchObject({
      mediaType: 'application/vnd.docker.distribution.manifest.list.v2+json',
      manifests: [{ mediaType: 'application/vnd.docker.distribution.manifest.v2+json' }],
    });
  });

  it('lists an index in an index', async () => {
    const store = new MemoryBlobStore();
    const inner = await createImageIndex()
      .add(await imageFor(store, 'linux/amd64', 'oci'))
      .build(store);
    const outer = await createImageIndex()
      .add(inner, { annotations: { name: 'inner' } })
      .build(store);
    expect(outer.index.value.manifests).toEqual([
      { mediaType: inner.mediaType, digest: inner.digest, size: inner.index.size, annotations: { name: 'inner' } },
    ]);
  });

  it('lists the same image twice, with other platforms (ggcr#2299)', async () => {
    const store = new MemoryBlobStore();
    const image = await imageFor(store, 'linux/amd64', 'oci');
    const index = await createImageIndex().add(image).add(image, { platform: 'linux/ia32' }).build(store);
    expect(index.index.value.manifests.map(({ digest, platform }) => [digest, platform?.architecture])).toEqual([
      [image.digest, 'amd64'],
      [image.digest, '386'],
    ]);
  });

  it('refuses a member that is sealed in another store', async () => {
    const image = await imageFor(new MemoryBlobStore(), 'linux/amd64', 'oci');
    await expect(createImageIndex().add(image).build(new MemoryBlobStore())).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      message: expect.stringContaining(image.digest),
    });
  });
});
