import { describe, expect, it } from 'vitest';
import { contentOf } from '../content/content.js';
import { MemoryBlobStore } from '../content/memory-store.js';
import { MEDIA_TYPES } from '../spec/media-type.js';
import { createImage } from './image-builder.js';
import { MAX_DOCUMENT_BYTES, readConfig, readIndex, readManifest } from './read-documents.js';

/** A store with one document, and the descriptor of it. */
async function stored(value: unknown, mediaType: string) {
  const store = new MemoryBlobStore();
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return { store, descriptor: { mediaType, ...(await store.write(contentOf(text).open())) } };
}

const empty = { mediaType: MEDIA_TYPES.oci.config, digest: `sha256:${'0'.repeat(64)}`, size: 2 };

describe('readManifest', () => {
  it('keeps the bytes as they were, and the fields that nobody here knows', async () => {
    const text = `{ "schemaVersion": 2,\n "config": ${JSON.stringify(empty)}, "layers": [], "org.example.extra": [1] }`;
    const { store, descriptor } = await stored(text, MEDIA_TYPES.oci.manifest);
    const manifest = await readManifest(store, descriptor);
    expect(Buffer.from(manifest.bytes).toString()).toBe(text);
    expect(manifest.digest).toBe(descriptor.digest);
    expect(manifest.value['org.example.extra']).toEqual([1]);
  });

  it('refuses a document with both manifests and layers (CVE-2021-41190)', async () => {
    const both = { schemaVersion: 2, config: empty, layers: [], manifests: [] };
    for (const read of [readManifest, readIndex]) {
      const mediaType = read === readManifest ? MEDIA_TYPES.oci.manifest : MEDIA_TYPES.oci.index;
      const { store, descriptor } = await stored(both, mediaType);
      await expect(read(store, descriptor)).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
    }
  });

  it('refuses a document whose type is not the one of its descriptor', async () => {
    const { manifest, store } = await createImage({ platform: 'linux/amd64' }).build(new MemoryBlobStore());
    const { digest, size } = manifest;
    await expect(readManifest(store, { mediaType: MEDIA_TYPES.docker.manifest, digest, size })).rejects.toMatchObject({
      code: 'DOCUMENT_INVALID',
      issues: [{ path: 'mediaType' }],
    });
    await expect(readManifest(store, { mediaType: MEDIA_TYPES.oci.index, digest, size })).rejects.toMatchObject({
      code: 'DOCUMENT_INVALID',
    });
  });

  it('refuses bytes that are not UTF-8', async () => {
    const store = new MemoryBlobStore();
    const info = await store.write(contentOf(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)).open());
    await expect(readManifest(store, { mediaType: MEDIA_TYPES.oci.manifest, ...info })).rejects.toMatchObject({
      code: 'DOCUMENT_INVALID',
      message: 'not a valid image manifest: the bytes are not UTF-8',
    });
  });
});

describe('readConfig', () => {
  it('holds the bytes against the descriptor before it looks into them', async () => {
    const { store, descriptor } = await stored('not json', MEDIA_TYPES.oci.config);
    await expect(readConfig(store, { ...descriptor, size: 7 })).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
    await expect(readConfig(store, descriptor)).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
  });

  it('does not read what is too large to be a document', async () => {
    const { store, descriptor } = await stored('{}', MEDIA_TYPES.oci.config);
    await expect(readConfig(store, { ...descriptor, size: MAX_DOCUMENT_BYTES + 1 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
  });
});
