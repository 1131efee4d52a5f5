import type { Clock } from './login-throttle.js';

export interface ExpiringSetOptions {
  /** The one that was added the longest ago goes first. */
  readonly maxEntries: number;
  readonly expireAfterMs: number;
  readonly now: Clock;
}

/** Keys that are known for a while, and only so many of them. */
export class ExpiringSet {
  readonly #addedAt = new Map<string, number>();
  readonly #options: ExpiringSetOptions;

  constructor(options: ExpiringSetOptions) {
    this.#options = options;
  }

  has(key: string): boolean {
    const since = this.#addedAt.get(key);
    return since !== undefined && this.#options.now() - since < this.#options.expireAfterMs;
  }

  add(key: string): void {
    this.#addedAt.delete(key);
    this.#addedAt.set(key, this.#options.now());
    for (const oldest of this.#addedAt.keys()) {
      if (this.#addedAt.size <= this.#options.maxEntries) break;
      this.#addedAt.delete(oldest);
    }
  }
}
