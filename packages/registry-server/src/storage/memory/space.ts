import { StorageError } from '../storage-error.js';

/** How many bytes there are in all, and how many there may be. */
export class Space {
  readonly #maxBytes: number;
  #used = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws {StorageError} `NO_SPACE`, and then nothing is taken. */
  take(bytes: number): void {
    if (bytes > 0 && this.#used + bytes > this.#maxBytes) {
      throw new StorageError(
        'NO_SPACE',
        `${this.#used} of ${this.#maxBytes} bytes are in use, ${bytes} more do not fit`,
      );
    }
    this.#used += bytes;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }
}
