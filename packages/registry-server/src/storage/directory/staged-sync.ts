import type { FileHandle } from 'node:fs/promises';

/** Bytes after which a file is synced while more come: what is left at the end is quickly done. */
const SYNC_BYTES = 32 * 1024 * 1024;

/** Syncs that run meanwhile, of all files. Each holds one of the four threads of Node's pool for as long as the disk takes. */
const MOST_RUNNING = 2;

/** Where the syncs of several files take turns. */
export class SyncSlots {
  #running = 0;

  /** @returns `undefined` where all slots are taken. */
  start(work: () => Promise<void>): Promise<void> | undefined {
    if (this.#running >= MOST_RUNNING) return undefined;
    this.#running++;
    return work().finally(() => {
      this.#running--;
    });
  }
}

/**
 * Makes a file durable while it is being written. A failure sticks: the system reports it once, and calls the next sync a
 * success though the bytes are not on the disk.
 */
export class StagedSync {
  readonly #slots: SyncSlots;
  #unsynced = 0;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(slots: SyncSlots) {
    this.#slots = slots;
  }

  /** Bytes have been written to `file`. */
  note(file: FileHandle, bytes: number): void {
    this.#unsynced += bytes;
    if (this.#unsynced < SYNC_BYTES || this.#running !== undefined) return;
    this.#running = this.#slots.start(() => this.#sync(file));
    if (this.#running === undefined) return;
    this.#unsynced = 0;
    this.#running = this.#running
      .catch(() => {}) // told to whoever completes it
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Resolves when all that was written is durable. @throws what any sync of the file failed with. */
  async complete(file: FileHandle): Promise<void> {
    await Promise.all([this.#running, this.#sync(file)]);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #sync(file: FileHandle): Promise<void> {
    try {
      await file.datasync();
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }
}
