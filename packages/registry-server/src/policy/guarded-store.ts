/**
 * The one way to change what a registry holds. Handlers have no other, so what the policy forbids is refused however it
 * is asked for: a tag that may not move does not move by a push of its tag, by `?tag=` on a push of a digest, or by a
 * delete of the manifest below it (zot, GHSA-qg67-7m6v-qg25; distribution, CVE-2026-41888).
 */
import type { BlobInfo } from '@quinistry/oci-image';
import type { Digest } from '@quinistry/oci-image/spec';
import type { StoredManifest } from '../storage/registry-storage.js';
import type { AppendOptions, RegistryStore, Upload } from '../storage/registry-store.js';
import { StorageError } from '../storage/storage-error.js';
import { findImmutableUse } from './immutable-tags.js';
import { PolicyError } from './policy-error.js';
import type { RegistryPolicy } from './registry-policy.js';
import { TurnTaking } from './turn-taking.js';
import { type Uploader, UploadLedger } from './upload-ledger.js';

/** A session, as one account knows it. */
export interface UploadKey extends Uploader {
  readonly repository: string;
  readonly session: string;
}

export class GuardedStore {
  readonly #store: RegistryStore;
  readonly #policy: RegistryPolicy;
  readonly #uploads: UploadLedger;
  /** Per repository, and only where the policy has to judge by what is there. */
  readonly #turns = new TurnTaking();

  constructor(store: RegistryStore, policy: RegistryPolicy) {
    this.#store = store;
    this.#policy = policy;
    this.#uploads = new UploadLedger(policy);
  }

  /** @throws {PolicyError} `TOO_MANY_UPLOADS`; what {@link RegistryStore.createUpload} throws. */
  createUpload(repository: string, uploader: Uploader): Promise<Upload> {
    return this.#uploads.start(uploader, () => this.#store.createUpload(repository));
  }

  /** `undefined` for another account's session as well. */
  async statUpload(key: UploadKey): Promise<Upload | undefined> {
    const { repository, session, owner } = key;
    if (!this.#uploads.admits(session, owner)) return undefined;
    const upload = await this.#store.statUpload(repository, session);
    if (upload !== undefined) this.#uploads.touch(session, key);
    return upload;
  }

  /**
   * The limits on blobs and repositories hold while the bytes come, so that nobody fills a disk with what will be refused.
   *
   * @throws {PolicyError} `QUOTA_EXCEEDED`; what {@link RegistryStore.appendUpload} throws.
   */
  async appendUpload(
    key: UploadKey,
    source: AsyncIterable<Uint8Array>,
    { offset, signal }: Pick<AppendOptions, 'offset' | 'signal'> = {},
  ): Promise<Upload> {
    this.#admit(key);
    const { maxBlobBytes } = this.#policy;
    const room = await this.#roomIn(key.repository);
    const maxBytes = Math.min(maxBlobBytes, room);
    try {
      const limit = Number.isFinite(maxBytes) ? { maxBytes } : {};
      return await this.#store.appendUpload(key.repository, key.session, source, { offset, signal, ...limit });
    } catch (error) {
      const isQuota = error instanceof StorageError && error.code === 'TOO_LARGE' && room < maxBlobBytes;
      throw isQuota ? this.#quotaExceeded(key.repository) : error;
    }
  }

  /** @throws {PolicyError} `QUOTA_EXCEEDED`; what {@link RegistryStore.finishUpload} throws. */
  async finishUpload(key: UploadKey, digest: Digest): Promise<BlobInfo> {
    this.#admit(key);
    const { repository, session } = key;
    try {
      const size = async () => (await this.#store.statUpload(repository, session))?.size ?? 0;
      const isHeld = async () => (await this.#store.statBlob(repository, digest)) !== undefined;
      const blob = await this.#withRoomFor(repository, size, isHeld, () =>
        this.#store.finishUpload(repository, session, digest),
      );
      this.#uploads.forget(session);
      return blob;
    } catch (error) {
      if (error instanceof StorageError && error.code === 'DIGEST_MISMATCH') this.#uploads.forget(session);
      throw error;
    }
  }

  async cancelUpload({ repository, session, owner }: UploadKey): Promise<boolean> {
    if (!this.#uploads.admits(session, owner)) return false;
    const cancelled = await this.#store.cancelUpload(repository, session);
    if (cancelled) this.#uploads.forget(session);
    return cancelled;
  }

  /** @throws {PolicyError} `QUOTA_EXCEEDED`; what {@link RegistryStore.mountBlob} throws. */
  async mountBlob(repository: string, digest: Digest, from: string): Promise<BlobInfo | undefined> {
    const source = await this.#store.statBlob(from, digest);
    if (source === undefined) return undefined;
    const isHeld = async () => (await this.#store.statBlob(repository, digest)) !== undefined;
    return this.#withRoomFor(
      repository,
      async () => source.size,
      isHeld,
      () => this.#store.mountBlob(repository, digest, from),
    );
  }

  findBlob(digest: Digest, allowed: (repository: string) => boolean): Promise<string | undefined> {
    return this.#store.findBlob(digest, allowed);
  }

  /** @throws {PolicyError} `DELETES_OFF`, `TAG_IMMUTABLE` where an immutable tag needs the blob. */
  deleteBlob(repository: string, digest: Digest): Promise<boolean> {
    return this.#deleteContent(repository, digest, () => this.#store.deleteBlob(repository, digest));
  }

  /** @throws {PolicyError} `TAG_IMMUTABLE`, `QUOTA_EXCEEDED`; what {@link RegistryStore.writeManifest} throws. */
  async writeManifest(repository: string, manifest: StoredManifest, tags: readonly string[]): Promise<void> {
    const write = () => this.#store.writeManifest(repository, manifest, { tags, sparse: this.#policy.sparse });
    const isHeld = async () => (await this.#store.readManifest(repository, manifest.digest)) !== undefined;
    const { byteLength } = manifest.bytes;
    if (!this.#policy.hasImmutableTags) return this.#withRoomFor(repository, async () => byteLength, isHeld, write);
    return this.#turns.take(repository, async () => {
      await this.#demandFree(repository, manifest, tags);
      await this.#demandRoomFor(repository, byteLength, isHeld);
      await write();
    });
  }

  /** @throws {PolicyError} `DELETES_OFF`, `TAG_IMMUTABLE` where an immutable tag needs the manifest. */
  deleteManifest(repository: string, digest: Digest): Promise<boolean> {
    return this.#deleteContent(repository, digest, () => this.#store.deleteManifest(repository, digest));
  }

  /** @throws {PolicyError} `DELETES_OFF`, `TAG_IMMUTABLE` */
  async deleteTag(repository: string, tag: string): Promise<boolean> {
    this.#demandDeletes();
    if (!this.#policy.isImmutable(repository, tag)) return this.#store.deleteTag(repository, tag);
    if ((await this.#store.resolveTag(repository, tag)).length === 0) return false;
    throw immutable(repository, tag);
  }

  async #deleteContent(repository: string, digest: Digest, remove: () => Promise<boolean>): Promise<boolean> {
    this.#demandDeletes();
    if (!this.#policy.hasImmutableTags) return remove();
    return this.#turns.take(repository, async () => {
      const tag = await findImmutableUse(this.#store, this.#policy, repository, digest);
      if (tag !== undefined) throw immutable(repository, tag);
      return remove();
    });
  }

  /**
   * A manifest that is pushed again with another Content-Type is served with that one, and what it names may be read in
   * another way: for clients that is another manifest, and so it is for immutable tags.
   */
  async #demandFree(repository: string, { digest, mediaType }: StoredManifest, tags: readonly string[]): Promise<void> {
    for (const tag of tags) {
      if (!this.#policy.isImmutable(repository, tag)) continue;
      const [present] = await this.#store.resolveTag(repository, tag);
      if (present !== undefined && present.digest !== digest) throw immutable(repository, tag);
    }
    const present = await this.#store.readManifest(repository, digest);
    if (present === undefined || present.mediaType === mediaType) return;
    const tag = await findImmutableUse(this.#store, this.#policy, repository, digest);
    if (tag !== undefined) throw immutable(repository, tag);
  }

  #demandDeletes(): void {
    if (!this.#policy.deletes) throw new PolicyError('DELETES_OFF', 'nothing can be deleted from this registry');
  }

  #admit({ repository, session, owner }: UploadKey): void {
    if (this.#uploads.admits(session, owner)) return;
    throw new StorageError('UPLOAD_UNKNOWN', `${repository} has no such upload`);
  }

  async #roomIn(repository: string): Promise<number> {
    const { maxRepositoryBytes } = this.#policy;
    if (!Number.isFinite(maxRepositoryBytes)) return maxRepositoryBytes;
    return Math.max(0, maxRepositoryBytes - (await this.#store.measureRepository(repository)));
  }

  /** @param isHeld - whether the content is there already, and so costs nothing. */
  async #demandRoomFor(repository: string, bytes: number, isHeld: () => Promise<boolean>): Promise<void> {
    if (bytes > (await this.#roomIn(repository)) && !(await isHeld())) throw this.#quotaExceeded(repository);
  }

  /** Measures and writes in one turn: two blobs that fit one by one may not fit together. */
  async #withRoomFor<T>(
    repository: string,
    bytes: () => Promise<number>,
    isHeld: () => Promise<boolean>,
    write: () => Promise<T>,
  ): Promise<T> {
    if (!Number.isFinite(this.#policy.maxRepositoryBytes)) return write();
    return this.#turns.take(repository, async () => {
      await this.#demandRoomFor(repository, await bytes(), isHeld);
      return write();
    });
  }

  #quotaExceeded(repository: string): PolicyError {
    const { maxRepositoryBytes } = this.#policy;
    return new PolicyError('QUOTA_EXCEEDED', `${repository} may hold ${maxRepositoryBytes} bytes, and this is more`);
  }
}

function immutable(repository: string, tag: string): PolicyError {
  return new PolicyError('TAG_IMMUTABLE', `${repository}:${tag} is immutable`);
}
