/** The digest of a stream as its bytes come in: on this thread, where little comes, or on another one. */
import { createHash } from 'node:crypto';

/** A running sha256. */
export interface StreamHash {
  /**
   * Adds bytes behind those of the call before. Resolves when their memory may be filled anew.
   *
   * @throws where the thread has gone; the hash is of no use then.
   */
  update(bytes: Uint8Array): Promise<void>;
  /** Of everything up to now, in hex; more can be added afterwards. @throws where the thread has gone. */
  digest(): Promise<string>;
  /** Lets go of it. */
  close(): void;
}

/** On this thread: for a small blob, a trip to another one takes longer than the hash itself. */
export class LocalHash implements StreamHash {
  readonly #hash = createHash('sha256');

  async update(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
  }

  async digest(): Promise<string> {
    return this.#hash.copy().digest('hex');
  }

  close(): void {}
}
