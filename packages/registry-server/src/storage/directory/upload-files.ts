import { randomUUID } from 'node:crypto';
import { type FileHandle, lstat, open, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobInfo } from '@quinistry/oci-image';
import type { Digest } from '@quinistry/oci-image/spec';
import { fillingSource } from '../filling-source.js';
import type { AppendOptions, Upload } from '../registry-store.js';
import { StorageError } from '../storage-error.js';
import { HashingThreads } from './hashing-threads.js';
import { checkName, isStorableName, type RepositoryPaths } from './repository-paths.js';
import { StagePool } from './stage-pool.js';
import { StagedSync, SyncSlots } from './staged-sync.js';
import { isSystemError, reportingSpace, storageFailure, unlessMissing } from './system-error.js';
import { createSessionFile, digestOfSession, type UploadSession } from './upload-session.js';
import { UploadTarget } from './upload-target.js';
import { UploadWriter } from './upload-writer.js';

const SESSION_PATTERN = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** No part of a repository's name begins so: files of sessions and directories of repositories share a directory. */
export const SESSION_PREFIX = '_';

/** Sessions whose state is kept in memory; for the others the file says it all, and finishing reads it once more. */
const MOST_REMEMBERED = 4096;

/** Most blobs are small, and their requests follow one another at once: then the file is opened once for all three. */
const MOST_OPEN_FILES = 64;

/** A file that was written longer ago than this is marked as written when it becomes a blob. */
const RECENT_MS = 1000;

/**
 * Upload sessions as files: `<repository>/_<session>`, so that the path says whose a session is, and the size of the file
 * how far it has come. Nothing else is needed to go on after a restart.
 *
 * They are not synced before they are finished. After a loss of power a session may be shorter than it was, or hold bytes
 * that never came; the first the client is told, the second the digest finds out.
 */
export class UploadFiles {
  readonly #paths: RepositoryPaths;
  readonly #sessions = new Map<string, UploadSession>();
  readonly #withFiles = new Set<UploadSession>();
  /** None once all is closed: a file is let go of as soon as nobody is at it then. */
  #mostOpenFiles = MOST_OPEN_FILES;
  readonly #threads = new HashingThreads();
  readonly #stages = new StagePool((memory) => this.#threads.forget(memory));
  readonly #syncs = new SyncSlots();

  constructor(paths: RepositoryPaths) {
    this.#paths = paths;
  }

  /** @throws {StorageError} `NAME_UNAVAILABLE`, `NO_SPACE` */
  async create(repository: string): Promise<Upload> {
    checkName(repository);
    const session = randomUUID();
    const path = this.#path(repository, session);
    const file = await reportingSpace(() => createSessionFile(path));
    this.#keepOpen(this.#remember({ ...this.#sessionAt(path, 0), writtenAt: Date.now(), file }));
    return { session, size: 0 };
  }

  async stat(repository: string, session: string): Promise<Upload | undefined> {
    const found = await this.#find(repository, session);
    return found && { session, size: found.size };
  }

  /** @throws as `RegistryStore.appendUpload` does. */
  async append(
    repository: string,
    session: string,
    source: AsyncIterable<Uint8Array>,
    options: AppendOptions = {},
  ): Promise<Upload> {
    return this.#exclusively(repository, session, async (state) => {
      const { offset = state.size } = options;
      if (offset !== state.size) {
        throw new StorageError('OFFSET_MISMATCH', `the upload has ${state.size} bytes, and these start at ${offset}`, {
          size: state.size,
        });
      }
      await this.#write(state, source, options);
      return { session, size: state.size };
    });
  }

  /**
   * Makes the bytes of a session durable, compares them, and hands the file to `seal`, which takes it away.
   *
   * @throws as `RegistryStore.finishUpload` does.
   */
  async finish(
    repository: string,
    session: string,
    digest: Digest,
    seal: (info: BlobInfo, path: string) => Promise<void>,
  ): Promise<BlobInfo> {
    return this.#exclusively(repository, session, async (state) => {
      const actual = await digestOfSession(state, digest);
      if (actual !== digest) {
        await this.#drop(state);
        throw new StorageError('DIGEST_MISMATCH', `the upload hashes to ${actual} where ${digest} was expected`);
      }
      const info = { digest, size: state.size };
      await this.#complete(state);
      const now = Date.now();
      if (now - state.writtenAt > RECENT_MS) await utimes(state.path, now / 1000, now / 1000);
      try {
        await seal(info, state.path);
      } finally {
        // Where that failed, too: the file may be a blob by now, which nobody may write to. If it is not, it is found again.
        this.#forget(state);
      }
      return info;
    });
  }

  /** Ends a session also while bytes come in: whoever brings them is told at the next ones. */
  async cancel(repository: string, session: string): Promise<boolean> {
    const state = await this.#find(repository, session);
    return state !== undefined && this.#drop(state);
  }

  /** Removes a session unless somebody is at it. */
  async expire(repository: string, session: string): Promise<boolean> {
    const state = await this.#find(repository, session);
    return state !== undefined && !state.busy && this.#drop(state);
  }

  isBusy(repository: string, session: string): boolean {
    return this.#sessions.get(this.#path(repository, session))?.busy ?? false;
  }

  #path(repository: string, session: string): string {
    return join(this.#paths.uploads, repository, `${SESSION_PREFIX}${session}`);
  }

  async #find(repository: string, session: string): Promise<UploadSession | undefined> {
    if (!isStorableName(repository) || !SESSION_PATTERN.test(session)) return undefined;
    const path = this.#path(repository, session);
    const remembered = this.#sessions.get(path);
    if (remembered !== undefined) return remembered.cancelled ? undefined : remembered;
    const stats = await lstat(path).catch(unlessMissing);
    if (stats?.isFile() !== true) return undefined;
    return this.#sessions.get(path) ?? this.#remember(this.#sessionAt(path, stats.size));
  }

  #sessionAt(path: string, size: number): UploadSession {
    const sync = new StagedSync(this.#syncs);
    return { path, size, hash: undefined, writtenAt: 0, busy: false, cancelled: false, file: undefined, sync };
  }

  #remember(session: UploadSession): UploadSession {
    this.#sessions.set(session.path, session);
    for (const oldest of this.#sessions.values()) {
      if (this.#sessions.size <= MOST_REMEMBERED) break;
      if (!oldest.busy) this.#forget(oldest);
    }
    return session;
  }

  #forget(session: UploadSession): void {
    if (this.#sessions.get(session.path) === session) this.#sessions.delete(session.path);
    session.hash?.close();
    session.hash = undefined;
    this.#close(session);
  }

  async #open(session: UploadSession): Promise<FileHandle> {
    session.file ??= await open(session.path, 'r+');
    this.#keepOpen(session);
    return session.file;
  }

  #keepOpen(session: UploadSession): void {
    this.#withFiles.delete(session);
    this.#withFiles.add(session);
    this.#closeOldest();
  }

  #closeOldest(): void {
    for (const oldest of this.#withFiles) {
      if (this.#withFiles.size <= this.#mostOpenFiles) break;
      if (!oldest.busy) this.#close(oldest);
    }
  }

  /** Nobody waits: what has to be durable was synced before. */
  #close(session: UploadSession): void {
    const { file } = session;
    session.file = undefined;
    this.#withFiles.delete(session);
    file?.close().catch(() => {});
  }

  /** @returns whether it was this call that ended the session. */
  async #drop(session: UploadSession): Promise<boolean> {
    if (session.cancelled) return false;
    session.cancelled = true;
    await rm(session.path, { force: true });
    this.#sessions.delete(session.path);
    if (!session.busy) this.#forget(session);
    return true;
  }

  /** Lets go of files and threads. */
  async close(): Promise<void> {
    this.#mostOpenFiles = 0;
    this.#closeOldest();
    await this.#threads.stop();
  }

  async #exclusively<T>(repository: string, session: string, work: (state: UploadSession) => Promise<T>): Promise<T> {
    const state = await this.#find(repository, session);
    if (state === undefined) throw unknownUpload(session);
    if (state.busy) throw new StorageError('UPLOAD_BUSY', `another request is at upload ${session}`);
    state.busy = true;
    try {
      return await work(state);
    } catch (error) {
      if (state.cancelled && isSystemError(error, 'ENOENT')) throw unknownUpload(session);
      throw storageFailure(error);
    } finally {
      state.busy = false;
      if (state.cancelled) this.#forget(state);
      this.#closeOldest();
    }
  }

  /** Bytes that the disk refused are not in the file, whatever a second sync says. */
  async #complete(state: UploadSession): Promise<void> {
    const file = await this.#open(state);
    try {
      await state.sync.complete(file);
    } catch (error) {
      await this.#drop(state);
      throw error;
    }
  }

  async #write(
    state: UploadSession,
    source: AsyncIterable<Uint8Array>,
    { maxBytes = Number.POSITIVE_INFINITY, signal }: AppendOptions,
  ): Promise<void> {
    const file = await this.#open(state);
    const writer = new UploadWriter({
      target: new UploadTarget(state.path, file, state.sync),
      size: state.size,
      hash: state.hash,
      stages: this.#stages,
      startHash: () => this.#threads.startHash(),
    });
    const bytes = fillingSource(source);
    const demand = () => {
      signal?.throwIfAborted();
      if (state.cancelled) throw unknownUpload(state.path.slice(-36));
    };
    const take = async (memory: Buffer, room: number) => {
      const taken = await bytes.fill(memory.subarray(0, Math.max(1, room)), demand);
      if (taken > room) throw new StorageError('TOO_LARGE', `more than the ${maxBytes} bytes that a blob may have`);
      return taken;
    };
    let failure: { readonly error: unknown } | undefined;
    try {
      try {
        await writer.append((memory) => take(memory, maxBytes - writer.size));
      } catch (error) {
        failure = { error };
        bytes.leave();
      }
      // What came before a failure of the source is kept.
      await writer.finish();
      state.size = writer.size;
      state.hash = writer.hash;
      state.writtenAt = Date.now();
    } catch (error) {
      await this.#recover(state, writer);
      failure = { error };
    }
    if (failure !== undefined) throw failure.error;
  }

  /** After a failed write the file says how far the session is, and the digest is of something else. */
  async #recover(state: UploadSession, writer: UploadWriter): Promise<void> {
    (writer.hash ?? state.hash)?.close();
    state.hash = undefined;
    const stats = await lstat(state.path).catch(() => undefined);
    if (stats !== undefined) state.size = stats.size;
  }
}

function unknownUpload(session: string): StorageError {
  return new StorageError('UPLOAD_UNKNOWN', `there is no upload ${session}`);
}
