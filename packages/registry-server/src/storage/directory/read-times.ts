import { lstat, utimes } from 'node:fs/promises';
import { isSystemError, unlessMissing } from './system-error.js';

/** Notes that are kept before they are written into the files, and of files that take none. */
const MOST_NOTES = 10_000;

/**
 * When content was last asked for: the time in its file. For manifests that is noted in memory, as they are served from
 * memory, and written into the files by and by.
 *
 * Only its owner can set the time of a file. Of what another user's tool has put into the directory, memory has the only
 * note.
 */
export class ReadTimes {
  readonly #notes = new Map<string, number>();
  readonly #foreign = new Map<string, number>();
  #writing: Promise<void> | undefined;

  note(path: string): void {
    this.#notes.set(path, Date.now());
    if (this.#notes.size > MOST_NOTES) this.write().catch(() => {});
  }

  /** Notes it in the file at once. */
  async mark(path: string): Promise<void> {
    await this.#set(path, Date.now());
  }

  /** Milliseconds since 1970; 0 for what is not noted, and may be in the file. */
  get(path: string): number {
    return Math.max(this.#notes.get(path) ?? 0, this.#foreign.get(path) ?? 0);
  }

  /** Writes what is noted into the files. */
  write(): Promise<void> {
    this.#writing ??= this.#writeNotes().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #writeNotes(): Promise<void> {
    // What is noted from now on is left to the next time, or this would not end while somebody goes on asking.
    for (const [path, time] of [...this.#notes]) {
      const stats = await lstat(path).catch(unlessMissing);
      if (stats !== undefined && stats.mtimeMs < time) await this.#set(path, time).catch(unlessMissing);
      if (this.#notes.get(path) === time) this.#notes.delete(path);
    }
  }

  async #set(path: string, time: number): Promise<void> {
    try {
      await utimes(path, time / 1000, time / 1000);
    } catch (error) {
      if (!isSystemError(error, 'EPERM', 'EACCES', 'EROFS')) throw error;
      this.#foreign.delete(path);
      this.#foreign.set(path, time);
      for (const oldest of this.#foreign.keys()) {
        if (this.#foreign.size <= MOST_NOTES) return;
        this.#foreign.delete(oldest);
      }
    }
  }
}
