import type { ZodType } from 'zod';
import {
  type DockerManifestList,
  dockerManifestListSchema,
  type OciIndex,
  ociIndexSchema,
} from '../spec/image-index.js';
import {
  type DockerManifest,
  dockerManifestSchema,
  type OciManifest,
  ociManifestSchema,
} from '../spec/image-manifest.js';
import {
  type ConfigMediaType,
  type ImageFamily,
  type IndexMediaType,
  type LayerMediaType,
  type ManifestMediaType,
  MEDIA_TYPES,
} from '../spec/media-type.js';

/** The manifest document of each family. */
export type ManifestOf<F extends ImageFamily> = { oci: OciManifest; docker: DockerManifest }[F];

/** The index document of each family; Docker calls its own a manifest list. */
export type IndexOf<F extends ImageFamily> = { oci: OciIndex; docker: DockerManifestList }[F];

/** How a layer that is built here is stored. */
export type WrittenCompression = 'gzip' | 'none';

interface FamilyDocuments<F extends ImageFamily> {
  readonly manifest: { readonly mediaType: ManifestMediaType<F>; readonly schema: ZodType<ManifestOf<F>> };
  readonly index: { readonly mediaType: IndexMediaType<F>; readonly schema: ZodType<IndexOf<F>> };
  readonly config: { readonly mediaType: ConfigMediaType<F> };
  readonly layer: Readonly<Record<WrittenCompression, LayerMediaType<F>>>;
}

/** What a family calls each document, and what the document has to be: the one place where the two families part. */
export const FAMILY_DOCUMENTS: { readonly [F in ImageFamily]: FamilyDocuments<F> } = {
  oci: {
    manifest: { mediaType: MEDIA_TYPES.oci.manifest, schema: ociManifestSchema },
    index: { mediaType: MEDIA_TYPES.oci.index, schema: ociIndexSchema },
    config: { mediaType: MEDIA_TYPES.oci.config },
    layer: { gzip: MEDIA_TYPES.oci.layerGzip, none: MEDIA_TYPES.oci.layer },
  },
  docker: {
    manifest: { mediaType: MEDIA_TYPES.docker.manifest, schema: dockerManifestSchema },
    index: { mediaType: MEDIA_TYPES.docker.manifestList, schema: dockerManifestListSchema },
    config: { mediaType: MEDIA_TYPES.docker.config },
    layer: { gzip: MEDIA_TYPES.docker.layerGzip, none: MEDIA_TYPES.docker.layer },
  },
};
