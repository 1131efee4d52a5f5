import type { BlobInfo } from '@quinistry/oci-image';
import type { Digest } from '@quinistry/oci-image/spec';
import type { MemoryRepository } from './memory-repository.js';

export interface GarbageOfRepository {
  readonly manifests: readonly BlobInfo[];
  readonly blobs: readonly BlobInfo[];
}

/**
 * What can go from a repository: marks what has to stay, beginning with what stays for its own sake, and takes the rest.
 *
 * @param touchedBefore - what was written or asked for after that time stays, and what it refers to.
 */
export function findGarbage(
  repository: MemoryRepository,
  { touchedBefore, untagged }: { readonly touchedBefore: number; readonly untagged: boolean },
): GarbageOfRepository {
  const isRecent = ({ touched }: { readonly touched: number }): boolean => touched > touchedBefore;
  const kept = new Set<Digest>();
  for (const [digest, held] of repository.manifests) {
    if (!untagged || held.tags.size > 0 || isRecent(held)) kept.add(digest);
  }
  // A set that grows while it is walked: members of kept indexes and referrers of kept manifests join at its end.
  for (const digest of kept) {
    const references = repository.manifests.get(digest)?.facts.references ?? [];
    for (const reference of references) kept.add(reference.digest);
    for (const referrer of repository.referrers(digest)) kept.add(referrer.digest);
  }
  const manifests = [...repository.manifests]
    .filter(([digest]) => !kept.has(digest))
    .map(([digest, { manifest }]) => ({ digest, size: manifest.bytes.byteLength }));
  const blobs = [...repository.blobs]
    .filter(([digest, blob]) => !kept.has(digest) && !isRecent(blob))
    .map(([digest, { size }]) => ({ digest, size }));
  return { manifests, blobs };
}
