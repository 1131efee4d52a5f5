import { OciError } from '../errors.js';
import { type Digest, digestAlgorithm } from '../spec/digest.js';
import type { BlobInfo, BlobStore, OpenBlobOptions, WriteBlobOptions } from './blob-store.js';
import { Digester } from './compute-digest.js';
import { verifyBlobInfo } from './verify-content.js';

/** Blobs are kept in pieces of this size: no single array has to grow, and a range is found by division. */
const SEGMENT_BYTES = 1024 * 1024;

interface MemoryBlob extends BlobInfo {
  readonly segments: readonly Uint8Array[];
}

/**
 * A store in memory. Chunks are copied as they come in, so a writer may reuse its buffers;
 * what `open` yields are views of the stored bytes, to be read and not written.
 */
export class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<Digest, MemoryBlob>();

  async write(source: AsyncIterable<Uint8Array>, options: WriteBlobOptions = {}): Promise<BlobInfo> {
    const { expected, signal } = options;
    const algorithm = expected?.digest === undefined ? options.algorithm : digestAlgorithm(expected.digest);
    const digester = new Digester(algorithm);
    const segments = new SegmentWriter();
    signal?.throwIfAborted();
    for await (const chunk of source) {
      signal?.throwIfAborted();
      digester.update(chunk);
      if (expected?.size !== undefined && digester.size > expected.size) break;
      segments.append(chunk);
    }
    const info = digester.finish();
    verifyBlobInfo(info, expected);
    this.#blobs.set(info.digest, { ...info, segments: segments.finish() });
    return info;
  }

  async stat(digest: Digest): Promise<BlobInfo | undefined> {
    const blob = this.#blobs.get(digest);
    return blob && { digest: blob.digest, size: blob.size };
  }

  async *open(digest: Digest, { range, signal }: OpenBlobOptions = {}): AsyncGenerator<Uint8Array> {
    const blob = this.#blobs.get(digest);
    if (blob === undefined) throw new OciError('BLOB_UNKNOWN', `there is no blob ${digest} in this store`);
    const end = Math.min(range?.end ?? blob.size, blob.size);
    let position = range?.start ?? 0;
    while (position < end) {
      signal?.throwIfAborted();
      const index = Math.floor(position / SEGMENT_BYTES);
      const segment = blob.segments[index];
      if (segment === undefined) return;
      const offset = position - index * SEGMENT_BYTES;
      const chunk = segment.subarray(offset, offset + (end - position));
      yield chunk;
      position += chunk.byteLength;
    }
  }
}

/** Packs chunks of any size into segments that are all full but for the last. */
class SegmentWriter {
  readonly #segments: Uint8Array[] = [];
  #current: Buffer | undefined;
  #filled = 0;

  append(chunk: Uint8Array): void {
    let rest = chunk;
    while (rest.byteLength > 0) {
      this.#current ??= Buffer.allocUnsafeSlow(SEGMENT_BYTES);
      const part = rest.subarray(0, SEGMENT_BYTES - this.#filled);
      this.#current.set(part, this.#filled);
      this.#filled += part.byteLength;
      rest = rest.subarray(part.byteLength);
      if (this.#filled === SEGMENT_BYTES) this.#seal(this.#current);
    }
  }

  finish(): readonly Uint8Array[] {
    // The last piece is copied to its own size: a thousand manifests must not hold a megabyte each.
    if (this.#current !== undefined) this.#seal(Uint8Array.prototype.slice.call(this.#current, 0, this.#filled));
    return this.#segments;
  }

  #seal(segment: Uint8Array): void {
    this.#segments.push(segment);
    this.#current = undefined;
    this.#filled = 0;
  }
}
