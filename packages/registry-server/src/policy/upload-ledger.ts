/** Which uploads are open, and whose they are. */
import { PolicyError } from './policy-error.js';

/** An upload that nobody has touched for this long no longer counts against the limit; it can still go on. */
export const STALE_UPLOAD_MS = 60 * 60 * 1000;

interface Entry {
  readonly owner: string | undefined;
  touchedAt: number;
}

/**
 * The store keeps the bytes of uploads over a restart; who began them is known until then, or until they are stale.
 * Afterwards a session, which nobody can guess, belongs to the first account with the right to push there that asks.
 */
export class UploadLedger {
  readonly #entries = new Map<string, Entry>();
  readonly #maxUploads: number;
  readonly #now: () => number;
  /** Promised to requests that the store has not given a session yet. */
  #starting = 0;

  constructor(maxUploads: number, now: () => number = Date.now) {
    this.#maxUploads = maxUploads;
    this.#now = now;
  }

  /** @throws {PolicyError} `TOO_MANY_UPLOADS` */
  async start<U extends { readonly session: string }>(owner: string | undefined, create: () => Promise<U>): Promise<U> {
    this.#makeRoom();
    this.#starting++;
    try {
      const upload = await create();
      this.#entries.set(upload.session, { owner, touchedAt: this.#now() });
      return upload;
    } finally {
      this.#starting--;
    }
  }

  /** Whether `session` may be spoken of to `owner`. */
  admits(session: string, owner: string | undefined): boolean {
    const entry = this.#entries.get(session);
    return entry === undefined || entry.owner === owner;
  }

  /** Notes that the store knows `session`, and that `owner`, who was admitted, goes on with it. */
  touch(session: string, owner: string | undefined): void {
    // Set anew, so that the order of the map is the order of the last touch.
    this.#entries.delete(session);
    this.#entries.set(session, { owner, touchedAt: this.#now() });
  }

  forget(session: string): void {
    this.#entries.delete(session);
  }

  #makeRoom(): void {
    const staleBefore = this.#now() - STALE_UPLOAD_MS;
    for (const [session, { touchedAt }] of this.#entries) {
      if (this.#entries.size + this.#starting < this.#maxUploads) return;
      if (touchedAt > staleBefore) break;
      this.#entries.delete(session);
    }
    if (this.#entries.size + this.#starting < this.#maxUploads) return;
    throw new PolicyError(
      'TOO_MANY_UPLOADS',
      `${this.#maxUploads} uploads are open, which is as many as may be at once`,
    );
  }
}
