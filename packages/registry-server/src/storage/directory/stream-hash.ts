/** The digest of a stream as its bytes come in: on this thread, where little comes, or on another one. */
import { createHash } from 'node:crypto';

/** Chunks come from sockets in 64 KB or less; every write to a file is a trip through the thread pool. */
export const STAGE_BYTES = 512 * 1024;

/** One is filled while those before it are hashed and written. */
export const STAGE_COUNT = 3;

/** Memory that bytes wait in while they are hashed and written. */
export interface Stages {
  /** {@link STAGE_COUNT} pieces of {@link STAGE_BYTES}. */
  readonly pieces: readonly Buffer[];
  /** Whether each piece begins with a page of memory, which is what a disk can take bytes from without a copy. */
  readonly isAligned: boolean;
}

/** A running sha256. */
export interface StreamHash {
  /** Memory that {@link update} reads without a copy. */
  takeStages(): Stages;
  /** Gives memory back; nothing may be reading it any more. */
  returnStages(stages: Stages): void;
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

/** On this thread: no trip to another one, which for a small blob takes longer than the hash itself. */
export class LocalHash implements StreamHash {
  readonly #hash = createHash('sha256');

  takeStages(): Stages {
    const pieces = Array.from({ length: STAGE_COUNT }, () => Buffer.allocUnsafeSlow(STAGE_BYTES));
    return { pieces, isAligned: false };
  }

  returnStages(): void {}

  async update(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
  }

  async digest(): Promise<string> {
    return this.#hash.copy().digest('hex');
  }

  close(): void {}
}
