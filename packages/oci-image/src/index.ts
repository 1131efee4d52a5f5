/** Building and reading container images. The wire documents themselves are in `@quinistry/oci-image/spec`. */
export type { BlobInfo, BlobStore, ByteRange, OpenBlobOptions, WriteBlobOptions } from './content/blob-store.js';
export { computeDigest, DEFAULT_DIGEST_ALGORITHM, Digester, digestOf } from './content/compute-digest.js';
export { type Content, contentOf, type OpenOptions } from './content/content.js';
export type { JsonDocument } from './content/document.js';
export { type OpenFileContentOptions, openFileContent } from './content/file-content.js';
export { type GunzipOptions, gunzip } from './content/gunzip.js';
export { DEFAULT_GZIP_LEVEL, type GzipLevel, type GzipOptions, gzip } from './content/gzip.js';
export { MemoryBlobStore } from './content/memory-store.js';
export { type ReadAllOptions, readAll } from './content/read-all.js';
export { type ReadTarEntry, type ReadTarFile, type ReadTarOptions, readTar } from './content/tar/read-tar.js';
export type { TarAttributes, TarEntry, TarEntryKind, TarPath } from './content/tar/tar-entry.js';
export { TarError } from './content/tar/tar-error.js';
export { type WriteTarOptions, writeTar } from './content/tar/write-tar.js';
export { verifyBlobInfo, verifyContent } from './content/verify-content.js';
export {
  ContentMismatchError,
  DocumentError,
  type DocumentIssue,
  InvalidValueError,
  OciError,
  type OciErrorCode,
} from './errors.js';
export type { ArrangeOptions } from './image/arrange-entries.js';
export { type BuildLayerOptions, buildLayer, type LayerProgress } from './image/build-layer.js';
export type { ContainerOptions, HealthcheckOptions } from './image/container-config.js';
export type { EntryAttributes } from './image/entry-attributes.js';
export type { DuplicatePolicy } from './image/entry-set.js';
export type { IndexOf, ManifestOf, WrittenCompression } from './image/family-documents.js';
export { describeImage, type Image, type ImageIndex } from './image/image.js';
export { createImage, type HistoryOptions, type ImageBuilder, type ImageOptions } from './image/image-builder.js';
export { createImageIndex, type ImageIndexBuilder, type IndexMemberOptions } from './image/image-index-builder.js';
export { type Layer, type LayerDescriptor, layerToFamily, openLayer } from './image/layer.js';
export {
  blockDevice,
  characterDevice,
  type DeviceNumbers,
  directory,
  fifo,
  file,
  hardLink,
  type LayerEntry,
  opaqueWhiteout,
  symlink,
  whiteout,
} from './image/layer-entry.js';
export { MAX_DOCUMENT_BYTES, type ReadOptions, readConfig, readIndex, readManifest } from './image/read-documents.js';
export { DEFAULT_TIME_SECONDS, reproducibleTime } from './image/reproducible-time.js';
export { type ReadTreeOptions, readTree, type TreeWarning } from './tree/read-tree.js';
export { isPortableXattr } from './tree/read-xattrs.js';
export type { TreeFile, TreeFileType } from './tree/walk-tree.js';
