/**
 * Annotations: a map from string to string, on descriptors, manifests and indexes.
 * Source: image-spec v1.1, annotations.md, "Pre-Defined Annotation Keys".
 */
import * as z from 'zod';

/** Keys should use reverse-domain names. Values may be empty. */
export const annotationsSchema = z.record(z.string(), z.string());
export type Annotations = z.infer<typeof annotationsSchema>;

/** The keys that the specification defines. They serve as labels in an image's configuration as well. */
export const ANNOTATIONS = {
  created: 'org.opencontainers.image.created',
  authors: 'org.opencontainers.image.authors',
  url: 'org.opencontainers.image.url',
  documentation: 'org.opencontainers.image.documentation',
  source: 'org.opencontainers.image.source',
  version: 'org.opencontainers.image.version',
  revision: 'org.opencontainers.image.revision',
  vendor: 'org.opencontainers.image.vendor',
  licenses: 'org.opencontainers.image.licenses',
  refName: 'org.opencontainers.image.ref.name',
  title: 'org.opencontainers.image.title',
  description: 'org.opencontainers.image.description',
  baseDigest: 'org.opencontainers.image.base.digest',
  baseName: 'org.opencontainers.image.base.name',
} as const;
