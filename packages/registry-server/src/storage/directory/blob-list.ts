import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, type DigestAlgorithm, isDigest } from '@quinistry/oci-image/spec';
import { unlessMissing } from './system-error.js';

export const BLOB_ALGORITHMS: readonly DigestAlgorithm[] = ['sha256', 'sha512'];

/** Digests that a layout's directory `blobs` has files for, one by one, however many there are. */
export async function* listBlobs(blobs: string): AsyncGenerator<Digest> {
  for (const algorithm of BLOB_ALGORITHMS) {
    const directory = await opendir(join(blobs, algorithm)).catch(unlessMissing);
    if (directory === undefined) continue;
    for await (const entry of directory) {
      const digest = `${algorithm}:${entry.name}`;
      if (entry.isFile() && isDigest(digest)) yield digest;
    }
  }
}
