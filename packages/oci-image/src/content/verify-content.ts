import { ContentMismatchError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { digestAlgorithm } from '../spec/digest.js';
import type { BlobInfo } from './blob-store.js';
import { Digester } from './compute-digest.js';

/**
 * Passes `source` through, and fails unless it is exactly what `expected` describes.
 * Bytes are yielded before the verdict: act on them only once the loop has ended.
 *
 * @param expected - `size` in bytes, as stored.
 * @throws {ContentMismatchError} `SIZE_MISMATCH` at the first extra byte or an early end; `DIGEST_MISMATCH` at the end.
 * @see image-spec v1.1, descriptor.md, "Verification"
 */
export async function* verifyContent(
  source: AsyncIterable<Uint8Array>,
  expected: Pick<Descriptor, 'digest' | 'size'>,
): AsyncGenerator<Uint8Array> {
  const digester = new Digester(digestAlgorithm(expected.digest));
  for await (const chunk of source) {
    digester.update(chunk);
    // An endless body must not be read to its end only to be refused.
    if (digester.size > expected.size) {
      throw new ContentMismatchError('SIZE_MISMATCH', expected.size, digester.size, expected.digest);
    }
    yield chunk;
  }
  verifyBlobInfo(digester.finish(), expected);
}

/**
 * Holds what was read against what was expected; a field that `expected` leaves out is not looked at.
 *
 * @throws {ContentMismatchError} `SIZE_MISMATCH` or `DIGEST_MISMATCH`.
 */
export function verifyBlobInfo(actual: BlobInfo, expected: Partial<BlobInfo> = {}): void {
  if (expected.size !== undefined && actual.size !== expected.size) {
    throw new ContentMismatchError('SIZE_MISMATCH', expected.size, actual.size, expected.digest);
  }
  if (expected.digest !== undefined && actual.digest !== expected.digest) {
    throw new ContentMismatchError('DIGEST_MISMATCH', expected.digest, actual.digest);
  }
}
