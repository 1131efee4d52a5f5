/**
 * Bytes that are put into the memory of whoever reads them. From a socket they come in thousands of small chunks; where each
 * is handed on by itself, that takes as much time as to write them down.
 */
export interface FillingSource extends AsyncIterable<Uint8Array> {
  /**
   * Fills `target` from its start. It is used instead of the iterator, never beside it.
   *
   * @param demand - called before each chunk; what it throws ends the reading.
   * @returns how many bytes: fewer than there is room for at the end and where the source fails, 0 after the end.
   * @throws what the source failed with, or `demand`, once all that came before has been handed over.
   */
  fill(target: Uint8Array, demand?: () => void): Promise<number>;

  /** Whoever does not read to the end says so. */
  leave(): void;
}

/** Any source as one that fills memory. */
export function fillingSource(source: AsyncIterable<Uint8Array> | FillingSource): FillingSource {
  return 'fill' in source ? source : new ChunkFiller(source);
}

/** Cuts chunks into what there is room for. */
export class ChunkFiller implements FillingSource {
  readonly #source: AsyncIterable<Uint8Array>;
  #iterator: AsyncIterator<Uint8Array> | undefined;
  #rest: Uint8Array = new Uint8Array();
  #end: { readonly error?: unknown } | undefined;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#source[Symbol.asyncIterator]();
  }

  async fill(target: Uint8Array, demand: () => void = () => {}): Promise<number> {
    let filled = 0;
    while (filled < target.byteLength && (this.#rest.byteLength > 0 || (await this.#next(demand)))) {
      const part = this.#rest.subarray(0, target.byteLength - filled);
      target.set(part, filled);
      filled += part.byteLength;
      this.#rest = this.#rest.subarray(part.byteLength);
    }
    if (filled === 0 && this.#end !== undefined && 'error' in this.#end) throw this.#end.error;
    return filled;
  }

  leave(): void {
    if (this.#end === undefined) void this.#letGo();
    this.#end ??= {};
  }

  /** What goes wrong there is nobody's concern any more. */
  async #letGo(): Promise<void> {
    try {
      await this.#iterator?.return?.();
    } catch {}
  }

  async #next(demand: () => void): Promise<boolean> {
    if (this.#end !== undefined) return false;
    try {
      this.#iterator ??= this[Symbol.asyncIterator]();
      const { done, value } = await this.#iterator.next();
      if (done) this.#end = {};
      else {
        demand();
        this.#rest = value;
      }
    } catch (error) {
      this.leave();
      this.#end = { error };
    }
    return this.#end === undefined;
  }
}
