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
import { RepositoryRoom } from './repository-room.js';
import { TurnTaking } from './turn-taking.js';
import { type Uploader, UploadLedger } from './upload-ledger.js';

/** A session, as one account knows it. */
export interface UploadKey extends Uploader {
  readonly repository: string;
  readonly session: string;
}

export interface GuardedAppendOptions extends Pick<AppendOptions, 'offset' | 'signal'> {
  /** As many will come, if the client keeps its word. */
  readonly announcedBytes?: number | undefined;
}

export class GuardedStore {
  readonly #store: RegistryStore;
  readonly #policy: RegistryPolicy;
  readonly #uploads: UploadLedger;
  /** Absent where a repository may hold anything: then nothing is measured. */
  readonly #room: RepositoryRoom | undefined;
  /** Per repository, and only where the policy has to judge by what is there. */
  readonly #turns = new TurnTaking();

  constructor(store: RegistryStore, policy: RegistryPolicy) {
    this.#store = store;
    this.#policy = policy;
    this.#uploads = new UploadLedger(policy);
    const { maxRepositoryBytes } = policy;
    this.#room = Number.isFinite(maxRepositoryBytes) ? new RepositoryRoom(store, maxRepositoryBytes) : undefined;
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
   * @throws {PolicyError} `QUOTA_EXCEEDED`, which ends the upload; what {@link RegistryStore.appendUpload} throws.
   */
  async appendUpload(
    key: UploadKey,
    source: AsyncIterable<Uint8Array>,
    { offset, signal, announcedBytes = 0 }: GuardedAppendOptions = {},
  ): Promise<Upload> {
    this.#admit(key);
    const { maxBlobBytes } = this.#policy;
    const limit = Number.isFinite(maxBlobBytes) ? { maxBytes: maxBlobBytes } : {};
    const append = async (bytes: AsyncIterable<Uint8Array>) =>
      this.#store.appendUpload(key.repository, key.session, bytes, { offset, signal, ...limit });
    if (this.#room === undefined) return append(source);
    return this.#endingRefused(key, this.#room.fill(key, source, announcedBytes, append));
  }

  /** @throws {PolicyError} `QUOTA_EXCEEDED`, which ends the upload; what {@link RegistryStore.finishUpload} throws. */
  async finishUpload(key: UploadKey, digest: Digest): Promise<BlobInfo> {
    this.#admit(key);
    const { repository, session } = key;
    const finish = () => this.#store.finishUpload(repository, session, digest);
    try {
      const sealing = this.#room?.seal(key, () => this.#holdsBlob(repository, digest), finish) ?? finish();
      const blob = await this.#endingRefused(key, sealing);
      this.#uploads.forget(session);
      return blob;
    } catch (error) {
      if (error instanceof StorageError && error.code === 'DIGEST_MISMATCH') this.#forget(key);
      throw error;
    }
  }

  async cancelUpload(key: UploadKey): Promise<boolean> {
    const { repository, session, owner } = key;
    if (!this.#uploads.admits(session, owner)) return false;
    const cancelled = await this.#store.cancelUpload(repository, session);
    if (cancelled) this.#forget(key);
    return cancelled;
  }

  /** @throws {PolicyError} `QUOTA_EXCEEDED`; what {@link RegistryStore.mountBlob} throws. */
  async mountBlob(repository: string, digest: Digest, from: string): Promise<BlobInfo | undefined> {
    const source = await this.#store.statBlob(from, digest);
    if (source === undefined) return undefined;
    const mount = () => this.#store.mountBlob(repository, digest, from);
    return this.#room?.add(repository, source.size, () => this.#holdsBlob(repository, digest), mount) ?? mount();
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
    const add = () => this.#room?.add(repository, manifest.bytes.byteLength, isHeld, write) ?? write();
    if (!this.#policy.hasImmutableTags) return add();
    return this.#turns.take(repository, async () => {
      await this.#demandFree(repository, manifest, tags);
      await add();
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

  #forget(key: UploadKey): void {
    this.#uploads.forget(key.session);
    this.#room?.forget(key);
  }

  async #holdsBlob(repository: string, digest: Digest): Promise<boolean> {
    return (await this.#store.statBlob(repository, digest)) !== undefined;
  }

  /** No client goes on with an upload that was refused its room, and its bytes would take the room of others for hours. */
  async #endingRefused<T>(key: UploadKey, outcome: Promise<T>): Promise<T> {
    try {
      return await outcome;
    } catch (error) {
      // Where that fails, it is left to the garbage collection.
      if (error instanceof PolicyError && error.code === 'QUOTA_EXCEEDED') await this.#drop(key).catch(() => {});
      throw error;
    }
  }

  /** One without a byte may stay: it takes no room, and its client may find some later. */
  async #drop(key: UploadKey): Promise<void> {
    const { size = 0 } = (await this.#store.statUpload(key.repository, key.session)) ?? {};
    if (size > 0) await this.cancelUpload(key);
  }
}

function immutable(repository: string, tag: string): PolicyError {
  return new PolicyError('TAG_IMMUTABLE', `${repository}:${tag} is immutable`);
}
