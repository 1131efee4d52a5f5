/** Making and removing the directory of a repository: the files that make it an image layout. */
import { mkdir, readdir, realpath, rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type DigestAlgorithm, IMAGE_LAYOUT_VERSION } from '@quinistry/oci-image/spec';
import { BLOB_ALGORITHMS } from './blob-list.js';
import type { DirectorySync } from './directory-sync.js';
import type { DurableFiles } from './durable-file.js';
import { KeyedLock } from './keyed-lock.js';
import { EMPTY_LAYOUT_INDEX, formatLayoutIndex } from './layout-index.js';
import { nameUnavailable, type RepositoryPaths } from './repository-paths.js';
import { isSystemError, unlessMissing } from './system-error.js';

const LAYOUT_FILE = Buffer.from(JSON.stringify({ imageLayoutVersion: IMAGE_LAYOUT_VERSION }));

/** How often a directory is made again that another repository's removal took away meanwhile. */
const MKDIR_ATTEMPTS = 5;

export class LayoutDirectories {
  readonly #paths: RepositoryPaths;
  readonly #directories: DirectorySync;
  readonly #files: DurableFiles;
  readonly #lock = new KeyedLock();
  readonly #inside = new Set<string>();
  /** Which of a repository's directories of blobs are there with the whole layout around them, durably. */
  readonly #complete = new Map<string, Set<DigestAlgorithm>>();

  readonly #users = new Map<string, number>();

  constructor(paths: RepositoryPaths, directories: DirectorySync, files: DurableFiles) {
    this.#paths = paths;
    this.#directories = directories;
    this.#files = files;
  }

  /**
   * Whether a repository's directory is there and really in the root. One that is reached through a symbolic link is not
   * served: the link might lead anywhere, and two names for one directory would be two views of it, of which the one takes
   * the other's blobs for garbage.
   */
  async isInside(repository: string): Promise<boolean> {
    if (this.#inside.has(repository)) return true;
    const path = this.#paths.repository(repository);
    const real = await realpath(path).catch(unlessMissing);
    if (real !== path) return false;
    const blobs = this.#paths.blobs(repository);
    for (const below of [blobs, ...BLOB_ALGORITHMS.map((algorithm) => `${blobs}/${algorithm}`)]) {
      if (((await realpath(below).catch(unlessMissing)) ?? below) !== below) return false;
    }
    this.#inside.add(repository);
    return true;
  }

  /**
   * Whether the layout is known to be whole. That its directories are there does not tell: they are the first of it that
   * somebody else makes just now, and what is put into them counts only once the rest has followed.
   */
  #isComplete(repository: string, algorithm: DigestAlgorithm): boolean {
    return this.#complete.get(repository)?.has(algorithm) ?? false;
  }

  /**
   * Makes what is missing of a layout, durably.
   *
   * @throws {StorageError} `NAME_UNAVAILABLE` where something else is in the way.
   */
  async create(repository: string, algorithm: DigestAlgorithm): Promise<void> {
    await this.#lock.run(repository, async () => {
      const blobs = `${this.#paths.blobs(repository)}/${algorithm}`;
      try {
        await makeDirectory(blobs);
        if (!(await this.isInside(repository))) {
          throw nameUnavailable(repository, 'a symbolic link is in its place');
        }
        // The index is there first and goes last: by it the garbage collection finds what a kill has left in between.
        await this.#files.create(this.#paths.index(repository), formatLayoutIndex(EMPTY_LAYOUT_INDEX));
        await this.#files.create(this.#paths.layoutFile(repository), LAYOUT_FILE);
        await this.#syncUpToRoot(blobs);
        const complete = this.#complete.get(repository) ?? new Set();
        this.#complete.set(repository, complete.add(algorithm));
      } catch (error) {
        if (!isSystemError(error, 'ENOTDIR', 'EEXIST', 'ELOOP', 'ENAMETOOLONG')) throw error;
        throw nameUnavailable(repository, 'a file is in its place', error);
      }
    });
  }

  /**
   * Runs `work`, which puts a file into a repository's directory of blobs. The layout is made where it is missing, and is not
   * removed while somebody is at it: a repository may be emptied and pushed to at the same time.
   */
  async use(repository: string, algorithm: DigestAlgorithm, work: () => Promise<void>): Promise<void> {
    this.#users.set(repository, (this.#users.get(repository) ?? 0) + 1);
    try {
      // Nearly always the layout is there already, so it is made only when that turns out wrong.
      if (this.#isComplete(repository, algorithm)) {
        try {
          return await work();
        } catch (error) {
          if (!isSystemError(error, 'ENOENT')) throw error;
        }
      }
      await this.create(repository, algorithm);
      await work();
    } finally {
      const others = (this.#users.get(repository) ?? 1) - 1;
      if (others > 0) this.#users.set(repository, others);
      else this.#users.delete(repository);
    }
  }

  /** Removes a layout without blobs, and the directories above that are empty then. @param isEmpty - asked last. */
  async remove(repository: string, isEmpty: () => boolean): Promise<boolean> {
    const isUnused = () => !this.#users.has(repository) && isEmpty();
    return this.#lock.run(repository, async () => {
      const blobs = this.#paths.blobs(repository);
      const algorithms = (await readdir(blobs).catch(unlessMissing)) ?? [];
      if (!isUnused()) return false;
      this.#complete.delete(repository);
      // A directory that holds something refuses to go; a blob that comes now finds none, and has the layout made anew.
      for (const algorithm of algorithms) {
        if (!(await removeEmpty(`${blobs}/${algorithm}`))) return false;
      }
      if (!(await removeEmpty(blobs)) || !isUnused()) return false;
      this.#inside.delete(repository);
      await rm(this.#paths.layoutFile(repository), { force: true });
      await rm(this.#paths.index(repository), { force: true });
      let directory = this.#paths.repository(repository);
      while (directory !== this.#paths.root && (await removeEmpty(directory))) directory = dirname(directory);
      return true;
    });
  }

  /** All of them, once for each repository: who has made the upper ones may not have come to that, or not yet. */
  async #syncUpToRoot(bottom: string): Promise<void> {
    for (let directory = bottom; ; directory = dirname(directory)) {
      await this.#directories.sync(directory);
      if (directory === this.#paths.root) return;
    }
  }
}

async function makeDirectory(path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await mkdir(path, { recursive: true });
      return;
    } catch (error) {
      if (!isSystemError(error, 'ENOENT') || attempt === MKDIR_ATTEMPTS) throw error;
    }
  }
}

async function removeEmpty(directory: string): Promise<boolean> {
  try {
    await rmdir(directory);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) return false;
    if (isSystemError(error, 'ENOENT')) return true;
    throw error;
  }
}
