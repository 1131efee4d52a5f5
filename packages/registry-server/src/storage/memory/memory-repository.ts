import type { Descriptor, Digest } from '@quinistry/oci-image/spec';
import type { ManifestFacts, ManifestReference } from '../../manifests/manifest-facts.js';
import type { StoredManifest } from '../registry-storage.js';
import { SortedNames } from './sorted-names.js';

interface HeldBlob {
  readonly size: number;
  /** When it was last written or asked for. */
  touched: number;
}

interface HeldManifest {
  readonly manifest: StoredManifest;
  readonly facts: ManifestFacts;
  readonly tags: Set<string>;
  touched: number;
}

/**
 * One repository, and the views on it that answers are made of: sorted tags, referrers by subject, the number of bytes.
 * Every method runs from its start to its end without waiting, so nobody sees half of a change.
 */
export class MemoryRepository {
  readonly name: string;
  readonly blobs = new Map<Digest, HeldBlob>();
  readonly manifests = new Map<Digest, HeldManifest>();
  readonly tagNames = new SortedNames();
  readonly #tags = new Map<string, Digest>();
  readonly #referrers = new Map<Digest, Map<Digest, Descriptor>>();
  #size = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Bytes of blobs and manifests. */
  get size(): number {
    return this.#size;
  }

  get isEmpty(): boolean {
    return this.blobs.size === 0 && this.manifests.size === 0;
  }

  holds({ digest, kind }: ManifestReference): boolean {
    return (
      (kind !== 'manifest' && this.blobs.has(digest)) || // `either` looks in both
      (kind !== 'blob' && this.manifests.has(digest))
    );
  }

  addBlob(digest: Digest, size: number, now: number): void {
    if (!this.blobs.has(digest)) this.#size += size;
    this.blobs.set(digest, { size, touched: now });
  }

  removeBlob(digest: Digest): boolean {
    this.#size -= this.blobs.get(digest)?.size ?? 0;
    return this.blobs.delete(digest);
  }

  addManifest(manifest: StoredManifest, facts: ManifestFacts, tags: readonly string[], now: number): void {
    const known = this.manifests.get(manifest.digest);
    if (known === undefined) this.#size += manifest.bytes.byteLength;
    const held = { manifest, facts, tags: known?.tags ?? new Set<string>(), touched: now };
    this.manifests.set(manifest.digest, held);
    this.#addReferrer(held);
    for (const tag of tags) {
      this.removeTag(tag);
      this.#tags.set(tag, manifest.digest);
      this.tagNames.add(tag);
      held.tags.add(tag);
    }
  }

  removeManifest(digest: Digest): boolean {
    const held = this.manifests.get(digest);
    if (held === undefined) return false;
    for (const tag of held.tags) this.removeTag(tag);
    this.#removeReferrer(held);
    this.#size -= held.manifest.bytes.byteLength;
    return this.manifests.delete(digest);
  }

  tagged(tag: string): StoredManifest | undefined {
    const digest = this.#tags.get(tag);
    return digest && this.manifests.get(digest)?.manifest;
  }

  removeTag(tag: string): boolean {
    const digest = this.#tags.get(tag);
    if (digest === undefined) return false;
    this.manifests.get(digest)?.tags.delete(tag);
    this.tagNames.delete(tag);
    return this.#tags.delete(tag);
  }

  referrers(subject: Digest): readonly Descriptor[] {
    return [...(this.#referrers.get(subject)?.values() ?? [])];
  }

  #addReferrer({ manifest, facts }: HeldManifest): void {
    if (facts.subject === undefined) return;
    const referrers = this.#referrers.get(facts.subject) ?? new Map<Digest, Descriptor>();
    this.#referrers.set(facts.subject, referrers.set(manifest.digest, facts.referrer));
  }

  #removeReferrer({ manifest, facts }: HeldManifest): void {
    if (facts.subject === undefined) return;
    const referrers = this.#referrers.get(facts.subject);
    referrers?.delete(manifest.digest);
    if (referrers?.size === 0) this.#referrers.delete(facts.subject);
  }
}
