import { existsSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { OciError } from '@quinistry/oci-image';
import type { Digest } from '@quinistry/oci-image/spec';
import type { BlobFiles } from './blob-files.js';
import { listBlobs } from './blob-list.js';
import type { DirectorySync } from './directory-sync.js';
import type { DurableFiles } from './durable-file.js';
import { IndexWriter } from './index-writer.js';
import type { Journal } from './journal.js';
import type { JournalOperation } from './journal-record.js';
import { planReplay } from './journal-replay.js';
import type { LayoutDirectories } from './layout-directory.js';
import { ManifestCache } from './manifest-cache.js';
import { Repository } from './repository.js';
import { RepositoryIndex } from './repository-index.js';
import { listLayouts } from './repository-list.js';
import { isStorableName, type RepositoryPaths } from './repository-paths.js';
import { isSystemError, unlessMissing } from './system-error.js';

export interface RepositoriesParts {
  readonly paths: RepositoryPaths;
  readonly directories: DirectorySync;
  readonly files: DurableFiles;
  readonly layouts: LayoutDirectories;
  readonly blobs: BlobFiles;
  readonly journal: Journal;
  readonly recheckMs: number;
  readonly onWarning: (message: string, error: unknown) => void;
}

/** An index of more bytes lists something, whoever wrote it: no need to read it for that. */
const EMPTY_INDEX_BYTES = 300;

/** The repositories of a store. One is read when it is first asked for, so that a start costs the same for any number. */
export class Repositories {
  readonly #parts: RepositoriesParts;
  readonly #opened = new Map<string, Repository>();
  readonly #cache = new ManifestCache();
  readonly #writer: IndexWriter;
  #listed: { readonly names: readonly string[]; readonly at: number } | undefined;
  #listing: Promise<readonly string[]> | undefined;

  constructor(parts: RepositoriesParts) {
    this.#parts = parts;
    this.#writer = new IndexWriter({
      journal: parts.journal,
      write: (repository) => this.#write(repository),
      settle: async (repository, written) => {
        await repository.removeFiles(written);
        if (written.some(({ op }) => op !== 'put')) await this.removeIfEmpty(repository);
      },
      onFailure: (name, error) => parts.onWarning(`the index of ${name} cannot be written for now`, error),
    });
  }

  /** The repository of that name, there or not. There is one object for each, as it holds what the file lacks. */
  open(name: string): Repository {
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const { paths, directories, files, blobs, journal, recheckMs } = this.#parts;
    const index = new RepositoryIndex({
      path: paths.index(name),
      directory: paths.repository(name),
      files,
      directories,
      recheckMs,
      hasFile: (digest) => existsSync(paths.blob(name, digest)),
      onLost: (operations) => this.#recover(repository, operations),
    });
    const repository: Repository = new Repository({
      name,
      index,
      blobs,
      journal,
      cache: this.#cache,
      paths,
      onChange: () => this.#writer.schedule(repository),
    });
    this.#opened.set(name, repository);
    return repository;
  }

  /** The repository of that name, where there is one: what clients ask for at random leaves nothing behind. */
  async find(name: string): Promise<Repository | undefined> {
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    if (!isStorableName(name)) return undefined;
    const stats = await lstat(this.#parts.paths.index(name)).catch(unlessMissing);
    if (stats?.isFile() !== true || !(await this.#parts.layouts.isInside(name))) return undefined;
    return this.open(name);
  }

  /** Names of repositories that hold something, by bytes. */
  async list(limit: number, last = ''): Promise<readonly string[]> {
    const found: string[] = [];
    for (const name of await this.layouts()) {
      if (found.length >= limit) break;
      if (name > last && (await this.#holdsSomething(name))) found.push(name);
    }
    return found;
  }

  /** Names of all layouts, those that hold nothing included, by bytes. */
  async layouts(): Promise<readonly string[]> {
    if (this.#listed !== undefined && performance.now() - this.#listed.at < this.#parts.recheckMs) {
      return this.#listed.names;
    }
    const at = performance.now();
    const listing = this.#listing ?? listLayouts(this.#parts.paths.root);
    this.#listing = listing;
    const names = await listing;
    // A repository that came meanwhile has thrown this listing away.
    if (this.#listing === listing) {
      this.#listed = { names, at };
      this.#listing = undefined;
    }
    return names;
  }

  /** A blob or a manifest was put into a repository, which may be new. */
  noteLayout(name: string): void {
    if (this.#listed?.names.includes(name)) return;
    this.#listed = undefined;
    this.#listing = undefined;
  }

  isRemoved(name: string, digest: Digest): boolean {
    return this.#opened.get(name)?.isRemoved(digest) ?? false;
  }

  /** Sees to it that the file of a deleted manifest is gone before something new is put under its name. */
  async settle(name: string, digest: Digest): Promise<void> {
    const repository = this.#opened.get(name);
    if (repository?.isRemoved(digest)) await this.#writer.flush(repository);
  }

  /** Whether a repository has files of blobs, but for those that are about to go. */
  async holdsBlobs(name: string): Promise<boolean> {
    for await (const digest of listBlobs(this.#parts.paths.blobs(name))) {
      if (!this.isRemoved(name, digest)) return true;
    }
    return false;
  }

  async measure(name: string): Promise<number> {
    return this.#parts.blobs.sizes.measure(name, this.#opened.get(name)?.index.current?.removed);
  }

  /** Takes a repository away that holds nothing any more. */
  async removeIfEmpty(repository: Repository): Promise<void> {
    const { name, index } = repository;
    const isUnused = () => index.current?.isEmpty === true && index.pending.length === 0;
    if (!(await index.view()).isEmpty || (await this.holdsBlobs(name))) return;
    if (index.pending.length > 0) return; // comes by here again once they are written
    if (await this.#parts.layouts.remove(name, isUnused)) this.#listed = undefined;
  }

  /** Does again what was acknowledged before the process ended and may not be in the files. */
  async replay(operations: readonly JournalOperation[]): Promise<void> {
    const { blobs, journal } = this.#parts;
    const hasFile = async (name: string, digest: Digest) => (await blobs.stat(name, digest)) !== undefined;
    const { needed, unneeded } = await planReplay(operations, hasFile);
    for (const [name, left] of unneeded) await journal.settle(name, left);
    for (const operation of needed) {
      const repository = this.open(operation.repository);
      repository.index.restore(operation);
      this.#writer.schedule(repository);
    }
    // Where there is no room the journal has it still, and so has the view.
    await this.flush().catch(() => {});
  }

  /** One that cannot be written does not keep the others from it. @throws what writing the first such one fails with. */
  async flush(): Promise<void> {
    await this.#parts.blobs.readTimes.write();
    const failures: unknown[] = [];
    for (const repository of this.#opened.values()) {
      await this.flushOne(repository).catch((error) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async flushOne(repository: Repository): Promise<void> {
    if (repository.index.pending.length > 0) await this.#writer.flush(repository);
  }

  async close(): Promise<void> {
    await this.#writer.close();
    await this.#parts.blobs.readTimes.write();
  }

  #recover(repository: Repository, operations: readonly JournalOperation[]): void {
    const { journal, onWarning } = this.#parts;
    onWarning(
      `another tool has overwritten ${operations.length} changes in the index of ${repository.name}`,
      undefined,
    );
    for (const lost of operations) {
      const operation = { ...lost }; // a line of its own in the journal
      const apply = () => {
        repository.index.apply(operation);
        this.#writer.schedule(repository);
      };
      journal.append(operation, apply).catch((error) => {
        onWarning(`a change to ${repository.name} is kept only once its index can be written`, error);
        apply();
      });
    }
  }

  async #write(repository: Repository): Promise<readonly JournalOperation[]> {
    try {
      return await repository.index.write();
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw error;
      // Somebody took the directory away.
      await this.#parts.layouts.create(repository.name, 'sha256');
      return repository.index.write();
    }
  }

  async #holdsSomething(name: string): Promise<boolean> {
    if (!this.#opened.has(name)) {
      const stats = await lstat(this.#parts.paths.index(name)).catch(unlessMissing);
      if (stats === undefined || !(await this.#parts.layouts.isInside(name))) return false;
      if (stats.size > EMPTY_INDEX_BYTES) return true;
    }
    const repository = await this.find(name);
    if (repository === undefined) return false;
    try {
      return !(await repository.index.view()).isEmpty || (await this.holdsBlobs(name));
    } catch (error) {
      // Nobody can tell what it holds, and the others are not to be hidden for that.
      if (error instanceof OciError && error.code === 'FILE_UNREADABLE') return true;
      throw error;
    }
  }
}
