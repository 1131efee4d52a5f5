import { describe, expect, it } from 'vitest';
import { MemoryBlobStore } from '../content/memory-store.js';
import { readAll } from '../content/read-all.js';
import { buildLayer } from './build-layer.js';
import { createImage } from './image-builder.js';
import { openLayer } from './layer.js';
import { file } from './layer-entry.js';
import { readConfig, readManifest } from './read-documents.js';
import { DEFAULT_TIME_SECONDS } from './reproducible-time.js';

async function twoLayers() {
  const store = new MemoryBlobStore();
  const base = await buildLayer([file('base.txt', 'base')], { store });
  const top = await buildLayer([file('top.txt', 'top')], { store });
  return { store, base, top };
}

describe('createImage', () => {
  it('gives a manifest that lists config and layers by the digests and sizes of their bytes', async () => {
    const { store, base, top } = await twoLayers();
    const image = await createImage({ platform: 'linux/amd64' }).addLayer(base).addLayer(top).build(store);

    const manifest = await readManifest(store, {
      mediaType: image.mediaType,
      digest: image.digest,
      size: image.manifest.size,
    });
    expect(manifest.value).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: image.config.digest,
        size: image.config.size,
      },
      layers: [base.descriptor, top.descriptor],
    });
    for (const layer of image.layers) {
      expect((await readAll(openLayer(layer), { maxBytes: 10_000 })).byteLength).toBe(layer.descriptor.size);
    }
  });

  it('keeps the history in step with the layers, by construction', async () => {
    const { store, base, top } = await twoLayers();
    const image = await createImage({
      platform: 'linux/arm64/v8',
      created: new Date('2020-01-02T03:04:05.678Z'),
      author: 'someone',
    })
      .addLayer(base, { createdBy: 'COPY base.txt /' })
      .addHistory({ createdBy: 'ENV A=b', comment: 'no file changed' })
      .addLayer(top, { author: 'someone else', created: new Date('2021-01-01T00:00:00Z') })
      .withContainer({ env: { A: 'b' } })
      .build(store);

    const config = await readConfig(store, image.manifest.value.config);
    expect(config.value).toEqual({
      created: '2020-01-02T03:04:05.678Z',
      author: 'someone',
      architecture: 'arm64',
      variant: 'v8',
      os: 'linux',
      config: { Env: ['A=b'] },
      rootfs: { type: 'layers', diff_ids: [base.diffId, top.diffId] },
      history: [
        { created: '2020-01-02T03:04:05.678Z', created_by: 'COPY base.txt /' },
        { created: '2020-01-02T03:04:05.678Z', created_by: 'ENV A=b', comment: 'no file changed', empty_layer: true },
        { created: '2021-01-01T00:00:00Z', author: 'someone else' },
      ],
    });
    const history = config.value.history ?? [];
    expect(history.filter((entry) => entry.empty_layer !== true)).toHaveLength(config.value.rootfs.diff_ids.length);
  });

  it('gives the same image as schema2 and as OCI out of one description', async () => {
    const { store, base } = await twoLayers();
    const description = createImage({ platform: 'linux/amd64' })
      .addLayer(base)
      .withContainer({ cmd: ['/app'] });
    const oci = await description.build(store);
    const docker = await description.toFamily('docker').build(store);

    expect(docker.manifest.value).toMatchObject({
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      config: { mediaType: 'application/vnd.docker.container.image.v1+json' },
      layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' }],
    });
    expect(docker.config.digest).toBe(oci.config.digest);
    expect(docker.layers[0]?.descriptor.digest).toBe(oci.layers[0]?.descriptor.digest);
    expect(docker.digest).not.toBe(oci.digest);
    expect((await description.toFamily('docker').toFamily('oci').build(store)).digest).toBe(oci.digest);
  });

  it('gives the same digest on a second build', async () => {
    const build = async () => {
      const { store, base, top } = await twoLayers();
      return (await createImage({ platform: 'linux/amd64' }).addLayer(base).addLayer(top).build(store)).digest;
    };
    expect(await build()).toBe(await build());
  });

  it('dates the image like its files: a fixed time, never now', async () => {
    const { config } = await createImage({ platform: 'linux/amd64' }).build(new MemoryBlobStore());
    expect(config.value.created).toBe(new Date(DEFAULT_TIME_SECONDS * 1000).toISOString().replace('.000', ''));
  });

  it('leaves a description as it is when another is made from it', async () => {
    const { store, base, top } = await twoLayers();
    const description = createImage({ platform: 'linux/amd64' })
      .addLayer(base)
      .withContainer({ cmd: ['a'] });
    const before = await description.build(store);
    description
      .addLayer(top)
      .withContainer({ cmd: ['b'] })
      .withAnnotations({ a: 'b' });
    expect((await description.build(store)).digest).toBe(before.digest);
  });

  it('writes annotations sorted by key', async () => {
    const image = await createImage({ platform: 'linux/amd64' })
      .withAnnotations({ b: '2' })
      .withAnnotations({ a: '1' })
      .build(new MemoryBlobStore());
    expect(Object.entries(image.manifest.value.annotations ?? {})).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  it('refuses to lose annotations on the way to schema2', () => {
    const annotated = createImage({ platform: 'linux/amd64' }).withAnnotations({ a: '1' });
    expect(() => annotated.toFamily('docker')).toThrow(expect.objectContaining({ code: 'IMAGE_INVALID' }));
  });

  it('refuses a layer of the other family where no compiler has', async () => {
    const { base } = await twoLayers();
    const docker = createImage({ platform: 'linux/amd64', family: 'docker' });
    const add: (layer: unknown) => unknown = docker.addLayer.bind(docker) as never;
    expect(() => add(base)).toThrow(expect.objectContaining({ code: 'IMAGE_INVALID' }));
  });

  it('refuses a layer that is sealed in another store, and writes nothing', async () => {
    const { base } = await twoLayers();
    const store = new MemoryBlobStore();
    const built = createImage({ platform: 'linux/amd64' }).addLayer(base).build(store);
    await expect(built).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      message: expect.stringContaining(base.descriptor.digest),
    });
  });

  it.each([
    ['linux/x64', { architecture: 'amd64', os: 'linux' }],
    ['linux/aarch64', { architecture: 'arm64', os: 'linux', variant: 'v8' }],
    [
      { os: 'linux', architecture: 'x86_64' },
      { architecture: 'amd64', os: 'linux' },
    ],
  ])('writes the platform %o by the names that engines compare', async (platform, expected) => {
    const image = await createImage({ platform }).build(new MemoryBlobStore());
    expect(image.platform).toEqual(expected);
    expect(image.config.value).toMatchObject(expected);
  });

  it('gives one digest for one platform, in whatever order its fields are given', async () => {
    const text = await createImage({ platform: 'linux/amd64' }).build(new MemoryBlobStore());
    const platform = { os: 'linux', architecture: 'amd64' };
    expect((await createImage({ platform }).build(new MemoryBlobStore())).digest).toBe(text.digest);
  });

  it('refuses a platform and a time that are none', () => {
    for (const platform of ['linux', JSON.parse('{"os": "linux"}'), undefined]) {
      expect(() => createImage({ platform })).toThrow(expect.objectContaining({ code: 'PLATFORM_INVALID' }));
    }
    expect(() => createImage({ platform: 'linux/amd64', created: new Date('soon') })).toThrow(
      expect.objectContaining({ code: 'IMAGE_INVALID' }),
    );
    expect(() => createImage({ platform: 'linux/amd64' }).addHistory({ created: new Date('soon') })).toThrow(
      expect.objectContaining({ code: 'IMAGE_INVALID', message: 'the time of a history entry is not a valid Date' }),
    );
  });

  it('checks what it writes against the schema', async () => {
    const image = createImage({ platform: 'linux/amd64' }).withAnnotations(JSON.parse('{"a":1}'));
    await expect(image.build(new MemoryBlobStore())).rejects.toMatchObject({
      code: 'DOCUMENT_INVALID',
      issues: [{ path: 'annotations.a', message: expect.any(String) }],
    });
  });
});
