/** How answers tell where an upload is, and what came of one. */
import { blobPath, type Digest, uploadPath } from '@quinistry/oci-image/spec';
import type { Exchange, ResponseHeaders } from '../exchange.js';
import { formatUploadRange } from '../http/upload-range.js';
import type { GuardedStore, UploadKey } from '../policy/guarded-store.js';
import type { Upload } from '../storage/registry-store.js';

/**
 * The Location is a path, without a host: whatever stands between, a proxy or a port that docker forwards, the client
 * comes back the way it came. It is the same for the whole session, though clients have to take the newest.
 */
export function uploadHeaders(repository: string, { session, size }: Upload): ResponseHeaders {
  return {
    Location: uploadPath(repository, session),
    Range: formatUploadRange(size),
    'Docker-Upload-UUID': session, // docker's own name for the session
  };
}

/**
 * Seals an upload and answers 201. containerd looks for the digest in this answer, and compares.
 *
 * @throws what {@link GuardedStore.finishUpload} throws.
 */
export async function finishUpload(
  exchange: Exchange,
  store: GuardedStore,
  key: UploadKey,
  digest: Digest,
): Promise<Response> {
  const { repository } = key;
  const { size } = await store.finishUpload(key, digest);
  exchange.announce({ action: 'push', kind: 'blob', repository, digest, tags: [], size });
  return created(exchange, repository, digest);
}

export function created(exchange: Exchange, repository: string, digest: Digest): Response {
  return exchange.empty(201, { Location: blobPath(repository, digest), 'Docker-Content-Digest': digest });
}
