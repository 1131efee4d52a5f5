import type { Digest } from '@quinistry/oci-image/spec';
import type { SegmentedBytes } from './segmented-bytes.js';
import type { Space } from './space.js';

interface PooledBlob {
  readonly bytes: SegmentedBytes;
  readonly holders: Set<string>;
}

/** The blobs of all repositories, each held once however many repositories it is in. */
export class BlobPool {
  readonly #blobs = new Map<Digest, PooledBlob>();
  readonly #space: Space;

  constructor(space: Space) {
    this.#space = space;
  }

  /** Hands over bytes whose room has been taken; it is given back where the same bytes are here already. */
  add(digest: Digest, bytes: SegmentedBytes, repository: string): void {
    const known = this.#blobs.get(digest);
    if (known === undefined) {
      bytes.trim();
      this.#blobs.set(digest, { bytes, holders: new Set([repository]) });
    } else {
      known.holders.add(repository);
      this.#space.giveBack(bytes.size);
    }
  }

  share(digest: Digest, repository: string): void {
    this.#blobs.get(digest)?.holders.add(repository);
  }

  /** @returns how many bytes that frees: none while another repository holds the blob. */
  drop(digest: Digest, repository: string): number {
    const blob = this.#blobs.get(digest);
    if (!blob?.holders.delete(repository) || blob.holders.size > 0) return 0;
    this.#blobs.delete(digest);
    this.#space.giveBack(blob.bytes.size);
    return blob.bytes.size;
  }

  bytes(digest: Digest): SegmentedBytes | undefined {
    return this.#blobs.get(digest)?.bytes;
  }

  holders(digest: Digest): ReadonlySet<string> {
    return this.#blobs.get(digest)?.holders ?? NOBODY;
  }
}

const NOBODY: ReadonlySet<string> = new Set();
