import { digestOf } from '@quinistry/oci-image';
import { MEDIA_TYPES, ociIndexSchema } from '@quinistry/oci-image/spec';
import { describe, expect, it } from 'vitest';
import { createRegistry } from '../registry.js';
import { createFixtureStorage, LAYER_DIGEST, SBOM, SIGNATURE } from '../testing/fixture-storage.js';
import { MAX_REFERRERS_BYTES } from './referrers.js';

const registry = createRegistry({ storage: createFixtureStorage() });

async function get(target: string): Promise<Response> {
  return registry.fetch(new Request(`http://registry.test/v2/${target}`));
}

describe('GET /v2/<name>/referrers/<digest>', () => {
  it('gives an OCI index of the descriptors', async () => {
    const response = await get(`demo/app/referrers/${LAYER_DIGEST}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe(MEDIA_TYPES.oci.index);
    expect(response.headers.has('OCI-Filters-Applied')).toBe(false);
    expect(ociIndexSchema.parse(await response.json()).manifests).toEqual([SIGNATURE, SBOM]);
  });

  it('gives those of one artifactType, and says that it chose', async () => {
    const type = encodeURIComponent(String(SBOM.artifactType));
    const response = await get(`demo/app/referrers/${LAYER_DIGEST}?artifactType=${type}`);
    expect(response.headers.get('OCI-Filters-Applied')).toBe('artifactType');
    expect(ociIndexSchema.parse(await response.json()).manifests).toEqual([SBOM]);
  });

  it('gives an empty index for an unknown repository: oras asks about a digest of zeros', async () => {
    const response = await get(`unknown/repository/referrers/sha256:${'0'.repeat(64)}`);
    expect(response.status).toBe(200);
    expect(ociIndexSchema.parse(await response.json()).manifests).toEqual([]);
  });

  it('answers 400 DIGEST_INVALID for a malformed digest', async () => {
    const response = await get('demo/app/referrers/sha256:short');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ code: 'DIGEST_INVALID' }] });
  });
});

describe('GET /v2/<name>/referrers/<digest> of more than one answer holds', () => {
  it('pages by digest, keeps to the artifactType that was asked for, and leaves nothing out', async () => {
    const padding = 'x'.repeat(MAX_REFERRERS_BYTES / 3);
    const all = Array.from({ length: 7 }, (_, index) => ({
      ...(index === 3 ? SBOM : SIGNATURE),
      digest: digestOf(new Uint8Array([index])),
      annotations: { padding },
    }));
    const { fetch } = createRegistry({ storage: createFixtureStorage({ listReferrers: async () => all }) });
    const seen: string[] = [];
    const type = encodeURIComponent(String(SIGNATURE.artifactType));
    let target = `/v2/demo/app/referrers/${LAYER_DIGEST}?artifactType=${type}`;
    let pages = 0;
    for (; target !== '' && pages < 9; pages++) {
      const response = await fetch(new Request(`http://registry.test${target}`));
      expect(response.headers.get('OCI-Filters-Applied')).toBe('artifactType');
      expect(Number(response.headers.get('Content-Length'))).toBeLessThan(MAX_REFERRERS_BYTES + 10_000);
      seen.push(...ociIndexSchema.parse(await response.json()).manifests.map(({ digest }) => digest));
      target = /^<(.*)>; rel="next"$/.exec(response.headers.get('Link') ?? '')?.[1] ?? '';
    }
    expect(pages).toBe(3);
    expect(seen).toEqual(
      all
        .filter(({ artifactType }) => artifactType !== SBOM.artifactType)
        .map(({ digest }) => digest)
        .sort(),
    );
  });

  it('gives one that is larger than a page by itself', async () => {
    const large = { ...SBOM, annotations: { padding: 'x'.repeat(MAX_REFERRERS_BYTES) } };
    const storage = createFixtureStorage({ listReferrers: async () => [large] });
    const target = `http://registry.test/v2/demo/app/referrers/${LAYER_DIGEST}`;
    const response = await createRegistry({ storage }).fetch(new Request(target));
    expect(response.headers.has('Link')).toBe(false);
    expect(ociIndexSchema.parse(await response.json()).manifests).toHaveLength(1);
  });
});
