import { readFile } from 'node:fs/promises';
import { ContentMismatchError, digestOf } from '@quinistry/oci-image';
import { type Descriptor, type Digest, digestAlgorithm } from '@quinistry/oci-image/spec';
import { type ManifestFacts, type ManifestReference, readManifestFacts } from '../../manifests/manifest-facts.js';
import type { StoredManifest } from '../registry-storage.js';
import type { WriteManifestOptions } from '../registry-store.js';
import { StorageError } from '../storage-error.js';
import type { BlobFiles } from './blob-files.js';
import type { Journal } from './journal.js';
import type { JournalOperation } from './journal-record.js';
import type { ManifestCache } from './manifest-cache.js';
import { ManifestRelations, PARALLEL_READS } from './manifest-relations.js';
import { References } from './references.js';
import type { RepositoryIndex } from './repository-index.js';
import type { RepositoryPaths } from './repository-paths.js';
import type { RepositoryView } from './repository-view.js';
import { unlessMissing } from './system-error.js';

/** Another tool's entry may point at anything; what is larger is not read into memory. */
const LARGEST_MANIFEST_BYTES = 64 * 1024 * 1024;

export interface RepositoryParts {
  readonly name: string;
  readonly index: RepositoryIndex;
  readonly blobs: BlobFiles;
  readonly journal: Journal;
  readonly cache: ManifestCache;
  readonly paths: RepositoryPaths;
  /** Called when the index has something that its file lacks. */
  readonly onChange: () => void;
}

/** The manifests and tags of one repository. */
export class Repository {
  readonly name: string;
  readonly index: RepositoryIndex;
  /** What manifests that are being written rely on: the garbage collection must not take it. */
  readonly reliedOn = new References();
  readonly #parts: RepositoryParts;
  readonly #relations: ManifestRelations;

  constructor(parts: RepositoryParts) {
    this.name = parts.name;
    this.index = parts.index;
    this.#parts = parts;
    this.#relations = new ManifestRelations((digest, mediaType) =>
      this.#readFile(digest, mediaType).catch(() => undefined),
    );
  }

  /** For somebody who may rely on the answer: the manifest counts as just asked for. */
  async readManifest(digest: Digest): Promise<StoredManifest | undefined> {
    this.#parts.blobs.readTimes.note(this.#parts.paths.blob(this.name, digest));
    return this.peekManifest(digest);
  }

  async peekManifest(digest: Digest): Promise<StoredManifest | undefined> {
    const view = await this.index.view();
    const mediaType = await this.#mediaTypeOf(view, digest);
    if (mediaType === undefined) return undefined;
    const bytes = this.#parts.cache.get(this.name, digest);
    if (bytes !== undefined) return { digest, mediaType, bytes };
    const manifest = await this.#readFile(digest, mediaType);
    // Deleted while it was read: it must not come back by way of the cache.
    if (manifest === undefined || this.#isRemoved(digest)) return undefined;
    this.#parts.cache.set(this.name, digest, manifest.bytes);
    return manifest;
  }

  /** What a manifest names; nothing where it is not there, or cannot be read. */
  async references(digest: Digest): Promise<readonly ManifestReference[]> {
    const manifest = await this.peekManifest(digest).catch(() => undefined);
    return manifest === undefined ? [] : readManifestFacts(manifest).references;
  }

  async resolveTag(tag: string): Promise<StoredManifest | undefined> {
    const digest = (await this.index.view()).tagged(tag);
    return digest && this.readManifest(digest);
  }

  /** Every manifest: those with an entry of their own, and members of those. */
  async manifests(): Promise<ReadonlyMap<Digest, { readonly mediaType: string }>> {
    return this.#relations.all(await this.index.view());
  }

  async referrers(subject: Digest): Promise<readonly Descriptor[]> {
    const digests = await this.#relations.referrers(await this.index.view(), subject);
    const descriptors: Descriptor[] = [];
    // Few at a time: a manifest may have megabytes, of which its descriptor is a small part, and anybody may push thousands.
    for (let start = 0; start < digests.length; start += PARALLEL_READS) {
      const batch = digests.slice(start, start + PARALLEL_READS);
      for (const manifest of await Promise.all(batch.map((digest) => this.peekManifest(digest)))) {
        if (manifest !== undefined) descriptors.push(readManifestFacts(manifest).referrer);
      }
    }
    return descriptors;
  }

  async write(manifest: StoredManifest, { tags = [], sparse = false }: WriteManifestOptions): Promise<void> {
    const { digest, mediaType, bytes } = manifest;
    const actual = digestOf(bytes, digestAlgorithm(digest));
    if (actual !== digest) throw new ContentMismatchError('DIGEST_MISMATCH', digest, actual, 'the manifest');
    const facts = readManifestFacts(manifest);
    const release = this.reliedOn.hold([digest, ...facts.references.map((reference) => reference.digest)]);
    try {
      const view = await this.index.view();
      if (!sparse) await this.#checkReferences(facts);
      // Held until the view knows the manifest, or else its deletion could take the file of the one that comes after.
      await this.#withFile(digest, async () => {
        await this.#parts.blobs.write(this.name, digest, bytes, view.manifests.has(digest));
        const operation: Operation = { op: 'put', digest, mediaType, size: bytes.byteLength, tags: [...tags] };
        await this.#change(operation, () => {
          this.#relations.forget(digest);
          this.#relations.learn(manifest, facts);
          this.#parts.cache.set(this.name, digest, Uint8Array.from(bytes));
        });
      });
    } finally {
      release();
    }
  }

  async deleteTag(tag: string): Promise<boolean> {
    if ((await this.index.view()).tagged(tag) === undefined) return false;
    return this.#change({ op: 'untag', tag });
  }

  /** When a manifest was last asked for, as far as that is remembered; 0 where it is not. */
  lastRead(digest: Digest): number {
    return this.#parts.blobs.readTimes.get(this.#parts.paths.blob(this.name, digest));
  }

  /** The manifest's file goes with the next writing of the index: after what names it. */
  async delete(digest: Digest, isSpared: (digest: Digest) => boolean = () => false): Promise<boolean> {
    return this.#withFile(digest, async () => {
      if (!(await this.#holds(digest)) || isSpared(digest)) return false;
      await this.#change({ op: 'delete', digest }, () => {
        this.#relations.forget(digest);
        this.#parts.cache.delete(this.name, digest);
      });
      return true;
    });
  }

  /** Removes the files of manifests that are gone from the written index. */
  async removeFiles(written: readonly JournalOperation[]): Promise<void> {
    for (const operation of written) {
      if (operation.op !== 'delete') continue;
      const { digest } = operation;
      await this.#withFile(digest, async () => {
        const removed = this.index.current?.removed;
        if (!removed?.has(digest)) return; // written again meanwhile
        await this.#parts.blobs.remove(this.name, digest);
        this.index.current?.removed.delete(digest);
      });
    }
  }

  /** Whether a deleted manifest's file is still to be removed: it is no blob of the repository any more. */
  isRemoved(digest: Digest): boolean {
    return this.#isRemoved(digest);
  }

  /** A manifest whose file is damaged or missing can still be deleted where an entry names it. */
  async #holds(digest: Digest): Promise<boolean> {
    const view = await this.index.view();
    if (view.manifests.has(digest)) return true;
    if ((await this.#mediaTypeOf(view, digest)) === undefined) return false;
    return (await this.#parts.blobs.stat(this.name, digest)) !== undefined;
  }

  async #mediaTypeOf(view: RepositoryView, digest: Digest): Promise<string | undefined> {
    const known = view.manifests.get(digest);
    if (known !== undefined) return known.mediaType;
    if (view.removed.has(digest)) return undefined;
    return (await this.#relations.members(view)).get(digest);
  }

  #isRemoved(digest: Digest): boolean {
    return this.index.current?.removed.has(digest) ?? false;
  }

  #withFile<T>(digest: Digest, work: () => Promise<T>): Promise<T> {
    const { blobs } = this.#parts;
    return blobs.lock.run(blobs.lockKey(this.name, digest), work);
  }

  async #change(operation: Operation, then?: () => void): Promise<boolean> {
    const entry: JournalOperation = { ...operation, repository: this.name };
    return this.#parts.journal.append(entry, () => {
      const changed = this.index.apply(entry);
      then?.();
      this.#parts.onChange();
      return changed;
    });
  }

  async #checkReferences({ references }: ManifestFacts): Promise<void> {
    const missing = new Set<string>();
    for (const { digest, kind, optional } of references) {
      if (optional || missing.has(digest)) continue;
      const isThere =
        (kind !== 'manifest' && (await this.#hasBlob(digest))) ||
        (kind !== 'blob' && (await this.#hasManifest(digest)));
      if (!isThere) missing.add(digest);
    }
    if (missing.size === 0) return;
    const list = [...missing];
    throw new StorageError('REFERENCE_UNKNOWN', `${this.name} lacks what the manifest names: ${list.join(', ')}`, {
      missing: list,
    });
  }

  /** The lock waits for a collection that is just deciding on the file; a later one sees that it is relied on. */
  async #hasBlob(digest: Digest): Promise<boolean> {
    return this.#withFile(digest, async () => {
      if (this.#isRemoved(digest)) return false;
      return (await this.#parts.blobs.stat(this.name, digest)) !== undefined;
    });
  }

  async #hasManifest(digest: Digest): Promise<boolean> {
    return this.#withFile(digest, async () => (await this.readManifest(digest)) !== undefined);
  }

  async #readFile(digest: Digest, mediaType: string): Promise<StoredManifest | undefined> {
    const stats = await this.#parts.blobs.stat(this.name, digest);
    if (stats === undefined || stats.size > LARGEST_MANIFEST_BYTES) return undefined;
    const path = this.#parts.paths.blob(this.name, digest);
    const bytes = await readFile(path).catch(unlessMissing);
    if (bytes === undefined) return undefined;
    const actual = digestOf(bytes, digestAlgorithm(digest));
    if (actual !== digest) throw new ContentMismatchError('DIGEST_MISMATCH', digest, actual, path);
    return { digest, mediaType, bytes };
  }
}

type Operation = JournalOperation extends infer O
  ? O extends JournalOperation
    ? Omit<O, 'repository'>
    : never
  : never;
