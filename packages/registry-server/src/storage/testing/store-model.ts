import type { Digest } from '@quinistry/oci-image/spec';
import { type ManifestReference, readManifestFacts } from '../../manifests/manifest-facts.js';
import type { StoredManifest } from '../registry-storage.js';

interface ModelRepository {
  /** Sizes in bytes. */
  readonly blobs: Map<Digest, number>;
  readonly manifests: Map<Digest, StoredManifest>;
  readonly tags: Map<string, Digest>;
}

/** What everybody can see of a repository, in the order in which a store gives it. */
export interface RepositoryView {
  readonly size: number;
  readonly tags: readonly (readonly [tag: string, digest: Digest])[];
  readonly manifests: readonly Digest[];
  readonly blobs: readonly Digest[];
}

/** A registry as plainly as it can be written down: maps, and no thought of speed, concurrency or crashes. */
export class StoreModel {
  readonly repositories = new Map<string, ModelRepository>();

  pushBlob(name: string, digest: Digest, size: number): void {
    this.#change(name, ({ blobs }) => blobs.set(digest, size));
  }

  mountBlob(name: string, digest: Digest, from: string): boolean {
    const size = this.repositories.get(from)?.blobs.get(digest);
    if (size !== undefined) this.pushBlob(name, digest, size);
    return size !== undefined;
  }

  deleteBlob(name: string, digest: Digest): boolean {
    return this.#change(name, ({ blobs }) => blobs.delete(digest));
  }

  /** @returns what is missing; nothing is changed where something is. */
  writeManifest(name: string, manifest: StoredManifest, tags: readonly string[]): readonly Digest[] {
    const held = this.repositories.get(name);
    const missing = referencesOf(manifest).filter(({ digest, kind }) => {
      const isBlob = kind !== 'manifest' && held?.blobs.has(digest);
      const isManifest = kind !== 'blob' && held?.manifests.has(digest);
      return !isBlob && !isManifest;
    });
    if (missing.length === 0) {
      this.#change(name, (repository) => {
        repository.manifests.set(manifest.digest, manifest);
        for (const tag of tags) repository.tags.set(tag, manifest.digest);
      });
    }
    return [...new Set(missing.map(({ digest }) => digest))];
  }

  deleteManifest(name: string, digest: Digest): boolean {
    return this.#change(name, ({ manifests, tags }) => {
      for (const [tag, named] of tags) if (named === digest) tags.delete(tag);
      return manifests.delete(digest);
    });
  }

  deleteTag(name: string, tag: string): boolean {
    return this.#change(name, ({ tags }) => tags.delete(tag));
  }

  /** Without a grace period. */
  collectGarbage(untagged: boolean): void {
    for (const name of [...this.repositories.keys()]) {
      this.#change(name, ({ blobs, manifests, tags }) => {
        const roots = untagged ? tags.values() : manifests.keys();
        const kept = closure(new Set(roots), manifests);
        for (const digest of [...manifests.keys()]) if (!kept.has(digest)) manifests.delete(digest);
        for (const digest of [...blobs.keys()]) if (!kept.has(digest)) blobs.delete(digest);
      });
    }
  }

  referrers(name: string, subject: Digest): readonly Digest[] {
    const manifests = [...(this.repositories.get(name)?.manifests.values() ?? [])];
    return manifests.filter((each) => readManifestFacts(each).subject === subject).map(({ digest }) => digest);
  }

  view(name: string): RepositoryView {
    const { blobs, manifests, tags } = this.repositories.get(name) ?? newRepository();
    const sizes = [...blobs.values(), ...[...manifests.values()].map(({ bytes }) => bytes.byteLength)];
    return {
      size: sizes.reduce((sum, size) => sum + size, 0),
      tags: [...tags].sort(([a], [b]) => (a < b ? -1 : 1)),
      manifests: [...manifests.keys()].sort(),
      blobs: [...blobs.keys()].sort(),
    };
  }

  /** A repository is there while it holds something. */
  #change<T>(name: string, change: (repository: ModelRepository) => T): T {
    const repository = this.repositories.get(name) ?? newRepository();
    const result = change(repository);
    if (repository.blobs.size + repository.manifests.size > 0) this.repositories.set(name, repository);
    else this.repositories.delete(name);
    return result;
  }
}

function newRepository(): ModelRepository {
  return { blobs: new Map(), manifests: new Map(), tags: new Map() };
}

function referencesOf(manifest: StoredManifest | undefined): readonly ManifestReference[] {
  return manifest === undefined ? [] : readManifestFacts(manifest).references;
}

/** Everything that `kept` leads to, found by going over all manifests until nothing is added. */
function closure(kept: Set<Digest>, manifests: ReadonlyMap<Digest, StoredManifest>): ReadonlySet<Digest> {
  for (let before = -1; before !== kept.size; ) {
    before = kept.size;
    for (const manifest of manifests.values()) {
      const { references, subject } = readManifestFacts(manifest);
      if (subject !== undefined && kept.has(subject)) kept.add(manifest.digest);
      if (kept.has(manifest.digest)) for (const { digest } of references) kept.add(digest);
    }
  }
  return kept;
}
