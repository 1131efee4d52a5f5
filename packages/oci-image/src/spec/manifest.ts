/**
 * Manifests by the media type that they came with: a Content-Type, or the descriptor that pointed at them.
 * Source: distribution-spec v1.1, "Pulling manifests": a client rejects a manifest whose own `mediaType` says otherwise.
 */
import { InvalidValueError } from '../errors.js';
import { parseDocument } from './document.js';
import { dockerManifestListSchema, type ImageIndex, ociIndexSchema } from './image-index.js';
import { dockerManifestSchema, type ImageManifest, ociManifestSchema } from './image-manifest.js';
import { type IndexMediaType, type ManifestMediaType, MEDIA_TYPES } from './media-type.js';

/**
 * @param mediaType - without parameters.
 * @throws {DocumentError} where `text` is no manifest of this type, and where it is one of another type.
 * @throws {InvalidValueError} `MEDIA_TYPE_INVALID` for media types of other things.
 */
export function parseManifest(mediaType: ManifestMediaType, text: string): ImageManifest;
export function parseManifest(mediaType: IndexMediaType, text: string): ImageIndex;
export function parseManifest(mediaType: string, text: string): ImageManifest | ImageIndex;
export function parseManifest(mediaType: string, text: string): ImageManifest | ImageIndex {
  switch (mediaType) {
    case MEDIA_TYPES.oci.manifest:
      return parseDocument(ociManifestSchema, 'image manifest', text);
    case MEDIA_TYPES.docker.manifest:
      return parseDocument(dockerManifestSchema, 'Docker image manifest', text);
    case MEDIA_TYPES.oci.index:
      return parseDocument(ociIndexSchema, 'image index', text);
    case MEDIA_TYPES.docker.manifestList:
      return parseDocument(dockerManifestListSchema, 'Docker manifest list', text);
    default:
      throw new InvalidValueError('MEDIA_TYPE_INVALID', mediaType, 'the media type of a manifest or an index');
  }
}
