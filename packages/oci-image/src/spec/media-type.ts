/**
 * Media types of the two image families, and the way from one to the other.
 * Sources: image-spec v1.1, media-types.md; Docker's "Image Manifest Version 2, Schema 2"; RFC 6838, section 4.2.
 */
import * as z from 'zod';
import { InvalidValueError } from '../errors.js';

/** `docker` is Image Manifest Version 2, Schema 2. */
export type ImageFamily = 'oci' | 'docker';

export const MEDIA_TYPES = {
  oci: {
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    index: 'application/vnd.oci.image.index.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar',
    layerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
    layerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
    nonDistributableLayer: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
    nonDistributableLayerGzip: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    nonDistributableLayerZstd: 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
    empty: 'application/vnd.oci.empty.v1+json',
    descriptor: 'application/vnd.oci.descriptor.v1+json',
    layoutHeader: 'application/vnd.oci.layout.header.v1+json',
  },
  docker: {
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    manifestList: 'application/vnd.docker.distribution.manifest.list.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar',
    layerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    // No document of Docker's lists it, but containerd and BuildKit write it: read here, never written.
    layerZstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
    foreignLayer: 'application/vnd.docker.image.rootfs.foreign.diff.tar',
    foreignLayerGzip: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    pluginConfig: 'application/vnd.docker.plugin.v1+json',
  },
} as const;

type Oci = typeof MEDIA_TYPES.oci;
type Docker = typeof MEDIA_TYPES.docker;

export type ManifestMediaType<F extends ImageFamily = ImageFamily> = {
  oci: Oci['manifest'];
  docker: Docker['manifest'];
}[F];

export type IndexMediaType<F extends ImageFamily = ImageFamily> = {
  oci: Oci['index'];
  docker: Docker['manifestList'];
}[F];

export type ConfigMediaType<F extends ImageFamily = ImageFamily> = {
  oci: Oci['config'];
  docker: Docker['config'];
}[F];

/** The types that a layer may be written with; `isLayerMediaType` knows one more, for reading. */
export type LayerMediaType<F extends ImageFamily = ImageFamily> = {
  oci: Oci[Extract<keyof Oci, `layer${'' | 'Gzip' | 'Zstd'}` | `nonDistributableLayer${string}`>];
  docker: Docker['layer' | 'layerGzip' | 'foreignLayer' | 'foreignLayerGzip'];
}[F];

/**
 * RFC 6838's restricted names, and then parameters as in RFC 9110, section 5.6.6: the Sigstore bundles of 2023 are
 * `application/vnd.dev.sigstore.bundle+json;version=0.1`. No control character passes, so a type can stand in a header.
 */
const MEDIA_TYPE_PATTERN =
  /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}(?: *; *[A-Za-z0-9!#$&^_.+-]+=(?:[A-Za-z0-9!#$&^_.+-]+|"[ !#-[\]-~]*"))*$/;

const EXPECTED_MEDIA_TYPE = 'a media type: type/subtype, as in RFC 6838';

export const mediaTypeSchema = z.string().regex(MEDIA_TYPE_PATTERN, `expected ${EXPECTED_MEDIA_TYPE}`);

/** @throws {InvalidValueError} `MEDIA_TYPE_INVALID` */
export function parseMediaType(text: string): string {
  if (!MEDIA_TYPE_PATTERN.test(text)) throw new InvalidValueError('MEDIA_TYPE_INVALID', text, EXPECTED_MEDIA_TYPE);
  return text;
}

const { oci, docker } = MEDIA_TYPES;

const FAMILY_TYPES: Readonly<Record<ImageFamily, ReadonlySet<string>>> = {
  oci: new Set(Object.values(oci)),
  docker: new Set(Object.values(docker)),
};

/** The family that defines `mediaType`; `undefined` for types of neither. */
export function mediaTypeFamily(mediaType: string): ImageFamily | undefined {
  if (FAMILY_TYPES.oci.has(mediaType)) return 'oci';
  return FAMILY_TYPES.docker.has(mediaType) ? 'docker' : undefined;
}

const COUNTERPARTS: Readonly<Record<ImageFamily, ReadonlyMap<string, string>>> = {
  docker: new Map<string, string>([
    [oci.manifest, docker.manifest],
    [oci.index, docker.manifestList],
    [oci.config, docker.config],
    [oci.layer, docker.layer],
    [oci.layerGzip, docker.layerGzip],
    [oci.nonDistributableLayer, docker.foreignLayer],
    [oci.nonDistributableLayerGzip, docker.foreignLayerGzip],
  ]),
  oci: new Map<string, string>([
    [docker.manifest, oci.manifest],
    [docker.manifestList, oci.index],
    [docker.config, oci.config],
    [docker.layer, oci.layer],
    [docker.layerGzip, oci.layerGzip],
    [docker.layerZstd, oci.layerZstd],
    [docker.foreignLayer, oci.nonDistributableLayer],
    [docker.foreignLayerGzip, oci.nonDistributableLayerGzip],
  ]),
};

/**
 * The type of `family` that means the same. A type of neither family, such as an artifact's, comes back unchanged.
 *
 * @throws {InvalidValueError} `MEDIA_TYPE_INVALID` where `family` has no such type: Docker schema2 has no zstd layers.
 */
export function toFamily<F extends ImageFamily>(mediaType: ManifestMediaType, family: F): ManifestMediaType<F>;
export function toFamily<F extends ImageFamily>(mediaType: IndexMediaType, family: F): IndexMediaType<F>;
export function toFamily<F extends ImageFamily>(mediaType: ConfigMediaType, family: F): ConfigMediaType<F>;
export function toFamily<F extends ImageFamily>(mediaType: LayerMediaType, family: F): LayerMediaType<F>;
export function toFamily(mediaType: string, family: ImageFamily): string;
export function toFamily(mediaType: string, family: ImageFamily): string {
  const from = mediaTypeFamily(mediaType);
  if (from === undefined || from === family) return mediaType;
  const counterpart = COUNTERPARTS[family].get(mediaType);
  if (counterpart !== undefined) return counterpart;
  const name = family === 'docker' ? 'Docker schema2' : 'OCI';
  throw new InvalidValueError('MEDIA_TYPE_INVALID', mediaType, `a media type with a counterpart in ${name}`);
}

export function isManifestMediaType(mediaType: string): mediaType is ManifestMediaType {
  return mediaType === oci.manifest || mediaType === docker.manifest;
}

export function isIndexMediaType(mediaType: string): mediaType is IndexMediaType {
  return mediaType === oci.index || mediaType === docker.manifestList;
}

export function isConfigMediaType(mediaType: string): mediaType is ConfigMediaType {
  return mediaType === oci.config || mediaType === docker.config;
}

export type LayerCompression = 'none' | 'gzip' | 'zstd';

const NON_DISTRIBUTABLE_LAYERS: ReadonlyMap<string, LayerCompression> = new Map<string, LayerCompression>([
  [oci.nonDistributableLayer, 'none'],
  [oci.nonDistributableLayerGzip, 'gzip'],
  [oci.nonDistributableLayerZstd, 'zstd'],
  [docker.foreignLayer, 'none'],
  [docker.foreignLayerGzip, 'gzip'],
]);

const LAYERS: ReadonlyMap<string, LayerCompression> = new Map<string, LayerCompression>([
  ...NON_DISTRIBUTABLE_LAYERS,
  [oci.layer, 'none'],
  [oci.layerGzip, 'gzip'],
  [oci.layerZstd, 'zstd'],
  [docker.layer, 'none'],
  [docker.layerGzip, 'gzip'],
  [docker.layerZstd, 'zstd'],
]);

/** Whether `mediaType` is a filesystem layer of either family. */
export function isLayerMediaType(mediaType: string): boolean {
  return LAYERS.has(mediaType);
}

/** Layers that are fetched from their descriptor's `urls` and not pushed: Docker calls them foreign. */
export function isNonDistributable(mediaType: string): boolean {
  return NON_DISTRIBUTABLE_LAYERS.has(mediaType);
}

/** `undefined` for what is no layer of either family. */
export function layerCompression(mediaType: string): LayerCompression | undefined {
  return LAYERS.get(mediaType);
}
