import type { Digest } from '@quinistry/oci-image/spec';
import { readManifestFacts } from '../../manifests/manifest-facts.js';
import type { Repository } from './repository.js';

export interface GarbageMarks {
  /** Everything that has to stay: manifests, and all that they name. */
  readonly kept: ReadonlySet<Digest>;
  /** An index comes before its members, so that what is still there is whole, wherever the collection ends. */
  readonly garbageManifests: readonly Digest[];
}

/**
 * Marks what has to stay of a repository, beginning with the manifests that `isRoot` tells: members of kept indexes and
 * referrers of kept manifests stay with them.
 *
 * A manifest that cannot be read fails the collection of its repository: what it names is not known, so nothing may be taken.
 */
export async function markKept(
  repository: Repository,
  isRoot: (digest: Digest) => boolean | Promise<boolean>,
): Promise<GarbageMarks> {
  const manifests = await repository.manifests();
  const kept = new Set<Digest>();
  for (const digest of manifests.keys()) if (await isRoot(digest)) kept.add(digest);
  // A set that grows while it is walked.
  for (const digest of kept) {
    const manifest = manifests.has(digest) ? await repository.peekManifest(digest) : undefined;
    if (manifest !== undefined) {
      for (const reference of readManifestFacts(manifest).references) kept.add(reference.digest);
    }
    // Of what is not there as well: it is named, and may be pushed again.
    for (const referrer of await repository.referrers(digest)) kept.add(referrer.digest);
  }
  const garbage = [...manifests.keys()].filter((digest) => !kept.has(digest));
  return { kept, garbageManifests: await parentsFirst(repository, garbage) };
}

/** Each manifest that is met is moved behind what named it; a digest cannot name itself, so that comes to an end. */
async function parentsFirst(repository: Repository, digests: readonly Digest[]): Promise<readonly Digest[]> {
  const garbage = new Set(digests);
  const ordered = new Set(digests);
  // A set that grows at its end while it is walked.
  for (const digest of ordered) {
    for (const reference of await repository.references(digest)) {
      if (garbage.has(reference.digest) && ordered.delete(reference.digest)) ordered.add(reference.digest);
    }
  }
  return [...ordered];
}
