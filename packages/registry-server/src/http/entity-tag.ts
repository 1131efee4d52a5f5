/**
 * Entity tags: the digest in quotes. Content that is named by its digest cannot change, so the tag is a strong one.
 * Source: RFC 9110, sections 8.8.3, 13.1.2 and 13.1.5.
 */
import type { Digest } from '@quinistry/oci-image/spec';

export function formatEntityTag(digest: Digest): string {
  return `"${digest}"`;
}

/**
 * Whether a client that sent `If-None-Match` holds this content already, so that 304 says all.
 * Quotes may be missing: Docker's own registry accepts a bare digest too, so there are clients that send one.
 */
export function isNotModified(ifNoneMatch: string | null, digest: Digest): boolean {
  if (ifNoneMatch === null) return false;
  return ifNoneMatch.split(',').some((part) => {
    const tag = part.trim();
    return tag === '*' || tag.replace(/^W\//, '').replace(/^"(.*)"$/, '$1') === digest;
  });
}

/**
 * Whether `Range` is to be heeded: a client that continues a download says with `If-Range` what it began with.
 * A date never matches, for nothing here has a Last-Modified.
 */
export function isRangeCurrent(ifRange: string | null, digest: Digest): boolean {
  return ifRange === null || ifRange.trim() === formatEntityTag(digest);
}
