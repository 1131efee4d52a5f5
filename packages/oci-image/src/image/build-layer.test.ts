import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../content/compute-digest.js';
import { contentOf } from '../content/content.js';
import { MemoryBlobStore } from '../content/memory-store.js';
import { readAll } from '../content/read-all.js';
import { buildLayer } from './build-layer.js';
import { layerToFamily, openLayer } from './layer.js';
import { directory, file, symlink } from './layer-entry.js';

const MAX = { maxBytes: 1 << 24 };

function entries() {
  return [file('etc/motd', 'hello\n'), symlink('etc/message', 'motd'), directory('var/empty', { mode: 0o700 })];
}

describe('buildLayer', () => {
  it('names the compressed bytes in the descriptor, and the tar in the diffID', async () => {
    const layer = await buildLayer(entries(), { store: new MemoryBlobStore() });
    const stored = await readAll(openLayer(layer), MAX);
    expect(layer.descriptor).toEqual({
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest: digestOf(stored),
      size: stored.byteLength,
    });
    expect(layer.diffId).toBe(digestOf(gunzipSync(stored)));
  });

  it('has the same diffID however it is compressed', async () => {
    const store = new MemoryBlobStore();
    const plain = await buildLayer(entries(), { store, compression: 'none' });
    const fast = await buildLayer(entries(), { store, level: 1 });
    const small = await buildLayer(entries(), { store, level: 9, family: 'docker' });
    expect(new Set([plain.diffId, fast.diffId, small.diffId]).size).toBe(1);
    expect(plain.descriptor.digest).toBe(plain.diffId);
    expect(plain.descriptor.mediaType).toBe('application/vnd.oci.image.layer.v1.tar');
    expect(small.descriptor.mediaType).toBe('application/vnd.docker.image.rootfs.diff.tar.gzip');
  });

  it('writes an empty layer as 1024 zero bytes', async () => {
    const layer = await buildLayer([], { store: new MemoryBlobStore() });
    expect(gunzipSync(await readAll(openLayer(layer), MAX))).toEqual(Buffer.alloc(1024));
    // The diffID of `docker build`'s own empty layer, which every engine knows.
    expect(layer.diffId).toBe('sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef');
  });

  it('takes the same bytes from any order of entries', async () => {
    const store = new MemoryBlobStore();
    const forward = await buildLayer(entries(), { store });
    const backward = await buildLayer(entries().reverse(), { store });
    expect(backward.descriptor.digest).toBe(forward.descriptor.digest);
  });

  it('honours SOURCE_DATE_EPOCH for files without a time of their own, unless it is told a time', async () => {
    const store = new MemoryBlobStore();
    const plain = await buildLayer(entries(), { store });
    process.env.SOURCE_DATE_EPOCH = '1600000000';
    try {
      const dated = await buildLayer(entries(), { store });
      const told = await buildLayer(entries(), { store, mtime: 1_600_000_000 });
      expect(dated.diffId).toBe(told.diffId);
      expect(dated.diffId).not.toBe(plain.diffId);
    } finally {
      delete process.env.SOURCE_DATE_EPOCH;
    }
  });

  it('reports progress up to the size of the tar', async () => {
    const store = new MemoryBlobStore();
    const seen: number[] = [];
    const content = contentOf(new Uint8Array(3_000_000));
    await buildLayer([file('zeros', content)], {
      store,
      onProgress: ({ uncompressedBytes }) => seen.push(uncompressedBytes),
    });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(512 + 3_000_320 + 1024);
  });

  it('keeps nothing of a layer whose file gives other bytes than it announced', async () => {
    const store = new MemoryBlobStore();
    const torn = { size: 10, open: () => contentOf('short').open() };
    await expect(buildLayer([file('torn', torn)], { store })).rejects.toMatchObject({ code: 'FILE_CHANGED' });
  });

  it('refuses a compression that it does not write, rather than leave the layer without a type', async () => {
    const store = new MemoryBlobStore();
    const options = JSON.parse('{"compression": "zstd"}');
    await expect(buildLayer([], { ...options, store })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: 'family oci with compression zstd is not oci or docker with gzip or none',
    });
  });

  it('stops when it is aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(buildLayer(entries(), { store: new MemoryBlobStore(), signal })).rejects.toThrow('enough');
  });
});

describe('layerToFamily', () => {
  it('changes the media type and nothing else', async () => {
    const layer = await buildLayer(entries(), { store: new MemoryBlobStore() });
    const docker = layerToFamily(layer, 'docker');
    expect(docker.descriptor).toEqual({
      ...layer.descriptor,
      mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    });
    expect(layerToFamily(docker, 'oci')).toEqual(layer);
  });

  it('refuses to lose annotations on the way to schema2', async () => {
    const layer = await buildLayer(entries(), { store: new MemoryBlobStore(), annotations: { a: 'b' } });
    expect(layer.descriptor.annotations).toEqual({ a: 'b' });
    expect(() => layerToFamily(layer, 'docker')).toThrow(expect.objectContaining({ code: 'IMAGE_INVALID' }));
    const docker = buildLayer(entries(), { store: new MemoryBlobStore(), family: 'docker', annotations: { a: 'b' } });
    await expect(docker).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });
});
