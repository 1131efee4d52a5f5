import { mkdir, realpath, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { BlobInfo } from '@quinistry/oci-image';
import { type Descriptor, type Digest, isDigest } from '@quinistry/oci-image/spec';
import type { Page, ReadBlobOptions, StoredBlob, StoredManifest } from '../registry-storage.js';
import type {
  AppendOptions,
  CollectOptions,
  Garbage,
  RegistryStore,
  Upload,
  WriteManifestOptions,
} from '../registry-store.js';
import { BlobFiles } from './blob-files.js';
import { BlobHomes } from './blob-homes.js';
import { DirectorySync } from './directory-sync.js';
import { DurableFiles } from './durable-file.js';
import { GarbageCollection } from './garbage-collection.js';
import { Journal } from './journal.js';
import { LayoutDirectories } from './layout-directory.js';
import { makeDirectories } from './make-directories.js';
import { Repositories } from './repositories.js';
import { DEFAULT_RECHECK_MS } from './repository-index.js';
import { checkName, isStorableName, RepositoryPaths } from './repository-paths.js';
import { acquireStoreLock } from './store-lock.js';
import { openFailure, reportingSpace } from './system-error.js';
import { UploadFiles } from './upload-files.js';
import { listUploads } from './upload-list.js';

export interface DirectoryStoreOptions {
  /** How long an answer may be older than what another tool wrote into the directory. @defaultValue {@link DEFAULT_RECHECK_MS} */
  readonly recheckMs?: number | undefined;
  /**
   * Told what could not be written for now; it is tried again. And at the start, where the file system knows no sockets:
   * then nothing keeps a second process from the directory.
   */
  readonly onWarning?: ((message: string, error: unknown) => void) | undefined;
}

export interface DirectoryStore extends RegistryStore {
  /** Absolute path, without symbolic links. */
  readonly root: string;
  /** A directory for files that are not to outlive the process, on the same disk. It is emptied when the store is opened. */
  readonly temporary: string;
  /** Writes every `index.json` that lacks something. Nobody needs to: they follow by themselves. */
  flush(): Promise<void>;
}

/**
 * Opens a tree of image layouts, one per repository, and makes the directory where there is none.
 *
 * @throws {OciError} `STORE_IN_USE` where another process has it open, `FILE_UNREADABLE` where it cannot be used.
 * @throws {StorageError} `NO_SPACE`
 */
export async function openDirectoryStore(root: string, options: DirectoryStoreOptions = {}): Promise<DirectoryStore> {
  const { recheckMs = DEFAULT_RECHECK_MS, onWarning = () => {} } = options;
  return reportingSpace(async () => {
    await makeDirectories(resolve(root));
    const paths = new RepositoryPaths(await realpath(root));
    await mkdir(paths.uploads, { recursive: true });
    const release = await acquireStoreLock(paths.claims, { onWarning });
    try {
      await rm(paths.temporary, { recursive: true, force: true });
      await mkdir(paths.temporary);
      const directories = new DirectorySync();
      await directories.sync(paths.root);
      const files = new DurableFiles(paths.temporary);
      const layouts = new LayoutDirectories(paths, directories, files);
      const blobs = new BlobFiles(paths, layouts, directories, files);
      const { journal, operations } = await Journal.open(paths.journal, directories);
      const repositories = new Repositories({
        paths,
        directories,
        files,
        layouts,
        blobs,
        journal,
        recheckMs,
        onWarning,
      });
      await repositories.replay(operations);
      return new OpenDirectoryStore({ paths, blobs, repositories, journal, release });
    } catch (error) {
      await release();
      throw error;
    }
  }).catch((error) => {
    throw openFailure(root, error);
  });
}

interface StoreParts {
  readonly paths: RepositoryPaths;
  readonly blobs: BlobFiles;
  readonly repositories: Repositories;
  readonly journal: Journal;
  readonly release: () => Promise<void>;
}

class OpenDirectoryStore implements DirectoryStore {
  readonly root: string;
  readonly temporary: string;
  readonly #parts: StoreParts;
  readonly #blobs: BlobFiles;
  readonly #repositories: Repositories;
  readonly #uploads: UploadFiles;
  readonly #homes = new BlobHomes();
  readonly #garbage: GarbageCollection;
  #closing: Promise<void> | undefined;

  constructor(parts: StoreParts) {
    this.root = parts.paths.root;
    this.temporary = parts.paths.temporary;
    this.#parts = parts;
    this.#blobs = parts.blobs;
    this.#repositories = parts.repositories;
    this.#uploads = new UploadFiles(parts.paths);
    this.#garbage = new GarbageCollection({ ...parts, uploads: this.#uploads });
  }

  async listRepositories({ limit, last }: Page): Promise<readonly string[]> {
    return this.#repositories.list(limit, last);
  }

  async listTags(repository: string, { limit, last }: Page): Promise<readonly string[] | undefined> {
    const found = await this.#repositories.find(repository);
    if (found === undefined) return undefined;
    const view = await found.index.view();
    if (view.isEmpty && !(await this.#repositories.holdsBlobs(repository))) return undefined;
    const { tags } = view;
    const start = last === undefined ? 0 : firstAfter(tags, last);
    return tags.slice(start, start + limit);
  }

  async resolveTag(repository: string, tag: string): Promise<readonly StoredManifest[]> {
    const manifest = await (await this.#repositories.find(repository))?.resolveTag(tag);
    return manifest === undefined ? [] : [manifest];
  }

  async readManifest(repository: string, digest: Digest): Promise<StoredManifest | undefined> {
    if (!isDigest(digest)) return undefined;
    return (await this.#repositories.find(repository))?.readManifest(digest);
  }

  async listReferrers(repository: string, digest: Digest): Promise<readonly Descriptor[]> {
    return (await (await this.#repositories.find(repository))?.referrers(digest)) ?? [];
  }

  async statBlob(repository: string, digest: Digest): Promise<StoredBlob | undefined> {
    if (!isDigest(digest) || this.#repositories.isRemoved(repository, digest)) return undefined;
    const stats = await this.#blobs.touch(repository, digest);
    return stats && { size: stats.size };
  }

  openBlob(repository: string, digest: Digest, options?: ReadBlobOptions): AsyncIterable<Uint8Array> {
    return this.#blobs.open(repository, digest, options);
  }

  async createUpload(repository: string): Promise<Upload> {
    return this.#uploads.create(repository);
  }

  async statUpload(repository: string, session: string): Promise<Upload | undefined> {
    return this.#uploads.stat(repository, session);
  }

  async listUploads(repository: string): Promise<readonly Upload[]> {
    return listUploads(this.#parts.paths, repository);
  }

  async appendUpload(
    repository: string,
    session: string,
    source: AsyncIterable<Uint8Array>,
    options?: AppendOptions,
  ): Promise<Upload> {
    return this.#uploads.append(repository, session, source, options);
  }

  async finishUpload(repository: string, session: string, digest: Digest): Promise<BlobInfo> {
    const info = await this.#uploads.finish(repository, session, digest, async (sealed, path) => {
      await this.#repositories.settle(repository, digest);
      const home = this.#homes.find(digest);
      // Sent anew though some repository has it: one file is enough.
      const isShared =
        home !== undefined && (await this.#blobs.share(repository, digest, home, sealed.size)) !== undefined;
      if (isShared) await rm(path, { force: true });
      else await this.#blobs.seal(repository, sealed, path);
    });
    this.#added(repository, info);
    return info;
  }

  async cancelUpload(repository: string, session: string): Promise<boolean> {
    return this.#uploads.cancel(repository, session);
  }

  async mountBlob(repository: string, digest: Digest, from: string): Promise<BlobInfo | undefined> {
    checkName(repository);
    if (!isStorableName(from) || this.#repositories.isRemoved(from, digest)) return undefined;
    await this.#repositories.settle(repository, digest);
    const size = await reportingSpace(() => this.#blobs.share(repository, digest, from));
    if (size === undefined) return undefined;
    const info = { digest, size };
    this.#added(repository, info);
    return info;
  }

  async findBlob(digest: Digest, allowed: (repository: string) => boolean): Promise<string | undefined> {
    const holds = async (repository: string) =>
      allowed(repository) &&
      !this.#repositories.isRemoved(repository, digest) &&
      (await this.#blobs.stat(repository, digest)) !== undefined;
    const home = this.#homes.find(digest);
    if (home !== undefined && (await holds(home))) return home;
    for (const repository of await this.#repositories.layouts()) {
      if (await holds(repository)) return repository;
    }
    return undefined;
  }

  async deleteBlob(repository: string, digest: Digest): Promise<boolean> {
    const found = await this.#repositories.find(repository);
    if (found === undefined || !isDigest(digest)) return false;
    const removed = await reportingSpace(() =>
      this.#blobs.lock.run(this.#blobs.lockKey(repository, digest), async () => {
        // The same file is a manifest as well, or becomes one under this lock, and that goes by its own address.
        if ((await found.peekManifest(digest)) !== undefined || found.isRemoved(digest)) return false;
        return this.#blobs.remove(repository, digest);
      }),
    );
    if (removed) await this.#repositories.removeIfEmpty(found);
    return removed;
  }

  async writeManifest(repository: string, manifest: StoredManifest, options: WriteManifestOptions = {}): Promise<void> {
    checkName(repository);
    await reportingSpace(() => this.#repositories.open(repository).write(manifest, options));
    this.#repositories.noteLayout(repository);
  }

  async deleteManifest(repository: string, digest: Digest): Promise<boolean> {
    if (!isDigest(digest)) return false;
    return reportingSpace(async () => (await (await this.#repositories.find(repository))?.delete(digest)) ?? false);
  }

  async deleteTag(repository: string, tag: string): Promise<boolean> {
    return reportingSpace(async () => (await (await this.#repositories.find(repository))?.deleteTag(tag)) ?? false);
  }

  async measureRepository(repository: string): Promise<number> {
    return isStorableName(repository) ? this.#repositories.measure(repository) : 0;
  }

  collectGarbage(options: CollectOptions): AsyncIterable<Garbage> {
    return this.#garbage.collect(options);
  }

  async flush(): Promise<void> {
    await reportingSpace(() => this.#repositories.flush());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#uploads.close();
    try {
      await this.#repositories.close();
      await this.#parts.journal.close();
    } finally {
      await this.#parts.release();
    }
  }

  #added(repository: string, { digest }: BlobInfo): void {
    this.#homes.note(digest, repository);
    this.#repositories.noteLayout(repository);
  }
}

/** Index of the first name behind `last`, in a list that is sorted. */
function firstAfter(names: readonly string[], last: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] ?? '') > last) high = middle;
    else low = middle + 1;
  }
  return low;
}
