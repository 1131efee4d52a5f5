import type { Image, OpenBlobOptions } from '@quinistry/oci-image';
import type { Descriptor, Digest } from '@quinistry/oci-image/spec';
import type { Page, RegistryStorage, StoredBlob, StoredManifest } from '../storage/registry-storage.js';
import type { Quine } from './build-quine.js';

export const QUINE_REPOSITORY = 'quinistry';
export const QUINE_TAG = 'latest';

/**
 * A read-only registry with one repository and one tag. Both families are there under the tag, and each by its digest.
 * The image may still be building: lists are answered at once, and what needs the image waits for it.
 */
export class QuineStorage implements RegistryStorage {
  readonly #quine: Promise<Quine>;

  constructor(quine: Promise<Quine>) {
    this.#quine = quine;
  }

  async listRepositories(page: Page): Promise<readonly string[]> {
    return pageOfOne(QUINE_REPOSITORY, page);
  }

  async listTags(repository: string, page: Page): Promise<readonly string[] | undefined> {
    return repository === QUINE_REPOSITORY ? pageOfOne(QUINE_TAG, page) : undefined;
  }

  async resolveTag(repository: string, tag: string): Promise<readonly StoredManifest[]> {
    return repository === QUINE_REPOSITORY && tag === QUINE_TAG ? this.#manifests() : [];
  }

  async readManifest(repository: string, digest: Digest): Promise<StoredManifest | undefined> {
    if (repository !== QUINE_REPOSITORY) return undefined;
    return (await this.#manifests()).find((manifest) => manifest.digest === digest);
  }

  async statBlob(repository: string, digest: Digest): Promise<StoredBlob | undefined> {
    if (repository !== QUINE_REPOSITORY) return undefined;
    const { images } = await this.#quine;
    return images.flatMap(blobsOf).find((blob) => blob.digest === digest);
  }

  async *openBlob(_repository: string, digest: Digest, options?: OpenBlobOptions): AsyncGenerator<Uint8Array> {
    const { store } = await this.#quine;
    yield* store.open(digest, options);
  }

  async listReferrers(): Promise<readonly Descriptor[]> {
    return [];
  }

  async #manifests(): Promise<readonly StoredManifest[]> {
    const { images } = await this.#quine;
    return images.map(({ digest, mediaType, manifest: { bytes } }) => ({ digest, mediaType, bytes }));
  }
}

/** A manifest is not among them: it is read under `manifests/`, though its bytes lie in the same store. */
function blobsOf({ manifest }: Image): Descriptor[] {
  return [manifest.value.config, ...manifest.value.layers];
}

function pageOfOne(name: string, { limit, last }: Page): readonly string[] {
  return limit > 0 && (last === undefined || name > last) ? [name] : [];
}
