import { describe, expect, expectTypeOf, it } from 'vitest';
import type { Descriptor } from './descriptor.js';
import {
  type DockerManifest,
  dockerManifestSchema,
  type ImageManifest,
  imageManifestSchema,
  type OciManifest,
  ociManifestSchema,
} from './image-manifest.js';
import { MEDIA_TYPES } from './media-type.js';

const { oci, docker } = MEDIA_TYPES;
const blob = (mediaType: string) => ({ mediaType, digest: `sha256:${'0'.repeat(64)}`, size: 2 });

const ociManifest = {
  schemaVersion: 2,
  mediaType: oci.manifest,
  config: blob(oci.config),
  layers: [blob(oci.layerGzip)],
};
const dockerManifest = {
  schemaVersion: 2,
  mediaType: docker.manifest,
  config: blob(docker.config),
  layers: [blob(docker.layerGzip)],
};
const { mediaType: _, ...bareManifest } = ociManifest;

describe('imageManifestSchema', () => {
  it.each([ociManifest, dockerManifest, bareManifest])('reads %j', (value) => {
    expect(imageManifestSchema.parse(value)).toEqual(value);
  });

  it('keeps an artifact’s config, artifactType and subject, and fields that it does not know (ggcr#2286, jib#4509)', () => {
    const artifact = {
      ...ociManifest,
      artifactType: 'application/vnd.example.sbom',
      config: { ...blob(oci.empty), data: 'e30=' },
      layers: [blob('text/spdx+json')],
      subject: blob(oci.manifest),
      annotations: { a: 'b' },
      'x-vendor': [{}],
    };
    expect(imageManifestSchema.parse(artifact)).toEqual(artifact);
  });

  it('keeps the order of the specification’s fields', () => {
    const keys = Object.keys(
      imageManifestSchema.parse({ layers: [], config: blob(oci.config), mediaType: oci.manifest, schemaVersion: 2 }),
    );
    expect(keys).toEqual(['schemaVersion', 'mediaType', 'config', 'layers']);
  });

  it('reads null, which Go writes for an empty slice, as no layers', () => {
    expect(imageManifestSchema.parse({ ...ociManifest, layers: null }).layers).toEqual([]);
  });

  it.each(['manifests', 'Manifests', 'fsLayers'])('CVE-2021-41190: refuses a document that has %s as well', (key) => {
    for (const manifest of [ociManifest, dockerManifest, bareManifest]) {
      for (const value of [[], [blob(oci.manifest)], null]) {
        const result = imageManifestSchema.safeParse({ ...manifest, [key]: value });
        expect(result.error?.issues).toMatchObject([{ path: [key], message: 'belongs to another kind of document' }]);
      }
    }
  });

  it.each([
    ['schemaVersion', 1],
    ['schemaVersion', '2'],
    ['mediaType', oci.index],
    ['mediaType', 'application/json'],
    ['mediaType', ''],
    ['config', undefined],
    ['config', {}],
    ['layers', undefined],
    ['layers', {}],
    ['layers', [null]],
    ['subject', 'sha256:0'],
    ['artifactType', 'a\r\nb'],
    ['annotations', { a: 1 }],
    ['MediaType', oci.manifest],
    ['Layers', []],
  ])('refuses %s: %j', (field, value) => {
    const result = imageManifestSchema.safeParse({ ...ociManifest, [field]: value });
    expect(result.error?.issues[0]?.path[0]).toBe(field);
  });
});

describe('ociManifestSchema, dockerManifestSchema', () => {
  it('each refuse the other family’s manifest', () => {
    expect(ociManifestSchema.safeParse(dockerManifest).success).toBe(false);
    expect(dockerManifestSchema.safeParse(ociManifest).success).toBe(false);
    expect(dockerManifestSchema.safeParse(bareManifest).success).toBe(false);
  });
});

describe('ImageManifest', () => {
  it('is narrowed by its mediaType, and has its fields in either family', () => {
    expectTypeOf<ImageManifest['layers']>().toEqualTypeOf<Descriptor[]>();
    expectTypeOf<ImageManifest['subject']>().toEqualTypeOf<Descriptor | undefined>();
    expectTypeOf<Extract<ImageManifest, { mediaType: typeof docker.manifest }>>().toEqualTypeOf<DockerManifest>();
    expectTypeOf<OciManifest>().not.toExtend<DockerManifest>();
  });
});
