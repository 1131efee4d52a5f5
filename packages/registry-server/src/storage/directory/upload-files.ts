import { createHash, type Hash, randomUUID } from 'node:crypto';
import { lstat, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlobInfo } from '@quinistry/oci-image';
import { computeDigest } from '@quinistry/oci-image';
import { type Digest, digestAlgorithm, formatDigest } from '@quinistry/oci-image/spec';
import type { AppendOptions, Upload } from '../registry-store.js';
import { StorageError } from '../storage-error.js';
import { checkName, isStorableName, type RepositoryPaths } from './repository-paths.js';
import { isSystemError, storageFailure, unlessMissing } from './system-error.js';
import { UploadWriter } from './upload-writer.js';

const SESSION_PATTERN = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** No part of a repository's name begins so: files of sessions and directories of repositories share a directory. */
export const SESSION_PREFIX = '_';

/** Sessions whose state is kept in memory; for the others the file says it all, and finishing reads it once more. */
const MOST_REMEMBERED = 4096;

const READ_BYTES = 1024 * 1024;

interface Session {
  readonly path: string;
  /** Bytes in the file. */
  size: number;
  /** Of all bytes in the file, where it has followed them from the first one on. */
  hash: Hash | undefined;
  busy: boolean;
  cancelled: boolean;
}

/**
 * Upload sessions as files: `<repository>/_<session>`, so that the path says whose a session is, and the size of the file
 * how far it has come. Nothing else is needed to go on after a restart.
 *
 * They are not synced before they are finished. After a loss of power a session may be shorter than it was, or hold bytes
 * that never came; the first the client is told, the second the digest finds out.
 */
export class UploadFiles {
  readonly #paths: RepositoryPaths;
  readonly #sessions = new Map<string, Session>();

  constructor(paths: RepositoryPaths) {
    this.#paths = paths;
  }

  /** @throws {StorageError} `NAME_UNAVAILABLE`, `NO_SPACE` */
  async create(repository: string): Promise<Upload> {
    checkName(repository);
    const session = randomUUID();
    const path = this.#path(repository, session);
    try {
      await createFile(path).catch(async (error) => {
        if (!isSystemError(error, 'ENOENT')) throw error;
        await mkdir(dirname(path), { recursive: true });
        await createFile(path);
      });
    } catch (error) {
      throw storageFailure(error);
    }
    this.#remember({ path, size: 0, hash: createHash('sha256'), busy: false, cancelled: false });
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
      await syncFile(state.path);
      await seal(info, state.path);
      this.#sessions.delete(state.path);
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

  async #find(repository: string, session: string): Promise<Session | undefined> {
    if (!isStorableName(repository) || !SESSION_PATTERN.test(session)) return undefined;
    const path = this.#path(repository, session);
    const remembered = this.#sessions.get(path);
    if (remembered !== undefined) return remembered.cancelled ? undefined : remembered;
    const stats = await lstat(path).catch(unlessMissing);
    if (stats?.isFile() !== true) return undefined;
    const { size } = stats;
    const hash = size === 0 ? createHash('sha256') : undefined;
    return this.#sessions.get(path) ?? this.#remember({ path, size, hash, busy: false, cancelled: false });
  }

  #remember(session: Session): Session {
    this.#sessions.set(session.path, session);
    for (const [path, { busy }] of this.#sessions) {
      if (this.#sessions.size <= MOST_REMEMBERED) break;
      if (!busy) this.#sessions.delete(path);
    }
    return session;
  }

  /** @returns whether it was this call that ended the session. */
  async #drop(session: Session): Promise<boolean> {
    if (session.cancelled) return false;
    session.cancelled = true;
    await rm(session.path, { force: true });
    this.#sessions.delete(session.path);
    return true;
  }

  async #exclusively<T>(repository: string, session: string, work: (state: Session) => Promise<T>): Promise<T> {
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
    }
  }

  async #write(
    state: Session,
    source: AsyncIterable<Uint8Array>,
    { maxBytes = Number.POSITIVE_INFINITY, signal }: AppendOptions,
  ): Promise<void> {
    const file = await open(state.path, 'r+');
    const writer = new UploadWriter(file, state.size, state.hash);
    let failure: { readonly error: unknown } | undefined;
    try {
      try {
        for await (const chunk of source) {
          signal?.throwIfAborted();
          if (state.cancelled) throw unknownUpload(state.path.slice(-36));
          if (writer.size + chunk.byteLength > maxBytes) {
            throw new StorageError('TOO_LARGE', `more than the ${maxBytes} bytes that a blob may have`);
          }
          await writer.append(chunk);
        }
      } catch (error) {
        failure = { error };
      }
      // What came before a failure of the source is kept.
      await writer.finish();
      state.size = writer.size;
    } catch (error) {
      await this.#recover(state);
      failure = { error };
    } finally {
      await file.close();
    }
    if (failure !== undefined) throw failure.error;
  }

  /** After a failed write the file says how far the session is, and the digest is of something else. */
  async #recover(state: Session): Promise<void> {
    state.hash = undefined;
    const stats = await lstat(state.path).catch(() => undefined);
    if (stats !== undefined) state.size = stats.size;
  }
}

function unknownUpload(session: string): StorageError {
  return new StorageError('UPLOAD_UNKNOWN', `there is no upload ${session}`);
}

async function createFile(path: string): Promise<void> {
  await (await open(path, 'wx')).close();
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function digestOfSession({ path, hash }: Session, expected: Digest): Promise<Digest> {
  const algorithm = digestAlgorithm(expected);
  if (algorithm === 'sha256' && hash !== undefined) return formatDigest(algorithm, hash.copy().digest('hex'));
  return (await computeDigest(readFileInPieces(path), algorithm)).digest;
}

async function* readFileInPieces(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
