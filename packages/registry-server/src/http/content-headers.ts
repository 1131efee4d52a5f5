import type { Digest } from '@quinistry/oci-image/spec';
import { formatEntityTag } from './entity-tag.js';

/**
 * The headers of content that is named by its digest, and so never changes.
 *
 * There is no Content-Encoding, though most layers are gzip: the digest is of the compressed bytes, and an HTTP client
 * that unpacked them on the way would find another one. `nosniff` keeps a browser from running what someone pushed.
 */
export function contentHeaders(digest: Digest, contentType: string): Record<string, string> {
  return {
    'Content-Type': contentType,
    'Docker-Content-Digest': digest,
    ETag: formatEntityTag(digest),
    'Cache-Control': 'max-age=31536000, immutable',
    'X-Content-Type-Options': 'nosniff',
  };
}
