import { type BlobInfo, OciError, type OpenBlobOptions } from '@quinistry/oci-image';
import type { Descriptor, Digest } from '@quinistry/oci-image/spec';
import { readManifestFacts } from '../../manifests/manifest-facts.js';
import type { Page, StoredBlob, StoredManifest } from '../registry-storage.js';
import type {
  AppendOptions,
  CollectOptions,
  Garbage,
  RegistryStore,
  Upload,
  WriteManifestOptions,
} from '../registry-store.js';
import { StorageError } from '../storage-error.js';
import { BlobPool } from './blob-pool.js';
import { findGarbage, type GarbageOfRepository } from './find-garbage.js';
import { MemoryRepository } from './memory-repository.js';
import { MemoryUpload } from './memory-upload.js';
import { SortedNames } from './sorted-names.js';
import { Space } from './space.js';

export interface MemoryStoreOptions {
  /** Most bytes of blobs, manifests and uploads together; more are refused as `NO_SPACE`. @defaultValue no limit */
  readonly maxBytes?: number | undefined;
  /** The time in milliseconds, from which the grace period counts. @defaultValue `Date.now` */
  readonly now?: (() => number) | undefined;
}

/** A store that forgets everything when the process ends. A blob that several repositories hold is held once. */
export function createMemoryStore(options?: MemoryStoreOptions): RegistryStore {
  return new MemoryStore(options);
}

/** There are no locks: whatever changes something does so between two awaits. */
class MemoryStore implements RegistryStore {
  readonly #repositories = new Map<string, MemoryRepository>();
  readonly #names = new SortedNames();
  readonly #uploads = new Map<string, MemoryUpload>();
  readonly #space: Space;
  readonly #pool: BlobPool;
  readonly #now: () => number;

  constructor({ maxBytes = Number.POSITIVE_INFINITY, now = Date.now }: MemoryStoreOptions = {}) {
    this.#space = new Space(maxBytes);
    this.#pool = new BlobPool(this.#space);
    this.#now = now;
  }

  async listRepositories(page: Page): Promise<readonly string[]> {
    return this.#names.page(page);
  }

  async listTags(repository: string, page: Page): Promise<readonly string[] | undefined> {
    return this.#repositories.get(repository)?.tagNames.page(page);
  }

  async resolveTag(repository: string, tag: string): Promise<readonly StoredManifest[]> {
    const manifest = this.#repositories.get(repository)?.tagged(tag);
    return manifest === undefined ? [] : [manifest];
  }

  async readManifest(repository: string, digest: Digest): Promise<StoredManifest | undefined> {
    const held = this.#repositories.get(repository)?.manifests.get(digest);
    if (held !== undefined) held.touched = this.#now();
    return held?.manifest;
  }

  async statBlob(repository: string, digest: Digest): Promise<StoredBlob | undefined> {
    const held = this.#repositories.get(repository)?.blobs.get(digest);
    if (held === undefined) return undefined;
    held.touched = this.#now();
    return { size: held.size };
  }

  async *openBlob(repository: string, digest: Digest, options?: OpenBlobOptions): AsyncGenerator<Uint8Array> {
    const isHeld = this.#repositories.get(repository)?.blobs.has(digest);
    const bytes = isHeld ? this.#pool.bytes(digest) : undefined;
    if (bytes === undefined) throw new OciError('BLOB_UNKNOWN', `there is no blob ${digest} in ${repository}`);
    yield* bytes.read(options);
  }

  async listReferrers(repository: string, digest: Digest): Promise<readonly Descriptor[]> {
    return this.#repositories.get(repository)?.referrers(digest) ?? [];
  }

  async createUpload(repository: string): Promise<Upload> {
    const upload = new MemoryUpload(repository, this.#space, this.#now());
    this.#uploads.set(upload.session, upload);
    return upload.state;
  }

  async statUpload(repository: string, session: string): Promise<Upload | undefined> {
    return this.#findUpload(repository, session)?.state;
  }

  async listUploads(repository: string): Promise<readonly Upload[]> {
    const uploads = [...this.#uploads.values()].filter((upload) => upload.repository === repository);
    return uploads.map(({ state }) => state);
  }

  async appendUpload(
    repository: string,
    session: string,
    source: AsyncIterable<Uint8Array>,
    options: AppendOptions = {},
  ): Promise<Upload> {
    const upload = this.#upload(repository, session);
    return upload.exclusively(async () => {
      await upload.append(source, options, this.#now);
      return upload.state;
    });
  }

  async finishUpload(repository: string, session: string, digest: Digest): Promise<BlobInfo> {
    const upload = this.#upload(repository, session);
    return upload.exclusively(async () => {
      const actual = await upload.digest(digest);
      upload.throwIfEnded();
      if (actual !== digest) {
        this.#dropUpload(upload);
        throw new StorageError('DIGEST_MISMATCH', `the upload hashes to ${actual} where ${digest} was expected`);
      }
      const { size } = upload.bytes;
      this.#uploads.delete(session);
      this.#pool.add(digest, upload.bytes, repository);
      this.#repository(repository).addBlob(digest, size, this.#now());
      return { digest, size };
    });
  }

  async cancelUpload(repository: string, session: string): Promise<boolean> {
    const upload = this.#findUpload(repository, session);
    if (upload !== undefined) this.#dropUpload(upload);
    return upload !== undefined;
  }

  async mountBlob(repository: string, digest: Digest, from: string): Promise<BlobInfo | undefined> {
    const blob = this.#repositories.get(from)?.blobs.get(digest);
    if (blob === undefined) return undefined;
    const { size } = blob;
    this.#pool.share(digest, repository);
    this.#repository(repository).addBlob(digest, size, this.#now());
    return { digest, size };
  }

  async findBlob(digest: Digest, allowed: (repository: string) => boolean): Promise<string | undefined> {
    for (const repository of this.#pool.holders(digest)) if (allowed(repository)) return repository;
    return undefined;
  }

  async deleteBlob(repository: string, digest: Digest): Promise<boolean> {
    const held = this.#repositories.get(repository);
    if (!held?.removeBlob(digest)) return false;
    this.#pool.drop(digest, repository);
    this.#forgetIfEmpty(held);
    return true;
  }

  async writeManifest(
    repository: string,
    { digest, mediaType, bytes }: StoredManifest,
    { tags = [], sparse = false }: WriteManifestOptions = {},
  ): Promise<void> {
    const manifest = { digest, mediaType, bytes: new Uint8Array(bytes) };
    const facts = readManifestFacts(manifest);
    const held = this.#repositories.get(repository);
    const wanted = sparse ? [] : facts.references.filter(({ optional }) => !optional);
    const missing = new Set(wanted.filter((reference) => !held?.holds(reference)).map((reference) => reference.digest));
    if (missing.size > 0) {
      const told = `${repository} does not hold ${[...missing].join(', ')}, which the manifest ${digest} names`;
      throw new StorageError('REFERENCE_UNKNOWN', told, { missing: [...missing] });
    }
    if (!held?.manifests.has(digest)) this.#space.take(bytes.byteLength);
    this.#repository(repository).addManifest(manifest, facts, tags, this.#now());
  }

  async deleteManifest(repository: string, digest: Digest): Promise<boolean> {
    const held = this.#repositories.get(repository);
    const size = held?.manifests.get(digest)?.manifest.bytes.byteLength;
    if (held === undefined || size === undefined) return false;
    held.removeManifest(digest);
    this.#space.giveBack(size);
    this.#forgetIfEmpty(held);
    return true;
  }

  async deleteTag(repository: string, tag: string): Promise<boolean> {
    return this.#repositories.get(repository)?.removeTag(tag) ?? false;
  }

  async measureRepository(repository: string): Promise<number> {
    return this.#repositories.get(repository)?.size ?? 0;
  }

  async *collectGarbage({
    graceMs,
    untagged = false,
    dryRun = false,
    signal,
  }: CollectOptions): AsyncGenerator<Garbage> {
    const touchedBefore = this.#now() - graceMs;
    for (const upload of this.#uploads.values()) {
      if (upload.isBusy || upload.touched > touchedBefore) continue;
      const { repository, session: name, bytes } = upload;
      if (!dryRun) this.#dropUpload(upload);
      yield { kind: 'upload', repository, name, size: bytes.size };
    }
    /** Blobs that a dry run would have let go of by now, and how often: the last repository is the one that frees it. */
    const released = new Map<Digest, number>();
    for (const repository of [...this.#repositories.values()]) {
      signal?.throwIfAborted();
      // Nothing waits between the finding and the removal, so no push comes between them.
      const garbage = findGarbage(repository, { touchedBefore, untagged });
      yield* dryRun ? this.#preview(repository, garbage, released) : this.#remove(repository, garbage);
    }
  }

  async close(): Promise<void> {}

  #remove(repository: MemoryRepository, { manifests, blobs }: GarbageOfRepository): readonly Garbage[] {
    const { name } = repository;
    for (const { digest, size } of manifests) {
      repository.removeManifest(digest);
      this.#space.giveBack(size);
    }
    const freed = blobs.map(({ digest }) => {
      repository.removeBlob(digest);
      return { digest, size: this.#pool.drop(digest, name) };
    });
    this.#forgetIfEmpty(repository);
    return describeGarbage(name, { manifests, blobs: freed });
  }

  #preview(
    { name }: MemoryRepository,
    { manifests, blobs }: GarbageOfRepository,
    released: Map<Digest, number>,
  ): readonly Garbage[] {
    const freed = blobs.map(({ digest, size }) => {
      const count = (released.get(digest) ?? 0) + 1;
      released.set(digest, count);
      return { digest, size: count === this.#pool.holders(digest).size ? size : 0 };
    });
    return describeGarbage(name, { manifests, blobs: freed });
  }

  /** The repository of that name, which appears with the first thing that is put into it. */
  #repository(name: string): MemoryRepository {
    const known = this.#repositories.get(name);
    if (known !== undefined) return known;
    const created = new MemoryRepository(name);
    this.#repositories.set(name, created);
    this.#names.add(name);
    return created;
  }

  #forgetIfEmpty({ name, isEmpty }: MemoryRepository): void {
    if (!isEmpty) return;
    this.#repositories.delete(name);
    this.#names.delete(name);
  }

  #findUpload(repository: string, session: string): MemoryUpload | undefined {
    const upload = this.#uploads.get(session);
    return upload?.repository === repository ? upload : undefined;
  }

  /** @throws {StorageError} `UPLOAD_UNKNOWN` */
  #upload(repository: string, session: string): MemoryUpload {
    const upload = this.#findUpload(repository, session);
    if (upload === undefined)
      throw new StorageError('UPLOAD_UNKNOWN', `there is no upload ${session} in ${repository}`);
    return upload;
  }

  #dropUpload(upload: MemoryUpload): void {
    upload.end();
    this.#uploads.delete(upload.session);
    this.#space.giveBack(upload.bytes.size);
  }
}

function describeGarbage(repository: string, { manifests, blobs }: GarbageOfRepository): readonly Garbage[] {
  return [
    ...manifests.map(({ digest, size }) => ({ kind: 'manifest' as const, repository, name: digest, size })),
    ...blobs.map(({ digest, size }) => ({ kind: 'blob' as const, repository, name: digest, size })),
  ];
}
