import { describe, expect, it } from 'vitest';
import { dockerManifestListSchema, imageIndexSchema, ociIndexSchema } from './image-index.js';
import { MEDIA_TYPES } from './media-type.js';

const { oci, docker } = MEDIA_TYPES;
const blob = (mediaType: string, rest = {}) => ({ mediaType, digest: `sha256:${'0'.repeat(64)}`, size: 2, ...rest });

const ociIndex = { schemaVersion: 2, mediaType: oci.index, manifests: [blob(oci.manifest)] };
const dockerList = {
  schemaVersion: 2,
  mediaType: docker.manifestList,
  manifests: [blob(docker.manifest, { platform: { architecture: 'amd64', os: 'linux', features: ['sse4'] } })],
};

describe('imageIndexSchema', () => {
  it.each([ociIndex, dockerList, { ...ociIndex, manifests: [] }])('reads %j', (value) => {
    expect(imageIndexSchema.parse(value)).toEqual(value);
  });

  it('reads an index without mediaType, as buildx writes it', () => {
    const { mediaType: _, ...bare } = ociIndex;
    expect(imageIndexSchema.parse(bare)).toEqual(bare);
  });

  it('keeps a digest that stands twice, with different platforms (ggcr#2299)', () => {
    const manifests = ['v6', 'v7'].map((variant) =>
      blob(oci.manifest, { platform: { architecture: 'arm', os: 'linux', variant } }),
    );
    expect(imageIndexSchema.parse({ ...ociIndex, manifests }).manifests).toEqual(manifests);
  });

  it('keeps attestations, nested indexes, layers of a cache export, subject, artifactType and unknown fields', () => {
    const value = {
      ...ociIndex,
      artifactType: 'application/vnd.example',
      manifests: [
        blob(oci.manifest, { platform: { architecture: 'unknown', os: 'unknown' } }),
        blob(oci.index),
        blob(oci.layerGzip),
        blob('application/vnd.buildkit.cacheconfig.v0'),
      ],
      subject: blob(oci.manifest),
      annotations: { a: 'b' },
      'x-vendor': true,
    };
    expect(imageIndexSchema.parse(value)).toEqual(value);
  });

  it('reads null, which Go writes for an empty slice, as no manifests', () => {
    expect(imageIndexSchema.parse({ schemaVersion: 2, manifests: null }).manifests).toEqual([]);
  });

  it.each(['layers', 'config', 'Layers', 'CONFIG', 'fsLayers'])(
    'CVE-2021-41190: refuses a document that has %s as well',
    (key) => {
      for (const index of [ociIndex, dockerList]) {
        const result = imageIndexSchema.safeParse({ ...index, [key]: [] });
        expect(result.error?.issues).toMatchObject([{ path: [key], message: 'belongs to another kind of document' }]);
      }
    },
  );

  it.each([
    ['schemaVersion', undefined],
    ['mediaType', oci.manifest],
    ['manifests', undefined],
    ['manifests', [{ digest: 'sha256:0' }]],
    ['Manifests', []],
  ])('refuses %s: %j', (field, value) => {
    const result = imageIndexSchema.safeParse({ ...ociIndex, [field]: value });
    expect(result.error?.issues[0]?.path[0]).toBe(field);
  });
});

describe('ociIndexSchema, dockerManifestListSchema', () => {
  it('each refuse the other family’s index', () => {
    expect(ociIndexSchema.safeParse(dockerList).success).toBe(false);
    expect(dockerManifestListSchema.safeParse(ociIndex).success).toBe(false);
  });
});
