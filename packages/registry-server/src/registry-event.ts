import type { Digest } from '@quinistry/oci-image/spec';

/**
 * Something that changed what the registry holds, told once the store has acknowledged it: a listener may pull what was
 * pushed. Nothing waits for the listener.
 */
export interface RegistryEvent {
  /** `mount`: a blob that another repository holds was made one of this repository too. */
  readonly action: 'push' | 'mount' | 'delete';
  readonly kind: 'blob' | 'manifest' | 'tag';
  readonly repository: string;
  /** Of the blob or the manifest; absent where a tag was deleted, for what it stood for stays. */
  readonly digest?: Digest | undefined;
  /** The tags that name a pushed manifest from now on, or the one that was deleted; empty for blobs. */
  readonly tags: readonly string[];
  /** Of a manifest that was pushed. */
  readonly mediaType?: string | undefined;
  /** Bytes of what was pushed or mounted. */
  readonly size?: number | undefined;
  /** Where a mounted blob came from. */
  readonly from?: string | undefined;
  /** The account that did it; absent for anonymous requests. */
  readonly identity?: string | undefined;
  /** Of the request, as it stands in X-Request-Id of the answer and in the log. */
  readonly requestId: string;
}
