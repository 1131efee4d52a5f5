import { closeSync, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';

const syncDescriptor = promisify(fsync);

/**
 * Makes names durable: a file that was created, renamed or linked is there after a power loss only once its directory
 * has been synced. Whoever asks while a sync of the same directory runs shares the next one, so that many clients cost
 * as much as one.
 */
export class DirectorySync {
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  /** Resolves when everything that was done in `directory` before the call is durable. */
  async sync(directory: string): Promise<void> {
    const running = this.#running.get(directory);
    if (running === undefined) return this.#start(directory);
    // The one that runs may have begun before the change; the one after it has not.
    const scheduled = this.#next.get(directory);
    if (scheduled !== undefined) return scheduled;
    const next = running
      .catch(() => {})
      .then(() => {
        this.#next.delete(directory);
        return this.#start(directory);
      });
    this.#next.set(directory, next);
    return next;
  }

  async #start(directory: string): Promise<void> {
    const turn = syncDirectory(directory);
    this.#running.set(directory, turn);
    try {
      await turn;
    } finally {
      if (this.#running.get(directory) === turn) this.#running.delete(directory);
    }
  }
}

/** Opening does not wait: something was just done in the directory, so it is in memory. Only the sync goes to the disk. */
async function syncDirectory(directory: string): Promise<void> {
  const descriptor = openSync(directory, 'r');
  try {
    await syncDescriptor(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
