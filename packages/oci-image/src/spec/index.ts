/** The wire documents of container images and registries: schemas, types and grammars, without I/O. */
export { ANNOTATIONS, type Annotations, annotationsSchema } from './annotations.js';
export { type Descriptor, descriptorSchema } from './descriptor.js';
export {
  type Digest,
  type DigestAlgorithm,
  digestAlgorithm,
  digestHex,
  digestSchema,
  formatDigest,
  isDigest,
  parseDigest,
} from './digest.js';
export { parseDocument, parseDocumentValue } from './document.js';
export {
  API_VERSION_HEADER,
  BASE_PATH,
  blobPath,
  CATALOG_PATH,
  manifestPath,
  referrersPath,
  tagListPath,
  uploadPath,
  uploadsPath,
} from './endpoints.js';
export {
  type ContainerConfig,
  type Healthcheck,
  type HistoryEntry,
  type ImageConfig,
  imageConfigSchema,
} from './image-config.js';
export {
  type DockerManifestList,
  dockerManifestListSchema,
  type ImageIndex,
  imageIndexSchema,
  type OciIndex,
  ociIndexSchema,
} from './image-index.js';
export { IMAGE_LAYOUT_FILES, IMAGE_LAYOUT_VERSION, type ImageLayout, imageLayoutSchema } from './image-layout.js';
export {
  type DockerManifest,
  dockerManifestSchema,
  type ImageManifest,
  imageManifestSchema,
  type OciManifest,
  ociManifestSchema,
} from './image-manifest.js';
export { MAX_JSON_DEPTH, parseJson } from './json.js';
export { parseManifest } from './manifest.js';
export {
  type ConfigMediaType,
  type ImageFamily,
  type IndexMediaType,
  isConfigMediaType,
  isIndexMediaType,
  isLayerMediaType,
  isManifestMediaType,
  isNonDistributable,
  type LayerCompression,
  type LayerMediaType,
  layerCompression,
  type ManifestMediaType,
  MEDIA_TYPES,
  mediaTypeFamily,
  mediaTypeSchema,
  parseMediaType,
  toFamily,
} from './media-type.js';
export {
  formatPlatform,
  normalizePlatform,
  type Platform,
  parsePlatform,
  platformSchema,
  platformsEqual,
} from './platform.js';
export {
  DEFAULT_TAG,
  DOCKER_HUB,
  familiarReference,
  formatReference,
  isRepositoryName,
  isTag,
  MAX_REPOSITORY_NAME_CHARACTERS,
  MAX_TAG_CHARACTERS,
  parseReference,
  type Reference,
  repositoryNameSchema,
  tagSchema,
} from './reference.js';
export {
  formatWireError,
  isWireErrorCode,
  WIRE_ERRORS,
  type WireError,
  type WireErrorCode,
  type WireErrorEntry,
  type WireErrorKind,
  wireErrorSchema,
} from './wire-error.js';
