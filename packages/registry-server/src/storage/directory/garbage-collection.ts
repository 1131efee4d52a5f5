import { lstat, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { OciError } from '@quinistry/oci-image';
import type { Digest } from '@quinistry/oci-image/spec';
import type { CollectOptions, Garbage } from '../registry-store.js';
import type { BlobFiles } from './blob-files.js';
import { listBlobs } from './blob-list.js';
import { markKept } from './garbage-marks.js';
import type { Repositories } from './repositories.js';
import type { Repository } from './repository.js';
import type { RepositoryPaths } from './repository-paths.js';
import type { RepositoryView } from './repository-view.js';
import { unlessMissing } from './system-error.js';
import { SESSION_PREFIX, type UploadFiles } from './upload-files.js';

export interface GarbageCollectionParts {
  readonly paths: RepositoryPaths;
  readonly blobs: BlobFiles;
  readonly repositories: Repositories;
  readonly uploads: UploadFiles;
}

/** One run: when things count as old, and what it has met. */
interface Run {
  readonly touchedBefore: number;
  readonly untagged: boolean;
  readonly dryRun: boolean;
  readonly signal: AbortSignal | undefined;
  /** How many names of a file a dry run would have removed: the last one frees its bytes. */
  readonly removedNames: Map<number, number>;
}

/** What one look at a repository has to go by. */
interface Marked {
  readonly repository: Repository;
  readonly run: Run;
  readonly view: RepositoryView;
  /** What was told of already. */
  readonly done: Set<Digest>;
  /** Whether somebody may rely on it by now. */
  readonly isRelied: (digest: Digest) => boolean;
}

/** How often a repository is marked anew because another tool has written its index; the rest is left to the next run. */
const MARK_ATTEMPTS = 10;

/**
 * Removes what nothing refers to, one repository after the other, while everything else goes on. A repository that cannot be
 * read is left as it is, and does not keep the others from being collected; it is told of at the end.
 */
export class GarbageCollection {
  readonly #parts: GarbageCollectionParts;

  constructor(parts: GarbageCollectionParts) {
    this.#parts = parts;
  }

  async *collect({ graceMs, untagged = false, dryRun = false, signal }: CollectOptions): AsyncGenerator<Garbage> {
    const touchedBefore = Date.now() - graceMs;
    const run: Run = { touchedBefore, untagged, dryRun, signal, removedNames: new Map() };
    yield* this.#collectUploads(run, '');
    const failures: { readonly name: string; readonly error: unknown }[] = [];
    for (const name of await this.#parts.repositories.layouts()) {
      signal?.throwIfAborted();
      try {
        const repository = await this.#parts.repositories.find(name);
        if (repository !== undefined) yield* this.#collectRepository(repository, run);
      } catch (error) {
        signal?.throwIfAborted();
        failures.push({ name, error });
      }
    }
    const [first, ...others] = failures;
    if (first !== undefined) throw uncollected(first.name, others.length, first.error);
  }

  async *#collectRepository(repository: Repository, run: Run): AsyncGenerator<Garbage> {
    const { repositories } = this.#parts;
    // What is written meanwhile is not in the marks, but it is in here.
    const watch = repository.reliedOn.watch();
    const done = new Set<Digest>();
    try {
      // So that the index does not name what is gone. Without room for it, making room comes first.
      await repositories.flushOne(repository).catch(() => {});
      for (let attempt = 1; attempt <= MARK_ATTEMPTS; attempt++) {
        const view = await repository.index.view();
        const isRelied = (digest: Digest) => watch.seen.has(digest) || repository.index.current !== view;
        yield* this.#collectMarked({ repository, run, view, done, isRelied });
        if (repository.index.current === view) break;
      }
    } finally {
      watch.stop();
    }
    if (!run.dryRun) await repositories.removeIfEmpty(repository);
  }

  /** Ends early where another tool writes the index: what it names now is not in the marks. */
  async *#collectMarked({ repository, run, view, done, isRelied }: Marked): AsyncGenerator<Garbage> {
    const { repositories } = this.#parts;
    const named = new Set(view.named());
    const { kept: marked, garbageManifests } = await markKept(
      repository,
      async (digest) => !run.untagged || named.has(digest) || (await this.#isRecent(repository, digest, run)),
    );
    const kept = new Set(marked);
    for (const digest of garbageManifests) {
      run.signal?.throwIfAborted();
      if ((await repository.index.view()) !== view) return;
      if (done.has(digest)) continue;
      if (!kept.has(digest)) {
        const size = await this.#freedBy(repository, digest, run);
        if (run.dryRun || (await repository.delete(digest, isRelied))) {
          done.add(digest);
          yield { kind: 'manifest', repository: repository.name, name: digest, size };
          continue;
        }
      }
      // Somebody relies on it by now, and with it on all that it names. Its members come after it.
      for (const reference of await repository.references(digest)) kept.add(reference.digest);
    }
    if (garbageManifests.length > 0 && !run.dryRun) await repositories.flushOne(repository).catch(() => {});
    const passed = new Set(garbageManifests);
    for await (const digest of listBlobs(this.#parts.paths.blobs(repository.name))) {
      run.signal?.throwIfAborted();
      if ((await repository.index.view()) !== view) return;
      if (kept.has(digest) || passed.has(digest) || done.has(digest)) continue;
      const size = await this.#sweepBlob(repository, digest, run, isRelied);
      if (size === undefined) continue;
      done.add(digest);
      yield { kind: 'blob', repository: repository.name, name: digest, size };
    }
  }

  /** @returns the bytes that it frees; `undefined` for what stays. */
  async #sweepBlob(
    repository: Repository,
    digest: Digest,
    run: Run,
    isRelied: (digest: Digest) => boolean,
  ): Promise<number | undefined> {
    const { blobs } = this.#parts;
    // Whoever is told that the blob exists holds the same lock, and leaves the time in the file.
    return blobs.lock.run(blobs.lockKey(repository.name, digest), async () => {
      if (isRelied(digest) || repository.index.current?.manifests.has(digest)) return undefined;
      if (await this.#isRecent(repository, digest, run)) return undefined;
      const size = await this.#freedBy(repository, digest, run);
      if (!run.dryRun && (isRelied(digest) || !(await blobs.remove(repository.name, digest)))) return undefined;
      return size;
    });
  }

  async #isRecent(repository: Repository, digest: Digest, { touchedBefore }: Run): Promise<boolean> {
    const stats = await this.#parts.blobs.stat(repository.name, digest);
    if (stats === undefined) return false;
    return Math.max(Math.floor(stats.mtimeMs), repository.lastRead(digest)) > touchedBefore;
  }

  async #freedBy(repository: Repository, digest: Digest, run: Run): Promise<number> {
    const stats = await this.#parts.blobs.stat(repository.name, digest);
    if (stats === undefined) return 0;
    const removed = (run.removedNames.get(stats.ino) ?? 0) + 1;
    if (run.dryRun) run.removedNames.set(stats.ino, removed);
    return stats.nlink > removed ? 0 : stats.size;
  }

  async *#collectUploads(run: Run, repository: string): AsyncGenerator<Garbage> {
    const { paths, uploads } = this.#parts;
    const directory = join(paths.uploads, repository);
    const entries = (await readdir(directory, { withFileTypes: true }).catch(unlessMissing)) ?? [];
    for (const entry of entries) {
      if (entry.isDirectory()) {
        const below = join(repository, entry.name);
        yield* this.#collectUploads(run, below);
        // A session that begins meanwhile makes the directory anew.
        if (!run.dryRun) await rmdir(join(paths.uploads, below)).catch(() => {});
      } else if (entry.name.startsWith(SESSION_PREFIX)) {
        const name = entry.name.slice(SESSION_PREFIX.length);
        const stats = await lstat(join(directory, entry.name)).catch(unlessMissing);
        if (stats === undefined || Math.floor(stats.mtimeMs) > run.touchedBefore) continue;
        if (run.dryRun ? uploads.isBusy(repository, name) : !(await uploads.expire(repository, name))) continue;
        yield { kind: 'upload', repository, name, size: stats.size };
      }
    }
  }
}

function uncollected(name: string, others: number, cause: unknown): OciError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const whose = others === 0 ? name : `${name} and of ${others} more`;
  return new OciError('FILE_UNREADABLE', `the garbage of ${whose} stays: ${reason}`, { cause });
}
