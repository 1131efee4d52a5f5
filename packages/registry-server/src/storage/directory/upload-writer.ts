import type { Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { writeFully } from './write-fully.js';

/** Chunks come from sockets in 64 KB or less; every write is a trip through the thread pool. */
const STAGE_BYTES = 512 * 1024;

/** Most blobs are small, so the first stage is. */
const FIRST_STAGE_BYTES = 64 * 1024;

/**
 * Appends to a file in large writes. One stage fills while the other one is written, and the digest of a stage is
 * computed during its write; a source that is faster than the disk waits. Chunks are copied, so their memory is free again.
 */
export class UploadWriter {
  readonly #file: FileHandle;
  readonly #hash: Hash | undefined;
  #stage: Buffer = Buffer.allocUnsafeSlow(FIRST_STAGE_BYTES);
  #spare: Buffer | undefined;
  #filled = 0;
  #size: number;
  #writing: Promise<void> | undefined;

  constructor(file: FileHandle, size: number, hash: Hash | undefined) {
    this.#file = file;
    this.#size = size;
    this.#hash = hash;
  }

  /** Bytes in the file once everything has been written. */
  get size(): number {
    return this.#size + this.#filled;
  }

  async append(chunk: Uint8Array): Promise<void> {
    for (let start = 0; start < chunk.byteLength; ) {
      const part = chunk.subarray(start, start + this.#stage.length - this.#filled);
      this.#stage.set(part, this.#filled);
      this.#filled += part.byteLength;
      start += part.byteLength;
      if (this.#filled === this.#stage.length) await this.#turnOver();
    }
  }

  /** Writes what is left. @throws what writing fails with; bytes may be in the file then that the digest lacks. */
  async finish(): Promise<void> {
    if (this.#filled > 0) await this.#turnOver();
    await this.#writing;
    this.#writing = undefined;
  }

  async #turnOver(): Promise<void> {
    await this.#writing;
    const full = this.#stage.subarray(0, this.#filled);
    this.#writing = writeFully(this.#file, full, this.#size);
    // Told to whoever appends or finishes next.
    this.#writing.catch(() => {});
    this.#hash?.update(full);
    this.#size += this.#filled;
    this.#filled = 0;
    const written = this.#stage;
    this.#stage = this.#spare ?? Buffer.allocUnsafeSlow(STAGE_BYTES);
    this.#spare = written.length === STAGE_BYTES ? written : undefined;
  }
}
