/**
 * Files that are there whole or not at all: written beside, synced, then moved to their name.
 * The name itself is durable once its directory has been synced, which is left to the caller: several share that.
 */
import { randomUUID } from 'node:crypto';
import { constants, lstatSync, renameSync } from 'node:fs';
import { copyFile, link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isSystemError } from './system-error.js';
import { writeFully } from './write-fully.js';

/** How file systems say that they give a file no second name. */
const NO_LINKS = ['EMLINK', 'EPERM', 'ENOTSUP', 'ENOSYS'];

/** A name beside `path` for when it is on another file system than the store's own files; hidden from readers of layouts. */
function besideOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}`);
}

export class DurableFiles {
  readonly #temporary: string;
  /** Directories on other file systems, as far as that has turned out. */
  readonly #elsewhere = new Set<string>();

  /** @param temporary - a directory on the same file system as most of what is written. */
  constructor(temporary: string) {
    this.#temporary = temporary;
  }

  /**
   * Writes bytes to a file of no fixed name, and syncs them.
   *
   * @param target - where it is going to be moved to.
   * @returns its path; it is the caller's to move or remove.
   */
  async prepare(bytes: Uint8Array, target: string): Promise<string> {
    const path = this.#elsewhere.has(dirname(target)) ? besideOf(target) : join(this.#temporary, randomUUID());
    try {
      const handle = await open(path, 'wx');
      try {
        await writeFully(handle, bytes, 0);
        await handle.datasync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    return path;
  }

  /**
   * Moves a prepared file at once, so that nobody comes in between.
   *
   * @returns whether it is moved; where not, the next one that is prepared for this directory can be.
   */
  moveAtOnce(prepared: string, target: string): boolean {
    try {
      renameSync(prepared, target);
      return true;
    } catch (error) {
      if (!isSystemError(error, 'EXDEV')) throw error;
      this.#elsewhere.add(dirname(target));
      return false;
    }
  }

  /** Puts bytes where `path` says, in place of what may be there. */
  async replace(path: string, bytes: Uint8Array): Promise<void> {
    const prepared = await this.prepare(bytes, path);
    try {
      await moveFile(prepared, path);
    } catch (error) {
      await rm(prepared, { force: true });
      throw error;
    }
  }

  /** Puts bytes where `path` says, unless something is there. */
  async create(path: string, bytes: Uint8Array): Promise<void> {
    const prepared = await this.prepare(bytes, path);
    try {
      await linkOrCopy(prepared, path);
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error;
    } finally {
      await rm(prepared, { force: true });
    }
  }
}

/** Moves a file whose bytes are durable. Across file systems it is copied first, so that the name appears at once. */
export async function moveFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isSystemError(error, 'EXDEV')) throw error;
    await copyDurably(from, to, rename);
    await rm(from, { force: true });
  }
}

/**
 * Gives a file a second name, or makes a copy where that cannot be: another file system, or too many names already.
 *
 * @throws `EEXIST`, `ENOENT` and the like as the system reports them.
 */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!isSystemError(error, 'EXDEV', ...NO_LINKS)) throw error;
    await copyDurably(from, to, moveToNewName);
  }
}

/** What is there already is not replaced: it may be an index, and that of a copy is empty. */
async function moveToNewName(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
    await rm(from);
  } catch (error) {
    if (!isSystemError(error, ...NO_LINKS)) throw error;
    // Without a wait in between, so that little time is left for another tool to come first.
    if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) {
      throw Object.assign(new Error(`${to} is there already`, { cause: error }), { code: 'EEXIST' });
    }
    renameSync(from, to);
  }
}

async function copyDurably(
  from: string,
  to: string,
  place: (from: string, to: string) => Promise<void>,
): Promise<void> {
  const beside = besideOf(to);
  try {
    await copyFile(from, beside, constants.COPYFILE_FICLONE);
    const handle = await open(beside, 'r+');
    try {
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await place(beside, to);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
