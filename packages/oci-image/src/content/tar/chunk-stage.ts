/** Pieces from this many bytes on are passed on as they are; copying smaller ones together is cheaper than a chunk each. */
const PASS_THROUGH_SIZE = 16 * 1024;
/** Bytes gathered into one chunk. */
const STAGE_SIZE = 64 * 1024;

const NOTHING: readonly Uint8Array[] = [];

/** Gathers small pieces into larger chunks, in order, so that headers and padding do not become chunks of their own. */
export class ChunkStage {
  #buffer = Buffer.allocUnsafeSlow(STAGE_SIZE);
  #start = 0;
  #end = 0;

  /** Takes a piece. Returns the chunks that are ready now, mostly none. */
  push(piece: Uint8Array): readonly Uint8Array[] {
    if (piece.length >= PASS_THROUGH_SIZE) return [...this.flush(), piece];
    const ready = piece.length > STAGE_SIZE - this.#end ? this.#renew() : NOTHING;
    this.#buffer.set(piece, this.#end);
    this.#end += piece.length;
    return ready;
  }

  /** What is gathered so far. The rest of the buffer stays in use: what was handed out is never written again. */
  flush(): readonly Uint8Array[] {
    if (this.#start === this.#end) return NOTHING;
    const chunk = this.#buffer.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return [chunk];
  }

  #renew(): readonly Uint8Array[] {
    const ready = this.flush();
    this.#buffer = Buffer.allocUnsafeSlow(STAGE_SIZE);
    this.#start = 0;
    this.#end = 0;
    return ready;
  }
}
