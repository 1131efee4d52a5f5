/**
 * Content descriptors: what a blob is, how long it is, and its digest.
 * Source: image-spec v1.1, descriptor.md.
 */
import * as z from 'zod';
import { annotationsSchema } from './annotations.js';
import { digestSchema } from './digest.js';
import { mediaTypeSchema } from './media-type.js';
import { platformSchema } from './platform.js';
import { optional, wireObject } from './wire-object.js';

export const descriptorSchema = wireObject({
  mediaType: mediaTypeSchema,
  digest: digestSchema,
  size: z.int().nonnegative(), // bytes as stored: compressed, for a gzip layer
  urls: optional(z.array(z.string())),
  annotations: optional(annotationsSchema),
  data: optional(z.base64()), // the content itself, embedded
  artifactType: optional(mediaTypeSchema),
  platform: optional(platformSchema),
});
export type Descriptor = z.infer<typeof descriptorSchema>;
