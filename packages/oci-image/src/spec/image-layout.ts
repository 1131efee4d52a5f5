/**
 * Image layouts: blobs and an index as files in a directory.
 * Source: image-spec v1.1, image-layout.md.
 */
import * as z from 'zod';
import { wireObject } from './wire-object.js';

/** Names of files and directories, from the root of the layout. A blob is `blobs/<algorithm>/<hex>`. */
export const IMAGE_LAYOUT_FILES = {
  layout: 'oci-layout',
  index: 'index.json',
  blobs: 'blobs',
} as const;

export const IMAGE_LAYOUT_VERSION = '1.0.0';

/** The file `oci-layout`. */
export const imageLayoutSchema = wireObject({ imageLayoutVersion: z.literal(IMAGE_LAYOUT_VERSION) });
export type ImageLayout = z.infer<typeof imageLayoutSchema>;
