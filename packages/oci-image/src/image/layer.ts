import type { BlobStore } from '../content/blob-store.js';
import type { OpenOptions } from '../content/content.js';
import { OciError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import type { Digest } from '../spec/digest.js';
import { type ImageFamily, type LayerMediaType, toFamily } from '../spec/media-type.js';

/** A layer's descriptor, with the media types of its family alone. */
export type LayerDescriptor<F extends ImageFamily = ImageFamily> = Descriptor & {
  readonly mediaType: LayerMediaType<F>;
};

/**
 * A set of file-system changes, sealed in a store: all that can be known of it is known.
 * The family is part of the type, so that a Docker layer in an OCI image does not compile.
 */
export interface Layer<F extends ImageFamily = ImageFamily> {
  readonly family: F;
  /** Of the bytes as stored: compressed, for a gzip layer. This digest stands in the manifest. */
  readonly descriptor: LayerDescriptor<F>;
  /**
   * The digest of the uncompressed tar, which stands in the config: what a layer contains does not change when it is
   * compressed another way (image-spec v1.1, config.md, "Layer DiffID").
   */
  readonly diffId: Digest;
  readonly store: BlobStore;
}

/** The bytes of a layer as stored. */
export function openLayer(layer: Layer, options: OpenOptions = {}): AsyncIterable<Uint8Array> {
  return layer.store.open(layer.descriptor.digest, options);
}

/**
 * The same bytes as a layer of the other family: only the media type is another.
 *
 * @throws {OciError} `MEDIA_TYPE_INVALID` where the other family has no such type, as Docker schema2 has none for zstd;
 * `IMAGE_INVALID` where annotations would be lost.
 */
export function layerToFamily<F extends ImageFamily>(layer: Layer, family: F): Layer<F> {
  if (family === 'docker' && layer.descriptor.annotations !== undefined) {
    throw new OciError(
      'IMAGE_INVALID',
      `Docker schema2 has no place for the annotations of layer ${layer.descriptor.digest}`,
    );
  }
  return {
    ...layer,
    family,
    descriptor: { ...layer.descriptor, mediaType: toFamily(layer.descriptor.mediaType, family) },
  };
}
