import type { Digest } from '@quinistry/oci-image/spec';

/** What somebody relies on at the moment, and what anybody has relied on since a watcher began to look. */
export class References {
  readonly #held = new Set<readonly Digest[]>();
  #watchers = new Set<Set<Digest>>();

  /** @returns how to let go again. */
  hold(digests: readonly Digest[]): () => void {
    this.#held.add(digests);
    for (const seen of this.#watchers) for (const digest of digests) seen.add(digest);
    return () => {
      this.#held.delete(digests);
    };
  }

  /** @returns a set that goes on growing until `stop`. */
  watch(): { readonly seen: ReadonlySet<Digest>; readonly stop: () => void } {
    const seen = new Set([...this.#held].flat());
    this.#watchers.add(seen);
    return {
      seen,
      stop: () => {
        this.#watchers.delete(seen);
      },
    };
  }
}
