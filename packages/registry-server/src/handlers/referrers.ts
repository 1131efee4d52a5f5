import { MEDIA_TYPES } from '@quinistry/oci-image/spec';
import type { ReferrersRoute } from '../route.js';
import type { Resource } from './resource.js';

/**
 * `GET /v2/<name>/referrers/<digest>`: distribution-spec v1.1, "Listing Referrers".
 *
 * Never 404, not for an unknown repository either: oras asks about a digest of zeros to learn whether a registry knows
 * this endpoint at all, and falls back to tags for good where it seems not to.
 */
export const referrers: Resource<ReferrersRoute> = {
  async GET(exchange, { repository, digest }) {
    const found = await exchange.storage.listReferrers(repository, digest);
    const artifactType = exchange.query.get('artifactType') || undefined;
    const manifests =
      artifactType === undefined ? found : found.filter((descriptor) => descriptor.artifactType === artifactType);
    const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.oci.index, manifests };
    return exchange.json(200, index, {
      'Content-Type': MEDIA_TYPES.oci.index,
      ...(artifactType === undefined ? {} : { 'OCI-Filters-Applied': 'artifactType' }),
    });
  },
};
