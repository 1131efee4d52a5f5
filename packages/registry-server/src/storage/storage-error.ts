/** What a store may refuse, and why; handlers turn these into the errors of the protocol. */
export type StorageErrorCode =
  /** No such session, or not in this repository. */
  | 'UPLOAD_UNKNOWN'
  /** Another request is writing to the session. */
  | 'UPLOAD_BUSY'
  /** The bytes do not start where the session ends; `size` tells where that is. */
  | 'OFFSET_MISMATCH'
  /** The bytes hash to another digest than the one they were announced with. */
  | 'DIGEST_MISMATCH'
  /** More bytes than the limit that was given. */
  | 'TOO_LARGE'
  /** Blobs or manifests that a manifest names are not in its repository; `missing` lists them. */
  | 'REFERENCE_UNKNOWN'
  /** No room on the disk, or none left of the repository's quota. */
  | 'NO_SPACE'
  /** A repository's name that this store cannot hold, as it would lie inside another one's files. */
  | 'NAME_UNAVAILABLE'
  /** A repository that cannot be changed: it is made here, and not pushed. */
  | 'READ_ONLY';

export interface StorageErrorDetail extends ErrorOptions {
  /** Bytes that the upload has so far. */
  readonly size?: number | undefined;
  readonly missing?: readonly string[] | undefined;
}

export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;
  readonly size: number | undefined;
  readonly missing: readonly string[];

  constructor(code: StorageErrorCode, message: string, { size, missing = [], cause }: StorageErrorDetail = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
    this.size = size;
    this.missing = missing;
  }
}
