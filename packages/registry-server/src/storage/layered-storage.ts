/**
 * Repositories that are made here, laid over a store that takes pushes: the quine beside what people keep.
 */
import type { Descriptor, Digest } from '@quinistry/oci-image/spec';
import type { Page, RegistryStorage, StoredBlob, StoredManifest } from './registry-storage.js';
import type { CollectOptions, Garbage, RegistryStore, Upload } from './registry-store.js';
import { StorageError } from './storage-error.js';

export interface Overlay {
  /** Names of its repositories: known from the start, though what they hold may still be on its way. */
  readonly repositories: readonly string[];
  readonly storage: RegistryStorage;
}

/**
 * A store in which the overlay's repositories stand beside those of `store`, and cannot be changed: each write to them
 * fails with `READ_ONLY`. What `store` has under the same name is hidden, not touched.
 */
export function createLayeredStore(overlay: Overlay, store: RegistryStore): RegistryStore {
  return new LayeredStore(overlay, store);
}

class LayeredStore implements RegistryStore {
  readonly #names: ReadonlySet<string>;
  readonly #overlay: RegistryStorage;
  readonly #store: RegistryStore;

  constructor({ repositories, storage }: Overlay, store: RegistryStore) {
    this.#names = new Set(repositories);
    this.#overlay = storage;
    this.#store = store;
  }

  /** Both lists are sorted by bytes, so the first names of both are the first of all. */
  async listRepositories(page: Page): Promise<readonly string[]> {
    const [own, kept] = await Promise.all([this.#overlay.listRepositories(page), this.#store.listRepositories(page)]);
    return [...new Set([...own, ...kept])].sort().slice(0, page.limit);
  }

  listTags(repository: string, page: Page): Promise<readonly string[] | undefined> {
    return this.#of(repository).listTags(repository, page);
  }

  resolveTag(repository: string, tag: string): Promise<readonly StoredManifest[]> {
    return this.#of(repository).resolveTag(repository, tag);
  }

  readManifest(repository: string, digest: Digest): Promise<StoredManifest | undefined> {
    return this.#of(repository).readManifest(repository, digest);
  }

  statBlob(repository: string, digest: Digest): Promise<StoredBlob | undefined> {
    return this.#of(repository).statBlob(repository, digest);
  }

  openBlob(...args: Parameters<RegistryStorage['openBlob']>): AsyncIterable<Uint8Array> {
    return this.#of(args[0]).openBlob(...args);
  }

  listReferrers(repository: string, digest: Digest): Promise<readonly Descriptor[]> {
    return this.#of(repository).listReferrers(repository, digest);
  }

  async createUpload(repository: string): Promise<Upload> {
    return this.#writable(repository).createUpload(repository);
  }

  async statUpload(repository: string, session: string): Promise<Upload | undefined> {
    return this.#names.has(repository) ? undefined : this.#store.statUpload(repository, session);
  }

  async listUploads(repository: string): Promise<readonly Upload[]> {
    return this.#names.has(repository) ? [] : this.#store.listUploads(repository);
  }

  async appendUpload(...args: Parameters<RegistryStore['appendUpload']>) {
    return this.#writable(args[0]).appendUpload(...args);
  }

  async finishUpload(...args: Parameters<RegistryStore['finishUpload']>) {
    return this.#writable(args[0]).finishUpload(...args);
  }

  async cancelUpload(repository: string, session: string): Promise<boolean> {
    return this.#names.has(repository) ? false : this.#store.cancelUpload(repository, session);
  }

  /** What is made here is in no store, so there is nothing to share: the client sends the bytes. */
  async mountBlob(repository: string, digest: Digest, from: string) {
    const store = this.#writable(repository);
    return this.#names.has(from) ? undefined : store.mountBlob(repository, digest, from);
  }

  findBlob(digest: Digest, allowed: (repository: string) => boolean): Promise<string | undefined> {
    return this.#store.findBlob(digest, (repository) => !this.#names.has(repository) && allowed(repository));
  }

  async deleteBlob(repository: string, digest: Digest): Promise<boolean> {
    return this.#writable(repository).deleteBlob(repository, digest);
  }

  async writeManifest(...args: Parameters<RegistryStore['writeManifest']>): Promise<void> {
    return this.#writable(args[0]).writeManifest(...args);
  }

  async deleteManifest(repository: string, digest: Digest): Promise<boolean> {
    return this.#writable(repository).deleteManifest(repository, digest);
  }

  async deleteTag(repository: string, tag: string): Promise<boolean> {
    return this.#writable(repository).deleteTag(repository, tag);
  }

  async measureRepository(repository: string): Promise<number> {
    return this.#names.has(repository) ? 0 : this.#store.measureRepository(repository);
  }

  collectGarbage(options: CollectOptions): AsyncIterable<Garbage> {
    return this.#store.collectGarbage(options);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #of(repository: string): RegistryStorage {
    return this.#names.has(repository) ? this.#overlay : this.#store;
  }

  #writable(repository: string): RegistryStore {
    if (!this.#names.has(repository)) return this.#store;
    throw new StorageError('READ_ONLY', `${repository} is made by this registry, and takes no pushes`);
  }
}
