/**
 * What a manifest says of other content. Everything that the registry does with manifests goes by these facts: what has
 * to be there before one is taken, what it keeps from being collected, and as whose referrer it is listed.
 * Source: image-spec v1.1, manifest.md and image-index.md; distribution-spec v1.1, "Listing Referrers".
 */
import { DocumentError } from '@quinistry/oci-image';
import {
  annotationsSchema,
  type Descriptor,
  type Digest,
  descriptorSchema,
  isDigest,
  isIndexMediaType,
  isManifestMediaType,
  isNonDistributable,
  mediaTypeSchema,
  parseDocument,
  parseManifest,
} from '@quinistry/oci-image/spec';
import * as z from 'zod';
import type { StoredManifest } from '../storage/registry-storage.js';

export interface ManifestReference {
  readonly digest: Digest;
  /**
   * Where the content is to be looked for. Indexes list whatever they like: BuildKit's cache exports list layers, so an
   * entry of a type that is no manifest's may be either.
   */
  readonly kind: 'blob' | 'manifest' | 'either';
  /**
   * Whether a registry may do without it: layers that are fetched from elsewhere, by their `urls`, and whatever a document of
   * a type that is not known here names. What is there of it is kept all the same.
   */
  readonly optional: boolean;
}

export interface ManifestFacts {
  readonly references: readonly ManifestReference[];
  /** What it is about, which need not be there: the order of pushing is the client's. */
  readonly subject?: Digest | undefined;
  /** How it is listed among the referrers of its subject. */
  readonly referrer: Descriptor;
}

/** A type that no specification here defines: kept as it is, but for what any kind of manifest may say. */
const otherManifestSchema = z.looseObject({
  artifactType: mediaTypeSchema.optional(),
  subject: descriptorSchema.optional(),
  annotations: annotationsSchema.optional(),
});

interface CommonFields {
  readonly artifactType?: string | undefined;
  readonly subject?: Descriptor | undefined;
  readonly annotations?: Record<string, string> | undefined;
}

/** @throws {DocumentError} `DOCUMENT_INVALID` for bytes that are no manifest of their media type. */
export function readManifestFacts(manifest: StoredManifest): ManifestFacts {
  const { mediaType } = manifest;
  const text = decode(manifest.bytes);
  if (isManifestMediaType(mediaType)) {
    const image = parseManifest(mediaType, text);
    // An image that names no type of artifact is one of its config's type.
    const artifactType = image.artifactType ?? image.config.mediaType;
    return createFacts(manifest, { ...image, artifactType }, [image.config, ...image.layers].map(referenceToBlob));
  }
  if (isIndexMediaType(mediaType)) {
    const index = parseManifest(mediaType, text);
    return createFacts(manifest, index, index.manifests.map(referenceToMember));
  }
  const document = parseDocument(otherManifestSchema, 'manifest', text);
  return createFacts(manifest, document, listForeignReferences(document));
}

function createFacts(
  { digest, mediaType, bytes }: StoredManifest,
  { artifactType, subject, annotations }: CommonFields,
  references: readonly ManifestReference[],
): ManifestFacts {
  return {
    references,
    subject: subject?.digest,
    referrer: {
      mediaType,
      digest,
      size: bytes.byteLength,
      ...(artifactType !== undefined && { artifactType }),
      ...(annotations !== undefined && { annotations }),
    },
  };
}

function referenceToBlob({ digest, mediaType }: Descriptor): ManifestReference {
  return { digest, kind: 'blob', optional: isNonDistributable(mediaType) };
}

function referenceToMember({ digest, mediaType }: Descriptor): ManifestReference {
  const isManifest = isManifestMediaType(mediaType) || isIndexMediaType(mediaType);
  return { digest, kind: isManifest ? 'manifest' : 'either', optional: false };
}

/**
 * Every digest in a document whose type says nothing of where to look: `blobs` in one, `fsLayers` in another. None of them
 * can be asked for, but all are kept, or the content of a foreign artifact would be collected as garbage.
 */
function listForeignReferences({
  subject: _,
  ...document
}: z.infer<typeof otherManifestSchema>): readonly ManifestReference[] {
  const digests = new Set<Digest>();
  const open: unknown[] = [document];
  while (open.length > 0) {
    const value = open.pop();
    if (isDigest(value)) digests.add(value);
    else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) open.push(part);
  }
  return [...digests].map((digest) => ({ digest, kind: 'either', optional: true }));
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new DocumentError('manifest', [{ path: '', message: 'the bytes are not UTF-8' }], { cause });
  }
}
