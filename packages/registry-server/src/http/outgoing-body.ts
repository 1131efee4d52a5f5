/** From a store's bytes to the body of an answer. */

/** How a body ended. */
export interface BodyEnd {
  /** Bytes handed to the connection. */
  readonly bytes: number;
  /** All of it went out; `false` where the client left or the source failed. */
  readonly complete: boolean;
  /** What the source failed with. */
  readonly error?: unknown;
}

export interface OutgoingBodyOptions {
  /** Bytes, as announced in Content-Length. */
  readonly size: number;
  /** Called once. */
  readonly onEnd: (end: BodyEnd) => void;
  /** Cuts the connection. Without it, a failure of the source errors the stream, and the platform sees to the rest. */
  readonly breakOff?: (() => void) | undefined;
  /** Whether the source fills the memory of a chunk anew once it is asked for the next but one. @defaultValue `false` */
  readonly recycles?: boolean | undefined;
}

/** The parts of Node's `ServerResponse` that a body goes into. */
export interface BodySink {
  readonly destroyed: boolean;
  write(piece: Uint8Array, onFlushed: () => void): unknown;
  end(): unknown;
  destroy(): unknown;
  on(event: 'close' | 'error', listener: () => void): unknown;
}

/** Longest piece that is handed on at once: a blob in memory is one large chunk, and a slow client must not pin it as sent. */
export const MAX_PIECE_BYTES = 256 * 1024;

/**
 * A body that goes out once: as a web stream, or straight to a connection of Node. The second takes half the processor
 * time, for a store can read a whole blob into the same two buffers.
 *
 * Nothing is read before the client has room for it.
 */
export class OutgoingBody {
  readonly #pieces: AsyncGenerator<Uint8Array, void>;
  readonly #abort: AbortController;
  readonly #options: OutgoingBodyOptions;
  #first: IteratorResult<Uint8Array, void> | undefined;
  #bytes = 0;
  #ended = false;

  private constructor(
    pieces: AsyncGenerator<Uint8Array, void>,
    first: IteratorResult<Uint8Array, void>,
    abort: AbortController,
    options: OutgoingBodyOptions,
  ) {
    this.#pieces = pieces;
    this.#first = first;
    this.#abort = abort;
    this.#options = options;
  }

  /**
   * Opens `source` and waits for its first bytes, so that a blob which cannot be read still gets a true status.
   *
   * @param open - the signal aborts when the client has gone.
   * @throws what the source throws on its first read.
   */
  static async open(
    open: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
    options: OutgoingBodyOptions,
  ): Promise<OutgoingBody> {
    const abort = new AbortController();
    const pieces = piecesOf(open(abort.signal), options.size);
    return new OutgoingBody(pieces, await pieces.next(), abort, options);
  }

  /**
   * It is not a stream of type `bytes`: such a stream takes over the memory of each chunk, and would empty a store
   * that hands out what it holds.
   */
  stream(): ReadableStream<Uint8Array> {
    const { breakOff, recycles } = this.#options;
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          try {
            const piece = await this.#next();
            // Whoever reads a stream may keep what it got.
            if (piece !== undefined) controller.enqueue(recycles ? Uint8Array.from(piece) : piece);
            else if (!this.#ended) {
              controller.close();
              this.#end({ complete: true });
            }
          } catch (error) {
            if (this.#ended) return;
            this.#end({ complete: false, error });
            if (breakOff === undefined) controller.error(error);
            else breakOff();
          }
        },
        cancel: (reason) => this.#cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }

  /**
   * Writes to a connection, and ends its answer or cuts it. Never rejects. The system gets a piece before it has sent all
   * of the one before, so that a fast connection never waits for the next one.
   */
  async writeTo(sink: BodySink): Promise<void> {
    if (sink.destroyed) return this.#cancel();
    for (const event of ['close', 'error'] as const) sink.on(event, () => this.#cancel());
    try {
      let before = Promise.resolve();
      for (let piece = await this.#next(); piece !== undefined; piece = await this.#next()) {
        const flushing = flushed(sink, piece);
        await before;
        before = flushing;
      }
      await before;
      if (this.#ended) return;
      sink.end();
      this.#end({ complete: true });
    } catch (error) {
      if (this.#ended) return;
      this.#end({ complete: false, error });
      sink.destroy();
    }
  }

  /** @returns `undefined` at the end, and once the client has gone. */
  async #next(): Promise<Uint8Array | undefined> {
    const result = this.#first ?? (await this.#pieces.next());
    this.#first = undefined;
    if (this.#ended || result.done === true) return undefined;
    this.#bytes += result.value.byteLength;
    return result.value;
  }

  #end(outcome: Omit<BodyEnd, 'bytes'>): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.onEnd({ bytes: this.#bytes, ...outcome });
  }

  #cancel(reason?: unknown): void {
    if (this.#ended) return;
    this.#end({ complete: false });
    this.#abort.abort(reason);
    // A source that is stuck in a read ends whenever that read does; nobody waits for it.
    this.#pieces.return().catch(() => {});
  }
}

/** Resolves when the system has taken the bytes, and their memory is free. A connection that is cut may never say. */
function flushed(sink: BodySink, piece: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    sink.write(piece, () => resolve());
  });
}

/**
 * Content-Length is sent before the bytes are. Were a body that falls short simply ended, the client would take the
 * next answer on the connection for the rest of this one.
 */
async function* piecesOf(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array, void> {
  let total = 0;
  for await (const chunk of source) {
    total += chunk.byteLength;
    if (total > size) throw mismatch(total, size);
    for (let start = 0; start < chunk.byteLength; start += MAX_PIECE_BYTES) {
      yield chunk.subarray(start, start + MAX_PIECE_BYTES);
    }
  }
  if (total < size) throw mismatch(total, size);
}

function mismatch(total: number, size: number): Error {
  return new Error(`the store gave ${total > size ? 'more' : 'fewer'} than the ${size} bytes that were announced`);
}
