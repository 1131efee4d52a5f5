/**
 * Image indexes, which Docker calls manifest lists: the same image for several platforms, or any list of manifests.
 * Sources: image-spec v1.1, image-index.md; Docker's "Image Manifest Version 2, Schema 2", "Manifest List".
 *
 * A document that carries `layers` or `config` as well could be run as an image by a client that trusts another media
 * type (CVE-2021-41190), so it is refused.
 */
import * as z from 'zod';
import { annotationsSchema } from './annotations.js';
import { descriptorSchema } from './descriptor.js';
import { MEDIA_TYPES, mediaTypeSchema } from './media-type.js';
import { optional, wireObject } from './wire-object.js';

const schemaVersionSchema = z.literal(2);

const FOREIGN_KEYS = { foreignKeys: ['config', 'layers', 'fsLayers'] };

const commonShape = {
  artifactType: optional(mediaTypeSchema),
  /**
   * In order of preference. Entries may be of any media type: other indexes, and in BuildKit's cache exports layers.
   * One digest may stand here twice, for two platforms. `unknown/unknown` is BuildKit's platform for attestations.
   */
  manifests: z
    .array(descriptorSchema)
    .nullable()
    .transform((manifests) => manifests ?? []),
  subject: optional(descriptorSchema),
  annotations: optional(annotationsSchema),
};

/** `mediaType` may be missing: buildx leaves it out. */
export const ociIndexSchema = wireObject(
  { schemaVersion: schemaVersionSchema, mediaType: z.literal(MEDIA_TYPES.oci.index).optional(), ...commonShape },
  FOREIGN_KEYS,
);
export type OciIndex = z.infer<typeof ociIndexSchema>;

export const dockerManifestListSchema = wireObject(
  { schemaVersion: schemaVersionSchema, mediaType: z.literal(MEDIA_TYPES.docker.manifestList), ...commonShape },
  FOREIGN_KEYS,
);
export type DockerManifestList = z.infer<typeof dockerManifestListSchema>;

/** Either family, told apart by `mediaType`; an index without one is OCI's. */
export const imageIndexSchema = z.discriminatedUnion('mediaType', [ociIndexSchema, dockerManifestListSchema]);
export type ImageIndex = OciIndex | DockerManifestList;
