import type { Digest } from '@quinistry/oci-image/spec';

/** Bytes of manifests that are held in memory. The busiest few thousand images fit. */
export const MANIFEST_CACHE_BYTES = 16 * 1024 * 1024;

/**
 * Bytes of manifests that were asked for lately. It saves reading, and decides nothing: whether a repository holds a
 * manifest is asked of its view each time, or what was deleted would go on being served (distribution, CVE-2026-35172).
 */
export class ManifestCache {
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(maxBytes = MANIFEST_CACHE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  get(repository: string, digest: Digest): Uint8Array | undefined {
    const key = keyOf(repository, digest);
    const bytes = this.#entries.get(key);
    if (bytes === undefined) return undefined;
    // A map keeps the order of insertion: the first entry is the one that was asked for longest ago.
    this.#entries.delete(key);
    this.#entries.set(key, bytes);
    return bytes;
  }

  set(repository: string, digest: Digest, bytes: Uint8Array): void {
    this.delete(repository, digest);
    if (bytes.byteLength > this.#maxBytes / 4) return;
    this.#entries.set(keyOf(repository, digest), bytes);
    this.#bytes += bytes.byteLength;
    for (const [key, oldest] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#entries.delete(key);
      this.#bytes -= oldest.byteLength;
    }
  }

  delete(repository: string, digest: Digest): void {
    const key = keyOf(repository, digest);
    this.#bytes -= this.#entries.get(key)?.byteLength ?? 0;
    this.#entries.delete(key);
  }
}

function keyOf(repository: string, digest: Digest): string {
  return `${repository}@${digest}`;
}
