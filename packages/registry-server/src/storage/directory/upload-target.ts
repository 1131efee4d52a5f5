import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { StagedSync } from './staged-sync.js';
import { isSystemError } from './system-error.js';
import { writeFully } from './write-fully.js';

/**
 * Where the direct way begins. What is smaller, as most layers are, stays in the page cache, for it is likely to be pulled
 * soon.
 */
const DIRECT_FROM_BYTES = 32 * 1024 * 1024;

/** What disks want positions and lengths to be multiples of; a few do with 512. */
export const BLOCK_BYTES = 4096;

/**
 * Where the bytes of an upload go: into the file by way of the page cache, and, once there are many, straight to the disk.
 * The copy into the cache, its upkeep and its writing back take as much processor time as the digest does; and a blob of
 * gigabytes would put out of the cache what others are pulling.
 */
export class UploadTarget {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #sync: StagedSync;
  #direct: FileHandle | undefined;
  #isRefused = constants.O_DIRECT === undefined;

  constructor(path: string, file: FileHandle, sync: StagedSync) {
    this.#path = path;
    this.#file = file;
    this.#sync = sync;
  }

  /** @param isAligned - whether the memory of `bytes` begins with a page. */
  async write(bytes: Uint8Array, position: number, isAligned: boolean): Promise<void> {
    const isWhole = position % BLOCK_BYTES === 0 && bytes.byteLength % BLOCK_BYTES === 0;
    if (isAligned && isWhole && position >= DIRECT_FROM_BYTES && (await this.#writeDirectly(bytes, position))) return;
    await writeFully(this.#file, bytes, position);
    this.#sync.note(this.#file, bytes.byteLength);
  }

  async close(): Promise<void> {
    await this.#direct?.close();
  }

  /** @returns whether the file system could do that; memory alone, for one, cannot. */
  async #writeDirectly(bytes: Uint8Array, position: number): Promise<boolean> {
    if (this.#isRefused) return false;
    try {
      this.#direct ??= await open(this.#path, constants.O_WRONLY | constants.O_DIRECT);
      await writeFully(this.#direct, bytes, position);
      return true;
    } catch (error) {
      if (!isSystemError(error, 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP')) throw error;
      this.#isRefused = true;
      return false;
    }
  }
}
