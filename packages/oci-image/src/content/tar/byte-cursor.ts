/** Reads a stream of chunks by length, whatever its chunks are, without a copy where a chunk holds what is asked for. */
export class ByteCursor {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #signal: AbortSignal | undefined;
  #chunk: Uint8Array = new Uint8Array(0);
  #position = 0;
  #ended = false;

  /** Bytes taken since the start of the source. */
  offset = 0;

  constructor(source: AsyncIterable<Uint8Array>, signal?: AbortSignal) {
    this.#source = source[Symbol.asyncIterator]();
    this.#signal = signal;
  }

  /** Up to `limit` bytes, as many as are at hand; `undefined` at the end of the source. */
  async some(limit: number): Promise<Uint8Array | undefined> {
    return this.atHand(limit) ?? ((await this.#advance()) ? this.atHand(limit) : undefined);
  }

  /** Like `some`, but `undefined` where it would have to wait. */
  atHand(limit: number): Uint8Array | undefined {
    if (this.#position === this.#chunk.length) return undefined;
    const bytes = this.#chunk.subarray(this.#position, this.#position + limit);
    this.#position += bytes.length;
    this.offset += bytes.length;
    return bytes;
  }

  /** Exactly `length` bytes, or fewer where the source ends. */
  async exactly(length: number): Promise<Uint8Array> {
    const first = length === 0 ? new Uint8Array(0) : await this.some(length);
    if (first === undefined || first.length === length) return first ?? new Uint8Array(0);
    const bytes = [first];
    let missing = length - first.length;
    while (missing > 0) {
      const next = await this.some(missing);
      if (next === undefined) break;
      bytes.push(next);
      missing -= next.length;
    }
    return Buffer.concat(bytes);
  }

  /** Passes over `length` bytes, or fewer where the source ends; returns how many. */
  async skip(length: number): Promise<number> {
    let left = length;
    while (left > 0) {
      const bytes = this.atHand(left) ?? (await this.some(left));
      if (bytes === undefined) break;
      left -= bytes.length;
    }
    return length - left;
  }

  /** Reads the source to its end. */
  async drain(): Promise<void> {
    while ((await this.some(Number.POSITIVE_INFINITY)) !== undefined);
  }

  /** Lets go of the source, which may not have ended. */
  async close(): Promise<void> {
    if (!this.#ended) await this.#source.return?.();
  }

  async #advance(): Promise<boolean> {
    if (this.#ended) return false;
    do {
      this.#signal?.throwIfAborted();
      const { done, value } = await this.#source.next();
      if (done === true) {
        this.#ended = true;
        return false;
      }
      this.#chunk = value;
      this.#position = 0;
    } while (this.#chunk.length === 0);
    return true;
  }
}
