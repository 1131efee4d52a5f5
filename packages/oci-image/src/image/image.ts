import type { BlobStore } from '../content/blob-store.js';
import type { JsonDocument } from '../content/document.js';
import type { Descriptor } from '../spec/descriptor.js';
import type { Digest } from '../spec/digest.js';
import type { ImageConfig } from '../spec/image-config.js';
import type { ImageFamily, IndexMediaType, ManifestMediaType } from '../spec/media-type.js';
import type { Platform } from '../spec/platform.js';
import type { IndexOf, ManifestOf } from './family-documents.js';
import type { Layer } from './layer.js';

/** An image whose layers, config and manifest are sealed in a store. */
export interface Image<F extends ImageFamily = ImageFamily> {
  readonly kind: 'image';
  readonly family: F;
  readonly mediaType: ManifestMediaType<F>;
  /** Of the manifest: what a registry calls the digest of the image. */
  readonly digest: Digest;
  readonly platform: Platform;
  readonly manifest: JsonDocument<ManifestOf<F>>;
  readonly config: JsonDocument<ImageConfig>;
  readonly layers: readonly Layer<F>[];
  readonly store: BlobStore;
}

/** Images of several platforms under one digest, sealed in a store. */
export interface ImageIndex<F extends ImageFamily = ImageFamily> {
  readonly kind: 'index';
  readonly family: F;
  readonly mediaType: IndexMediaType<F>;
  readonly digest: Digest;
  readonly index: JsonDocument<IndexOf<F>>;
  /** What it lists, in order. */
  readonly members: readonly (Image<F> | ImageIndex<F>)[];
  readonly store: BlobStore;
}

/** How an image or an index is listed in an index or an image layout. */
export function describeImage(image: Image | ImageIndex): Descriptor {
  return {
    mediaType: image.mediaType,
    digest: image.digest,
    size: image.kind === 'image' ? image.manifest.size : image.index.size,
    ...(image.kind === 'image' && { platform: image.platform }),
  };
}
