import { lstat, utimes } from 'node:fs/promises';
import { unlessMissing } from './system-error.js';

/** Notes that are kept before they are written into the files. */
const MOST_NOTES = 10_000;

/**
 * When manifests were last asked for. That is noted in memory, as manifests are served from memory, and written into the
 * times of their files by and by.
 */
export class ReadTimes {
  #notes = new Map<string, number>();

  note(path: string): void {
    this.#notes.set(path, Date.now());
    if (this.#notes.size > MOST_NOTES) this.write().catch(() => {});
  }

  /** Milliseconds since 1970; 0 for what is not noted, and may be in the file. */
  get(path: string): number {
    return this.#notes.get(path) ?? 0;
  }

  async write(): Promise<void> {
    const notes = this.#notes;
    this.#notes = new Map();
    for (const [path, time] of notes) {
      const stats = await lstat(path).catch(unlessMissing);
      if (stats === undefined || stats.mtimeMs >= time) continue;
      await utimes(path, time / 1000, time / 1000).catch(unlessMissing);
    }
  }
}
