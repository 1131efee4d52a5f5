/**
 * Content descriptors: what a blob is, how long it is, and its digest.
 * Source: image-spec v1.1, descriptor.md.
 */
import { z } from 'zod';
import { annotationsSchema } from './annotations.js';
import { digestSchema } from './digest.js';
import { mediaTypeSchema } from './media-type.js';
import { platformSchema } from './platform.js';

export const descriptorSchema = z.looseObject({
  mediaType: mediaTypeSchema,
  digest: digestSchema,
  size: z.int().nonnegative(), // bytes as stored: compressed, for a gzip layer
  urls: z.array(z.string()).optional(),
  annotations: annotationsSchema.optional(),
  data: z.base64().optional(), // the content itself, embedded
  artifactType: mediaTypeSchema.optional(),
  platform: platformSchema.optional(),
});
export type Descriptor = z.infer<typeof descriptorSchema>;
