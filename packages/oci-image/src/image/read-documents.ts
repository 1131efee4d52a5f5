import type { z } from 'zod';
import type { BlobStore } from '../content/blob-store.js';
import { type JsonDocument, readDocument } from '../content/document.js';
import { readAll } from '../content/read-all.js';
import { verifyContent } from '../content/verify-content.js';
import { DocumentError, OciError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { type ImageConfig, imageConfigSchema } from '../spec/image-config.js';
import type { ImageIndex as IndexDocument } from '../spec/image-index.js';
import type { ImageManifest } from '../spec/image-manifest.js';
import { isIndexMediaType, isManifestMediaType, mediaTypeFamily } from '../spec/media-type.js';
import { FAMILY_DOCUMENTS } from './family-documents.js';

/** The largest document that is read into memory. Registries have to take manifests of 4 MiB, and most refuse larger ones. */
export const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

type Reference = Pick<Descriptor, 'mediaType' | 'digest' | 'size'>;

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * The image manifest that `descriptor` names. The document has to be of the type that the descriptor says: two readers
 * that go by different ones would see two images (CVE-2021-41190).
 *
 * @throws {OciError} `BLOB_UNKNOWN`, `LIMIT_EXCEEDED`
 * @throws {ContentMismatchError} `SIZE_MISMATCH`, `DIGEST_MISMATCH`
 * @throws {DocumentError} `DOCUMENT_INVALID`
 */
export function readManifest(
  store: BlobStore,
  descriptor: Reference,
  options?: ReadOptions,
): Promise<JsonDocument<ImageManifest>> {
  const { mediaType } = descriptor;
  const family = isManifestMediaType(mediaType) ? mediaTypeFamily(mediaType) : undefined;
  if (family === undefined) return Promise.reject(unexpectedType('image manifest', mediaType));
  return readVerified(store, FAMILY_DOCUMENTS[family].manifest.schema, 'image manifest', descriptor, options);
}

/** The index that `descriptor` names. @throws as {@link readManifest} */
export function readIndex(
  store: BlobStore,
  descriptor: Reference,
  options?: ReadOptions,
): Promise<JsonDocument<IndexDocument>> {
  const { mediaType } = descriptor;
  const family = isIndexMediaType(mediaType) ? mediaTypeFamily(mediaType) : undefined;
  if (family === undefined) return Promise.reject(unexpectedType('image index', mediaType));
  return readVerified(store, FAMILY_DOCUMENTS[family].index.schema, 'image index', descriptor, options);
}

/** The image config that `descriptor` names, usually `manifest.value.config`. @throws as {@link readManifest} */
export function readConfig(
  store: BlobStore,
  descriptor: Reference,
  options?: ReadOptions,
): Promise<JsonDocument<ImageConfig>> {
  return readVerified(store, imageConfigSchema, 'image config', descriptor, options);
}

async function readVerified<Schema extends z.ZodType>(
  store: BlobStore,
  schema: Schema,
  kind: string,
  descriptor: Reference,
  { signal }: ReadOptions = {},
): Promise<JsonDocument<z.output<Schema>>> {
  if (descriptor.size > MAX_DOCUMENT_BYTES) {
    throw new OciError(
      'LIMIT_EXCEEDED',
      `${kind} ${descriptor.digest} has ${descriptor.size} bytes; at most ${MAX_DOCUMENT_BYTES} are read`,
    );
  }
  const verified = verifyContent(store.open(descriptor.digest, { signal }), descriptor);
  return readDocument(schema, kind, await readAll(verified, { maxBytes: MAX_DOCUMENT_BYTES }));
}

function unexpectedType(kind: string, mediaType: string): DocumentError {
  return new DocumentError(kind, [
    { path: 'mediaType', message: `${JSON.stringify(mediaType)} is not the type of an ${kind}` },
  ]);
}
