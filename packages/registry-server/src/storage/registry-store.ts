/**
 * What a registry that takes pushes keeps things in. Every method leaves the store whole: what it has acknowledged is
 * there after a crash, what it has not is not visible, and nothing is half done.
 *
 * A repository exists from the first blob or manifest that it holds to the last one; uploads do not make it appear.
 * Whoever calls vouches for the values: names, tags and digests follow their grammars.
 *
 * No method holds a lock while it reads a body: a slow client blocks nobody but itself.
 */
import type { BlobInfo } from '@quinistry/oci-image';
import type { Digest } from '@quinistry/oci-image/spec';
import type { RegistryStorage, StoredManifest } from './registry-storage.js';

/** Bytes on their way to becoming a blob. Sessions belong to one repository and survive a restart of the server. */
export interface Upload {
  /** Cannot be guessed. */
  readonly session: string;
  /** Bytes that have been kept so far: the offset at which the next ones go. */
  readonly size: number;
}

export interface AppendOptions {
  /** Where the client believes the session to end; left out, the bytes go wherever that is. */
  readonly offset?: number | undefined;
  /** Most bytes that the session may come to; more are refused, and what came before them is kept. */
  readonly maxBytes?: number | undefined;
  /** Looked at before each chunk: a source that falls silent has to fail by itself. */
  readonly signal?: AbortSignal | undefined;
}

export interface WriteManifestOptions {
  /** Tags that are to name the manifest from now on, all of them or none. */
  readonly tags?: readonly string[] | undefined;
  /** Whether what the manifest names may be missing. A subject, and a layer that is fetched from elsewhere, always may. @defaultValue `false` */
  readonly sparse?: boolean | undefined;
}

export interface CollectOptions {
  /**
   * What was written, or asked for, more recently than this stays, and a manifest that stays keeps what it names.
   * Asked for: by `statBlob` or by `readManifest`, in the same repository; a store that shares a blob's file may keep it
   * in all of them. An upload's age counts from its last byte, and one that is being written to is not garbage.
   * Milliseconds.
   */
  readonly graceMs: number;
  /**
   * Whether manifests that nothing names count as garbage. One is named by its tags and by indexes that stay, and a
   * referrer by its subject: it stays as long as that does. @defaultValue `false`
   */
  readonly untagged?: boolean | undefined;
  /** Report, and remove nothing. @defaultValue `false` */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Garbage {
  readonly kind: 'blob' | 'manifest' | 'upload';
  readonly repository: string;
  /** A digest, or the session of an upload. */
  readonly name: string;
  /** Bytes that are freed; 0 where another repository shares them. */
  readonly size: number;
}

export interface RegistryStore extends RegistryStorage {
  /** Starts a session. The repository need not exist. @throws {StorageError} `NAME_UNAVAILABLE`, `NO_SPACE` */
  createUpload(repository: string): Promise<Upload>;

  /** A session of this repository; `undefined` for one that is unknown, has ended, or is another repository's. */
  statUpload(repository: string, session: string): Promise<Upload | undefined>;

  /**
   * The sessions of a repository that have not ended, those from before a restart included, in any order. Where bytes are
   * coming in, `size` may be some behind.
   */
  listUploads(repository: string): Promise<readonly Upload[]>;

  /**
   * Adds bytes to the end of a session. Where `source` fails, what came of it is kept, the session lives on, and the
   * failure comes through as it is. Where the session does not take the bytes, `source` is left unread.
   *
   * @throws {StorageError} `UPLOAD_UNKNOWN`, `UPLOAD_BUSY`, `OFFSET_MISMATCH`, `TOO_LARGE`, `NO_SPACE`
   */
  appendUpload(
    repository: string,
    session: string,
    source: AsyncIterable<Uint8Array>,
    options?: AppendOptions,
  ): Promise<Upload>;

  /**
   * Seals what a session has as a blob of the repository, and ends the session. The algorithm is that of `digest`.
   *
   * @throws {StorageError} `DIGEST_MISMATCH`, which ends the session and keeps nothing; `UPLOAD_UNKNOWN`, `UPLOAD_BUSY`, `NO_SPACE`
   */
  finishUpload(repository: string, session: string, digest: Digest): Promise<BlobInfo>;

  /**
   * Ends a session and drops its bytes. A request that is writing to it fails with `UPLOAD_UNKNOWN` at its next chunk.
   *
   * @returns whether there was one.
   */
  cancelUpload(repository: string, session: string): Promise<boolean>;

  /**
   * Makes a blob of `from` one of `repository` too, without its bytes being sent again.
   *
   * @returns `undefined` where `from` does not hold it.
   */
  mountBlob(repository: string, digest: Digest, from: string): Promise<BlobInfo | undefined>;

  /** A repository that holds the blob and that `allowed` accepts: for a mount that names no source. */
  findBlob(digest: Digest, allowed: (repository: string) => boolean): Promise<string | undefined>;

  /**
   * Removes a blob from this repository. Manifests that name it stay, and so do other repositories' blobs; whoever is
   * reading it reads on to its end.
   *
   * @returns whether the repository held the blob.
   */
  deleteBlob(repository: string, digest: Digest): Promise<boolean>;

  /**
   * Adds a manifest, and lets tags name it. A tag that named another manifest moves, and leaves that one where it is.
   * Writing the same manifest again is no error and takes no tag away; its media type is the one it is served with from
   * now on. Its digest is that of its bytes.
   *
   * @throws {StorageError} `REFERENCE_UNKNOWN`, `NAME_UNAVAILABLE`, `NO_SPACE`
   * @throws {DocumentError} for bytes that are no manifest of that media type.
   */
  writeManifest(repository: string, manifest: StoredManifest, options?: WriteManifestOptions): Promise<void>;

  /** Removes a manifest and the tags that name it. @returns whether there was one. */
  deleteManifest(repository: string, digest: Digest): Promise<boolean>;

  /** Removes a tag, and leaves the manifest. @returns whether there was one. */
  deleteTag(repository: string, tag: string): Promise<boolean>;

  /** Bytes that a repository holds: its blobs and manifests, those that it shares included. */
  measureRepository(repository: string): Promise<number>;

  /**
   * Finds what nothing refers to any more and removes it, while pushes go on. A blob that a client was just told exists
   * stays for the grace period, so that the manifest which the client is about to push finds it.
   * What is yielded has been removed: who stops reading stops the collection.
   */
  collectGarbage(options: CollectOptions): AsyncIterable<Garbage>;

  /** Writes down what is still to be written, and lets go of files. Sessions stay. */
  close(): Promise<void>;
}
