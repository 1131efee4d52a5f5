/**
 * Paths of a registry's API, from the root of its host.
 * Source: distribution-spec v1.1, "Endpoints". Names, tags and digests hold no character that needs escaping.
 */
import type { Digest } from './digest.js';

/** `GET`: does this host speak the protocol, and does it want a login? (end-1) */
export const BASE_PATH = '/v2/';

/** Docker's clients look for this header in answers from {@link BASE_PATH}; the specification's predecessor asked for it. */
export const API_VERSION_HEADER = { name: 'Docker-Distribution-API-Version', value: 'registry/2.0' } as const;

/** `GET`: names of repositories. In no version of the specification, but in Docker's and in most registries. */
export const CATALOG_PATH = '/v2/_catalog';

/** `GET`, `HEAD`, `DELETE` (end-2, end-10). */
export function blobPath(repository: string, digest: Digest): string {
  return `/v2/${repository}/blobs/${digest}`;
}

/** `GET`, `HEAD`, `PUT`, `DELETE` (end-3, end-7, end-9). */
export function manifestPath(repository: string, tagOrDigest: string): string {
  return `/v2/${repository}/manifests/${tagOrDigest}`;
}

/** `POST` opens an upload (end-4, end-11). The slash at the end belongs to it. */
export function uploadsPath(repository: string): string {
  return `/v2/${repository}/blobs/uploads/`;
}

/** An upload of one's own. A client does not compute it: it uses the `Location` that the registry gave. */
export function uploadPath(repository: string, uploadId: string): string {
  return uploadsPath(repository) + encodeURIComponent(uploadId);
}

/** `GET` (end-8). */
export function tagListPath(repository: string): string {
  return `/v2/${repository}/tags/list`;
}

/** `GET`: manifests whose `subject` is `digest` (end-12). */
export function referrersPath(repository: string, digest: Digest): string {
  return `/v2/${repository}/referrers/${digest}`;
}
