/**
 * What a registry reads from. Behind it may stand memory, a directory, a bucket, or an image that is still being built:
 * a request waits for whatever promise it is given.
 *
 * A repository is a boundary. A blob is answered for only in a repository that holds it, though the same bytes may be
 * known to another one: otherwise who may read one repository may read them all (zot, CVE-2024-39897).
 */
import type { OpenBlobOptions } from '@quinistry/oci-image';
import type { Descriptor, Digest } from '@quinistry/oci-image/spec';

/** A manifest as it was stored: its raw bytes are what the digest covers, so they are served as they are. */
export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export interface StoredBlob {
  /** Bytes as stored. */
  readonly size: number;
  /** What a manifest calls the blob, where that is known; it tells a config from a layer in the log, and nothing else. */
  readonly mediaType?: string | undefined;
}

export interface ReadBlobOptions extends OpenBlobOptions {
  /** Whether a chunk's memory may be filled anew as soon as the next but one is asked for. @defaultValue `false` */
  readonly recycle?: boolean | undefined;
}

/** A stretch of a list that is sorted by bytes. */
export interface Page {
  /** Entries at most. */
  readonly limit: number;
  /** The entry before the first one wanted; it need not exist. */
  readonly last?: string | undefined;
}

export interface RegistryStorage {
  /** Names of the repositories that hold something. */
  listRepositories(page: Page): Promise<readonly string[]>;

  /** Tags of a repository; `undefined` where there is no such repository. */
  listTags(repository: string, page: Page): Promise<readonly string[] | undefined>;

  /**
   * What a tag stands for: one manifest as a rule, or the same image in several families, the default first.
   * Empty where there is no such tag.
   */
  resolveTag(repository: string, tag: string): Promise<readonly StoredManifest[]>;

  readManifest(repository: string, digest: Digest): Promise<StoredManifest | undefined>;

  statBlob(repository: string, digest: Digest): Promise<StoredBlob | undefined>;

  /**
   * The bytes of a blob that `statBlob` knows, or the part of them that `range` names.
   *
   * @throws {OciError} `BLOB_UNKNOWN`, on the first read, where the repository does not hold it.
   */
  openBlob(repository: string, digest: Digest, options?: ReadBlobOptions): AsyncIterable<Uint8Array>;

  /** Descriptors of the manifests whose subject is `digest`; in any order; empty where there are none, or no such repository. */
  listReferrers(repository: string, digest: Digest): Promise<readonly Descriptor[]>;
}
