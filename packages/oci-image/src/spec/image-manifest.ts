/**
 * Image manifests: one configuration and its layers, or an artifact in the same form.
 * Sources: image-spec v1.1, manifest.md; Docker's "Image Manifest Version 2, Schema 2".
 *
 * A document that carries `manifests` as well could be run as an index by a client that trusts another media type
 * (CVE-2021-41190), so it is refused; likewise `fsLayers`, which would make it one of schema 1.
 */
import * as z from 'zod';
import { annotationsSchema } from './annotations.js';
import { descriptorSchema } from './descriptor.js';
import { MEDIA_TYPES, mediaTypeSchema } from './media-type.js';
import { optional, wireObject } from './wire-object.js';

const schemaVersionSchema = z.literal(2);

const FOREIGN_KEYS = { foreignKeys: ['manifests', 'fsLayers'] };

/** Docker's documents know no annotations and no subject. Clients put them there all the same, and they mean the same. */
const commonShape = {
  artifactType: optional(mediaTypeSchema),
  config: descriptorSchema,
  /** Lowest layer first. */
  layers: z
    .array(descriptorSchema)
    .nullable()
    .transform((layers) => layers ?? []),
  /** The manifest that this one is about, whether or not the registry has it. */
  subject: optional(descriptorSchema),
  annotations: optional(annotationsSchema),
};

export const ociManifestSchema = wireObject(
  { schemaVersion: schemaVersionSchema, mediaType: z.literal(MEDIA_TYPES.oci.manifest).optional(), ...commonShape },
  FOREIGN_KEYS,
);
export type OciManifest = z.infer<typeof ociManifestSchema>;

/** `mediaType` is required here, unlike in OCI's manifest: it is all that tells the two apart. */
export const dockerManifestSchema = wireObject(
  { schemaVersion: schemaVersionSchema, mediaType: z.literal(MEDIA_TYPES.docker.manifest), ...commonShape },
  FOREIGN_KEYS,
);
export type DockerManifest = z.infer<typeof dockerManifestSchema>;

/** Either family, told apart by `mediaType`; a manifest without one is OCI's. */
export const imageManifestSchema = z.discriminatedUnion('mediaType', [ociManifestSchema, dockerManifestSchema]);
export type ImageManifest = OciManifest | DockerManifest;
