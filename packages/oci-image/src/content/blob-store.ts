/**
 * Where sealed blobs are: content that is named by its digest.
 * The contract is small on purpose, so that a directory, a registry or a bucket can stand behind it.
 */
import type { Digest, DigestAlgorithm } from '../spec/digest.js';

export interface BlobInfo {
  readonly digest: Digest;
  /** Bytes as stored. */
  readonly size: number;
}

export interface WriteBlobOptions {
  /** The algorithm of the digest that names the blob, where `expected` does not say. @defaultValue `sha256` */
  readonly algorithm?: DigestAlgorithm | undefined;
  /** Refuse anything but these bytes. */
  readonly expected?: Partial<BlobInfo> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A part of a blob: from `start` up to and without `end`, in bytes. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface OpenBlobOptions {
  /** @defaultValue the whole blob */
  readonly range?: ByteRange | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface BlobStore {
  /**
   * Reads `source` to its end and seals it. A failure, an abort and a mismatch leave nothing behind.
   *
   * @throws {ContentMismatchError} `SIZE_MISMATCH` or `DIGEST_MISMATCH` where `expected` says otherwise.
   */
  write(source: AsyncIterable<Uint8Array>, options?: WriteBlobOptions): Promise<BlobInfo>;

  /** What is known of a blob, or `undefined` where this store does not hold it. */
  stat(digest: Digest): Promise<BlobInfo | undefined>;

  /**
   * The bytes of a blob, from its start at every call.
   *
   * @throws {OciError} `BLOB_UNKNOWN`, on the first read, where this store does not hold it.
   */
  open(digest: Digest, options?: OpenBlobOptions): AsyncIterable<Uint8Array>;
}
