import { type Descriptor, MEDIA_TYPES, referrersPath } from '@quinistry/oci-image/spec';
import { formatNextLink } from '../http/page-query.js';
import type { ReferrersRoute } from '../route.js';
import type { Resource } from './resource.js';

/**
 * Most bytes of descriptors in one answer. Their annotations come from those who push, and a client reads no index that
 * is much larger than the 4 MiB that manifests may have. Not every client follows `Link` here, so pages are no smaller.
 */
export const MAX_REFERRERS_BYTES = 4 * 1024 * 1024;

/**
 * `GET /v2/<name>/referrers/<digest>`: distribution-spec v1.1, "Listing Referrers".
 *
 * Never 404, not for an unknown repository either: oras asks about a digest of zeros to learn whether a registry knows
 * this endpoint at all, and falls back to tags for good where it seems not to.
 */
export const referrers: Resource<ReferrersRoute> = {
  GET: {
    needs: 'pull',
    async handle(exchange, { repository, digest }) {
      const { query } = exchange;
      const artifactType = query.get('artifactType') || undefined;
      const found = await exchange.storage.listReferrers(repository, digest);
      const asked = found.filter((referrer) => artifactType === undefined || referrer.artifactType === artifactType);
      const { manifests, last } = takeReferrers(asked, query.get('last') ?? '');

      const filter = artifactType === undefined ? {} : { artifactType };
      const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.oci.index, manifests };
      return exchange.json(200, index, {
        'Content-Type': MEDIA_TYPES.oci.index,
        ...(artifactType !== undefined && { 'OCI-Filters-Applied': 'artifactType' }),
        ...(last !== undefined && { Link: formatNextLink(referrersPath(repository, digest), { ...filter, last }) }),
      });
    },
  },
};

interface ReferrersPage {
  readonly manifests: readonly Descriptor[];
  /** The digest after which the next page goes on; `undefined` at the end. */
  readonly last?: string | undefined;
}

/** At least one after `last`, by digest, so that pages fit together while referrers come and go. */
function takeReferrers(referrers: readonly Descriptor[], last: string): ReferrersPage {
  const sorted = referrers.filter(({ digest }) => digest > last).sort((a, b) => (a.digest < b.digest ? -1 : 1));
  let bytes = 0;
  const end = sorted.findIndex((referrer, index) => {
    bytes += Buffer.byteLength(JSON.stringify(referrer));
    return index > 0 && bytes > MAX_REFERRERS_BYTES;
  });
  if (end === -1) return { manifests: sorted };
  const manifests = sorted.slice(0, end);
  return { manifests, last: manifests.at(-1)?.digest };
}
