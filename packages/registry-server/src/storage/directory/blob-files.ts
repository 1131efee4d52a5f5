import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, unlink } from 'node:fs/promises';
import { type BlobInfo, OciError } from '@quinistry/oci-image';
import { type Digest, digestAlgorithm } from '@quinistry/oci-image/spec';
import type { ReadBlobOptions } from '../registry-storage.js';
import { listBlobs } from './blob-list.js';
import type { DirectorySync } from './directory-sync.js';
import { type DurableFiles, linkOrCopy, moveFile } from './durable-file.js';
import { readChunks } from './file-chunks.js';
import { KeyedLock } from './keyed-lock.js';
import type { LayoutDirectories } from './layout-directory.js';
import { ReadTimes } from './read-times.js';
import { isStorableName, type RepositoryPaths } from './repository-paths.js';
import { RepositorySizes } from './repository-sizes.js';
import { isSystemError, unlessMissing } from './system-error.js';

/**
 * The blobs of all repositories, as files. A file's presence is what makes a repository hold a blob, and the time in it is
 * when the blob was last written or asked for.
 *
 * Whatever decides on a blob's file holds its lock, so that a blob is not removed between the question whether it exists
 * and the answer.
 */
export class BlobFiles {
  readonly lock = new KeyedLock();
  readonly readTimes = new ReadTimes();
  readonly sizes = new RepositorySizes((repository) => this.#listSizes(repository));
  readonly #paths: RepositoryPaths;
  readonly #layouts: LayoutDirectories;
  readonly #directories: DirectorySync;
  readonly #files: DurableFiles;

  constructor(paths: RepositoryPaths, layouts: LayoutDirectories, directories: DirectorySync, files: DurableFiles) {
    this.#paths = paths;
    this.#layouts = layouts;
    this.#directories = directories;
    this.#files = files;
  }

  /** What is known of a blob's file; symbolic links are no blobs. */
  async stat(repository: string, digest: Digest): Promise<Stats | undefined> {
    if (!isStorableName(repository)) return undefined;
    const stats = await lstat(this.#paths.blob(repository, digest)).catch(unlessMissing);
    if (stats?.isFile() !== true || !(await this.#layouts.isInside(repository))) return undefined;
    return stats;
  }

  /** The same for somebody who is going to rely on the answer: the blob counts as just asked for. */
  async touch(repository: string, digest: Digest): Promise<Stats | undefined> {
    if (!isStorableName(repository)) return undefined;
    const path = this.#paths.blob(repository, digest);
    return this.lock.run(path, async () => {
      const stats = await this.stat(repository, digest);
      if (stats !== undefined) await this.readTimes.mark(path);
      return stats;
    });
  }

  async *open(repository: string, digest: Digest, options: ReadBlobOptions = {}): AsyncGenerator<Uint8Array> {
    options.signal?.throwIfAborted();
    const file = await this.#openFile(repository, digest);
    try {
      for await (const chunk of readChunks(file, options)) {
        options.signal?.throwIfAborted();
        yield chunk;
      }
    } finally {
      await file.close();
    }
  }

  /**
   * Makes the file `from`, whose bytes are durable and hash to `digest`, a blob, and takes it away. One that is there
   * already is replaced; its bytes are the same, or were damaged.
   */
  async seal(repository: string, { digest, size }: BlobInfo, from: string): Promise<void> {
    const path = this.#paths.blob(repository, digest);
    await this.lock.run(path, async () => {
      await this.#layouts.use(repository, digestAlgorithm(digest), () => moveFile(from, path));
      await this.#directories.sync(this.#paths.blobDirectory(repository, digest));
      this.sizes.note(repository, digest, size);
    });
  }

  /**
   * Makes a blob of `from` one of `repository` too: a second name for one file.
   *
   * @returns its size; `undefined` where `from` does not hold it, or not in the size that is expected.
   */
  async share(repository: string, digest: Digest, from: string, expectedSize?: number): Promise<number | undefined> {
    const path = this.#paths.blob(repository, digest);
    return this.lock.run(path, async () => {
      const source = await this.stat(from, digest);
      if (source === undefined || source.size !== (expectedSize ?? source.size)) return undefined;
      if ((await this.stat(repository, digest)) === undefined) {
        try {
          await this.#layouts.use(repository, digestAlgorithm(digest), () =>
            linkOrCopy(this.#paths.blob(from, digest), path),
          );
        } catch (error) {
          // Removed from the other repository meanwhile.
          if (isSystemError(error, 'ENOENT')) return undefined;
          throw error;
        }
      }
      await this.readTimes.mark(path);
      await this.#directories.sync(this.#paths.blobDirectory(repository, digest));
      this.sizes.note(repository, digest, source.size);
      return source.size;
    });
  }

  /** Writes bytes at hand. The caller holds the lock, and tells whether they are expected to be there already. */
  async write(repository: string, digest: Digest, bytes: Uint8Array, isExpected: boolean): Promise<void> {
    const path = this.#paths.blob(repository, digest);
    if (isExpected && (await this.stat(repository, digest))?.size === bytes.byteLength) await this.readTimes.mark(path);
    else await this.#layouts.use(repository, digestAlgorithm(digest), () => this.#files.replace(path, bytes));
    await this.#directories.sync(this.#paths.blobDirectory(repository, digest));
    this.sizes.note(repository, digest, bytes.byteLength);
  }

  /** The caller holds the lock. @returns whether there was one. */
  async remove(repository: string, digest: Digest): Promise<boolean> {
    try {
      await unlink(this.#paths.blob(repository, digest));
    } catch (error) {
      unlessMissing(error);
      return false;
    }
    this.sizes.note(repository, digest, 0);
    await this.#directories.sync(this.#paths.blobDirectory(repository, digest)).catch(unlessMissing);
    return true;
  }

  lockKey(repository: string, digest: Digest): string {
    return this.#paths.blob(repository, digest);
  }

  async *#listSizes(repository: string): AsyncGenerator<readonly [Digest, number]> {
    for await (const digest of listBlobs(this.#paths.blobs(repository))) {
      const stats = await this.stat(repository, digest);
      if (stats !== undefined) yield [digest, stats.size];
    }
  }

  async #openFile(repository: string, digest: Digest): Promise<FileHandle> {
    const unknown = (cause?: unknown) =>
      new OciError('BLOB_UNKNOWN', `there is no blob ${digest} in ${repository}`, { cause });
    if (!isStorableName(repository) || !(await this.#layouts.isInside(repository))) throw unknown();
    try {
      return await open(this.#paths.blob(repository, digest), constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      throw isSystemError(error, 'ENOENT', 'ENOTDIR', 'ELOOP') ? unknown(error) : error;
    }
  }
}
