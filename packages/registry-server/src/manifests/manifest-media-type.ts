/** What kind of document a manifest is pushed as. */
import { DocumentError } from '@quinistry/oci-image';
import { isIndexMediaType, isManifestMediaType, mediaTypeSchema, parseDocument } from '@quinistry/oci-image/spec';
import * as z from 'zod';

const typedSchema = z.looseObject({ mediaType: mediaTypeSchema.optional() });

/**
 * The media type that a manifest is to be served with: Content-Type without its parameters, which the specification
 * tells a registry to ignore, or the document's own where there is no Content-Type.
 *
 * A document that says something else of itself than its Content-Type is refused, whatever its type: one client would
 * go by the one and the next by the other (CVE-2021-41190).
 *
 * @param contentType - the header's value; `null` where there is none.
 * @throws {DocumentError} where the two differ, where neither is there, and for what is no media type.
 */
export function readManifestMediaType(contentType: string | null, bytes: Uint8Array): string {
  const announced = contentType?.replace(/;.*$/s, '').trim() || undefined;
  // Case means nothing in a header (RFC 9110, section 8.3.1), and a known type must not pass as an unknown one.
  const folded = announced?.toLowerCase();
  // The schemas of the known types compare as they read; the document is not read twice for them.
  if (folded !== undefined && (isManifestMediaType(folded) || isIndexMediaType(folded))) return folded;
  const { mediaType: own } = parseDocument(typedSchema, 'manifest', new TextDecoder().decode(bytes));
  if (announced !== undefined && own !== undefined && own.replace(/ *;.*$/s, '') !== announced) {
    throw refusal(`the document is a ${own}, and its Content-Type ${announced}`);
  }
  const mediaType = announced ?? own;
  if (mediaType === undefined) throw refusal('neither Content-Type nor the document say what it is');
  if (!mediaTypeSchema.safeParse(mediaType).success) throw refusal('Content-Type is no media type');
  return mediaType;
}

function refusal(message: string): DocumentError {
  return new DocumentError('manifest', [{ path: 'mediaType', message }]);
}
