import type { Digest } from '@quinistry/oci-image/spec';

const MOST_REMEMBERED = 10_000;

/**
 * In which repository a blob was last seen: a hint, for what would otherwise be a search through all of them. It may be
 * wrong by the time it is used.
 */
export class BlobHomes {
  readonly #homes = new Map<Digest, string>();

  find(digest: Digest): string | undefined {
    return this.#homes.get(digest);
  }

  note(digest: Digest, repository: string): void {
    this.#homes.delete(digest);
    this.#homes.set(digest, repository);
    for (const oldest of this.#homes.keys()) {
      if (this.#homes.size <= MOST_REMEMBERED) return;
      this.#homes.delete(oldest);
    }
  }
}
