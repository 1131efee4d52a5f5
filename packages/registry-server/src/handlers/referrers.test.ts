import { MEDIA_TYPES, ociIndexSchema } from '@quinistry/oci-image/spec';
import { describe, expect, it } from 'vitest';
import { createRegistry } from '../registry.js';
import { createFixtureStorage, LAYER_DIGEST, SBOM, SIGNATURE } from '../testing/fixture-storage.js';

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
