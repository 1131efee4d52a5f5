import type { BlobStore } from '../content/blob-store.js';
import { Digester, digestWhileReading } from '../content/compute-digest.js';
import { type GzipLevel, gzip } from '../content/gzip.js';
import { writeTar } from '../content/tar/write-tar.js';
import { OciError } from '../errors.js';
import type { Annotations } from '../spec/annotations.js';
import type { ImageFamily } from '../spec/media-type.js';
import { type ArrangeOptions, arrangeEntries } from './arrange-entries.js';
import { FAMILY_DOCUMENTS, type WrittenCompression } from './family-documents.js';
import type { Layer } from './layer.js';
import type { LayerEntry } from './layer-entry.js';
import { reproducibleTime } from './reproducible-time.js';

export interface LayerProgress {
  /** Bytes of the uncompressed tar so far. */
  readonly uncompressedBytes: number;
}

export interface BuildLayerOptions<F extends ImageFamily = 'oci'> extends ArrangeOptions {
  /** Where the layer is sealed. */
  readonly store: BlobStore;
  /** @defaultValue `oci` */
  readonly family?: F | undefined;
  /** @defaultValue `gzip` */
  readonly compression?: WrittenCompression | undefined;
  /** @defaultValue that of {@link gzip} */
  readonly level?: GzipLevel | undefined;
  /** For the layer's descriptor. Docker schema2 has no place for them, hence OCI alone. */
  readonly annotations?: Annotations | undefined;
  readonly onProgress?: ((progress: LayerProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes entries as a tar, compresses it and seals it in a store, in one pass and with memory that does not grow with
 * the size of the files. The same entries and options give the same tar, and so the same diffID, on any machine and for
 * any user; compressed, it also takes the same version of zlib to have the same bytes: see {@link gzip}.
 *
 * @throws {OciError} `ENTRY_INVALID`, `ENTRY_DUPLICATE` or `ARGUMENT_INVALID`, before anything is written;
 * `FILE_UNREADABLE` or `FILE_CHANGED` while files are read, and then nothing is kept.
 * @see image-spec v1.1, layer.md
 */
export async function buildLayer<F extends ImageFamily = 'oci'>(
  entries: Iterable<LayerEntry>,
  options: BuildLayerOptions<F>,
): Promise<Layer<F>> {
  const { store, compression = 'gzip', level, annotations, onProgress, signal } = options;
  const family = (options.family ?? 'oci') as F;
  const mediaType = FAMILY_DOCUMENTS[family]?.layer[compression];
  if (mediaType === undefined) {
    // A reader of a configuration file may hand on what the types forbid; unchecked, the layer would have no type.
    throw new OciError(
      'ARGUMENT_INVALID',
      `family ${family} with compression ${compression} is not oci or docker with gzip or none`,
    );
  }
  if (family === 'docker' && annotations !== undefined) {
    throw new OciError('ARGUMENT_INVALID', 'Docker schema2 has no place for the annotations of a layer');
  }
  // gzip copies what it gets; a store may not.
  const recycle = compression === 'gzip';
  const arranged = arrangeEntries(entries, { ...options, mtime: options.mtime ?? reproducibleTime() });
  const tar = writeTar(arranged, { signal, recycle });

  const uncompressed = new Digester();
  const digested = digestWhileReading(tar, uncompressed);
  const observed = onProgress === undefined ? digested : reportProgress(digested, uncompressed, onProgress);
  const stored = compression === 'gzip' ? gzip(observed, { level, signal }) : observed;
  const { digest, size } = await store.write(stored, { signal });

  const { digest: diffId } = uncompressed.finish();
  return {
    family,
    descriptor: { mediaType, digest, size, ...(annotations && { annotations }) },
    diffId,
    store,
  };
}

async function* reportProgress(
  source: AsyncIterable<Uint8Array>,
  digester: Digester,
  onProgress: (progress: LayerProgress) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    onProgress({ uncompressedBytes: digester.size });
    yield chunk;
  }
}
