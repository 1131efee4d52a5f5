import type { OpenBlobOptions } from '@quinistry/oci-image';

/** Bytes are kept in pieces of this size: no single array has to grow with a blob, and a range is found by division. */
const SEGMENT_BYTES = 1024 * 1024;

/** Bytes that come in chunks of any size, each copied on its way in, and are then read in any range, as views. */
export class SegmentedBytes {
  readonly #full: Uint8Array[] = [];
  #last = Buffer.alloc(0);
  #filled = 0;

  get size(): number {
    return this.#full.length * SEGMENT_BYTES + this.#filled;
  }

  append(chunk: Uint8Array): void {
    let rest = chunk;
    while (rest.byteLength > 0) {
      const part = rest.subarray(0, SEGMENT_BYTES - this.#filled);
      this.#reserve(this.#filled + part.byteLength);
      this.#last.set(part, this.#filled);
      this.#filled += part.byteLength;
      rest = rest.subarray(part.byteLength);
      if (this.#filled === SEGMENT_BYTES) this.#closeSegment();
    }
  }

  /** Gives back the room that was kept for more: a thousand small blobs must not hold twice their size. */
  trim(): void {
    if (this.#last.byteLength > this.#filled) this.#resize(this.#filled);
  }

  async *read({ range, signal }: OpenBlobOptions = {}): AsyncGenerator<Uint8Array> {
    const end = Math.min(range?.end ?? this.size, this.size);
    let position = range?.start ?? 0;
    while (position < end) {
      signal?.throwIfAborted();
      const index = Math.floor(position / SEGMENT_BYTES);
      const segment = this.#full[index] ?? this.#last;
      const offset = position - index * SEGMENT_BYTES;
      const chunk = segment.subarray(offset, offset + (end - position));
      yield chunk;
      position += chunk.byteLength;
    }
  }

  #reserve(bytes: number): void {
    const room = this.#last.byteLength;
    if (room < bytes) this.#resize(Math.min(SEGMENT_BYTES, Math.max(bytes, 2 * room)));
  }

  #resize(bytes: number): void {
    const resized = Buffer.allocUnsafeSlow(bytes);
    resized.set(this.#last.subarray(0, this.#filled));
    this.#last = resized;
  }

  #closeSegment(): void {
    this.#full.push(this.#last);
    this.#last = Buffer.alloc(0);
    this.#filled = 0;
  }
}
