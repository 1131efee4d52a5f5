/** Which uploads are open, whose they are, and how many each client has. */
import { PolicyError } from './policy-error.js';

/** An upload that nobody has touched for this long no longer counts against the limits; it can still go on. */
export const STALE_UPLOAD_MS = 60 * 60 * 1000;

/** Who begins an upload, or goes on with it. */
export interface Uploader {
  /** Whose the upload is: the account; `undefined` for anonymous ones, which are all alike. */
  readonly owner: string | undefined;
  /** Whom it counts for: the account, or the network that anonymous ones come from. */
  readonly client: string;
}

export interface UploadLimits {
  readonly maxUploads: number;
  readonly maxUploadsPerClient: number;
}

interface Entry extends Uploader {
  readonly touchedAt: number;
}

/**
 * The store keeps the bytes of uploads over a restart; who began them is known until then, or until they are stale.
 * Afterwards a session, which nobody can guess, belongs to the first account with the right to push there that asks, and
 * counts for that one.
 */
export class UploadLedger {
  /** In the order of the last touch, so that stale ones are found without going over the others. */
  readonly #entries = new Map<string, Entry>();
  /** Uploads of each client, and those promised to requests that the store has not given a session yet. */
  readonly #shares = new Map<string, number>();
  readonly #limits: UploadLimits;
  readonly #now: () => number;
  #open = 0;

  constructor(limits: UploadLimits, now: () => number = Date.now) {
    this.#limits = limits;
    this.#now = now;
  }

  /** @throws {PolicyError} `TOO_MANY_UPLOADS` */
  async start<U extends { readonly session: string }>(uploader: Uploader, create: () => Promise<U>): Promise<U> {
    const { client } = uploader;
    this.#makeRoom(client);
    this.#count(client, 1);
    try {
      const upload = await create();
      this.touch(upload.session, uploader);
      return upload;
    } finally {
      this.#count(client, -1);
    }
  }

  /** Whether `session` may be spoken of to `owner`. */
  admits(session: string, owner: string | undefined): boolean {
    const entry = this.#entries.get(session);
    return entry === undefined || entry.owner === owner;
  }

  /** Notes that the store knows `session`, and that this one, who was admitted, goes on with it. */
  touch(session: string, { owner, client }: Uploader): void {
    this.forget(session);
    this.#entries.set(session, { owner, client, touchedAt: this.#now() });
    this.#count(client, 1);
  }

  forget(session: string): void {
    const entry = this.#entries.get(session);
    if (entry === undefined) return;
    this.#entries.delete(session);
    this.#count(entry.client, -1);
  }

  #makeRoom(client: string): void {
    const staleBefore = this.#now() - STALE_UPLOAD_MS;
    for (const [session, { touchedAt }] of this.#entries) {
      if (this.#refusal(client) === undefined || touchedAt > staleBefore) break;
      this.forget(session);
    }
    const refusal = this.#refusal(client);
    if (refusal !== undefined) throw new PolicyError('TOO_MANY_UPLOADS', refusal);
  }

  /** Why `client` may not begin one more; `undefined` where it may. */
  #refusal(client: string): string | undefined {
    const { maxUploads, maxUploadsPerClient } = this.#limits;
    if ((this.#shares.get(client) ?? 0) >= maxUploadsPerClient) {
      return `${maxUploadsPerClient} uploads of this client are open, which is as many as one client may have at once`;
    }
    if (this.#open < maxUploads) return undefined;
    return `${maxUploads} uploads are open, which is as many as may be at once`;
  }

  #count(client: string, change: 1 | -1): void {
    this.#open += change;
    const share = (this.#shares.get(client) ?? 0) + change;
    if (share === 0) this.#shares.delete(client);
    else this.#shares.set(client, share);
  }
}
