/** What immutable tags need: their manifests, and all that those name. */
import type { Digest } from '@quinistry/oci-image/spec';
import { readManifestFacts } from '../manifests/manifest-facts.js';
import type { RegistryStorage, StoredManifest } from '../storage/registry-storage.js';
import type { RegistryPolicy } from './registry-policy.js';

const TAGS_AT_ONCE = 1000;

/**
 * The first immutable tag that would not be what it was, were `digest` gone from the repository.
 * It reads all that such tags stand for; deletes are rare, and a registry without immutable tags never asks.
 */
export async function findImmutableUse(
  storage: RegistryStorage,
  policy: Pick<RegistryPolicy, 'isImmutable'>,
  repository: string,
  digest: Digest,
): Promise<string | undefined> {
  const seen = new Set<Digest>();
  for await (const tag of tagsOf(storage, repository)) {
    if (!policy.isImmutable(repository, tag)) continue;
    for (const manifest of await storage.resolveTag(repository, tag)) {
      if (await needs(storage, repository, manifest, digest, seen)) return tag;
    }
  }
  return undefined;
}

async function* tagsOf(storage: RegistryStorage, repository: string): AsyncGenerator<string> {
  let last: string | undefined;
  for (;;) {
    const tags = (await storage.listTags(repository, { limit: TAGS_AT_ONCE, last })) ?? [];
    yield* tags;
    if (tags.length < TAGS_AT_ONCE) return;
    last = tags.at(-1);
  }
}

/** @param seen - manifests that are known not to need it: tags share children, and an index may name one twice. */
async function needs(
  storage: RegistryStorage,
  repository: string,
  root: StoredManifest,
  digest: Digest,
  seen: Set<Digest>,
): Promise<boolean> {
  const open = [root];
  for (let manifest = open.pop(); manifest !== undefined; manifest = open.pop()) {
    if (manifest.digest === digest) return true;
    if (seen.has(manifest.digest)) continue;
    seen.add(manifest.digest);
    for (const reference of readManifestFacts(manifest).references) {
      if (reference.digest === digest) return true;
      if (reference.kind === 'blob') continue;
      const child = await storage.readManifest(repository, reference.digest);
      if (child !== undefined) open.push(child);
    }
  }
  return false;
}
