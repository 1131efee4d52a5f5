/** What a registry allows at all, whoever asks. */
import { parseTagPattern } from './tag-pattern.js';

/** The specification asks for this much at least: distribution-spec, "Pushing Manifests". */
export const DEFAULT_MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** Uploads that were begun and neither finished nor given up; each costs memory and, in a directory, a file. */
export const DEFAULT_MAX_UPLOADS = 10_000;

/**
 * The share of one client, so that none can keep all others from pushing. docker pushes 5 layers at a time, podman 6, and
 * containerd a whole image; many runners may stand behind one address, and what they left half done counts for an hour.
 */
export const DEFAULT_MAX_UPLOADS_PER_CLIENT = 1000;

export interface Limits {
  /** @defaultValue {@link DEFAULT_MAX_MANIFEST_BYTES} */
  readonly maxManifestBytes?: number | undefined;
  /** @defaultValue none */
  readonly maxBlobBytes?: number | undefined;
  /** Open at once. @defaultValue {@link DEFAULT_MAX_UPLOADS} */
  readonly maxUploads?: number | undefined;
  /**
   * Of these, by one client: an account, or for whoever shows no login an IPv4 address or a /64 network of IPv6.
   * @defaultValue {@link DEFAULT_MAX_UPLOADS_PER_CLIENT}
   */
  readonly maxUploadsPerClient?: number | undefined;
  /** Blobs, manifests and open uploads of one repository, blobs included that it shares with others. @defaultValue none */
  readonly maxRepositoryBytes?: number | undefined;
}

export interface PolicyOptions {
  /** Nothing can be pushed or deleted. @defaultValue `false` */
  readonly readOnly?: boolean | undefined;
  /** Whether tags, manifests and blobs can be deleted. @defaultValue `true` */
  readonly deletes?: boolean | undefined;
  /**
   * Tags that stand for the same manifest for ever, once they are there: `v*` in every repository, `team/*:v*` in some.
   * They cannot be deleted, nor can what they need.
   */
  readonly immutableTags?: readonly string[] | undefined;
  /** Whether a manifest may name content that is not there. @defaultValue `false` */
  readonly sparse?: boolean | undefined;
  readonly limits?: Limits | undefined;
}

export interface RegistryPolicy {
  readonly readOnly: boolean;
  readonly deletes: boolean;
  readonly sparse: boolean;
  readonly hasImmutableTags: boolean;
  isImmutable(repository: string, tag: string): boolean;
  readonly maxManifestBytes: number;
  readonly maxBlobBytes: number;
  readonly maxUploads: number;
  readonly maxUploadsPerClient: number;
  readonly maxRepositoryBytes: number;
}

/** @throws {InvalidValueError} `REFERENCE_INVALID` for what is no pattern of tags. */
export function createPolicy(options: PolicyOptions): RegistryPolicy {
  const { readOnly = false, deletes = true, sparse = false, immutableTags = [], limits = {} } = options;
  const matchers = immutableTags.map(parseTagPattern);
  return {
    readOnly,
    deletes: deletes && !readOnly,
    sparse,
    hasImmutableTags: matchers.length > 0,
    isImmutable: (repository, tag) => matchers.some((matches) => matches(repository, tag)),
    maxManifestBytes: limits.maxManifestBytes ?? DEFAULT_MAX_MANIFEST_BYTES,
    maxBlobBytes: limits.maxBlobBytes ?? Number.POSITIVE_INFINITY,
    maxUploads: limits.maxUploads ?? DEFAULT_MAX_UPLOADS,
    maxUploadsPerClient: limits.maxUploadsPerClient ?? DEFAULT_MAX_UPLOADS_PER_CLIENT,
    maxRepositoryBytes: limits.maxRepositoryBytes ?? Number.POSITIVE_INFINITY,
  };
}
