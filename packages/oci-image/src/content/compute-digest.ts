import { createHash, type Hash } from 'node:crypto';
import { type Digest, type DigestAlgorithm, formatDigest } from '../spec/digest.js';
import type { BlobInfo } from './blob-store.js';
import { checkChunk } from './byte-chunk.js';

/** The algorithm of every digest that nobody asked otherwise for (image-spec v1.1, descriptor.md, "Registered algorithms"). */
export const DEFAULT_DIGEST_ALGORITHM: DigestAlgorithm = 'sha256';

/** A running digest: feed it bytes in any chunking, ask once at the end. */
export class Digester {
  readonly algorithm: DigestAlgorithm;
  readonly #hash: Hash;
  #size = 0;

  constructor(algorithm: DigestAlgorithm = DEFAULT_DIGEST_ALGORITHM) {
    this.algorithm = algorithm;
    this.#hash = createHash(algorithm);
  }

  /** Bytes seen so far. */
  get size(): number {
    return this.#size;
  }

  /** @throws {OciError} `ARGUMENT_INVALID` for text in the place of bytes. */
  update(chunk: Uint8Array): void {
    checkChunk(chunk, 'what is digested');
    this.#hash.update(chunk);
    this.#size += chunk.byteLength;
  }

  /** Ends the digest; nothing can be added after. */
  finish(): BlobInfo {
    return { digest: formatDigest(this.algorithm, this.#hash.digest('hex')), size: this.#size };
  }
}

/** The digest of bytes at hand. */
export function digestOf(bytes: Uint8Array, algorithm?: DigestAlgorithm): Digest {
  const digester = new Digester(algorithm);
  digester.update(bytes);
  return digester.finish().digest;
}

/** Reads `source` to its end, keeping nothing, and gives its digest and its size in bytes. */
export async function computeDigest(source: AsyncIterable<Uint8Array>, algorithm?: DigestAlgorithm): Promise<BlobInfo> {
  const digester = new Digester(algorithm);
  for await (const chunk of source) digester.update(chunk);
  return digester.finish();
}

/** Passes `source` through and feeds each chunk to `digester` on its way. */
export async function* digestWhileReading(
  source: AsyncIterable<Uint8Array>,
  digester: Digester,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    digester.update(chunk);
    yield chunk;
  }
}
