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

export interface BodyStreamOptions {
  /** Bytes, as announced in Content-Length. */
  readonly size: number;
  /** Called once. */
  readonly onEnd: (end: BodyEnd) => void;
  /** Cuts the connection. Without it, a failure of the source errors the stream, and the platform sees to the rest. */
  readonly breakOff?: (() => void) | undefined;
}

/** Longest piece that is handed on at once: a blob in memory is one large chunk, and a slow client must not pin it as sent. */
export const MAX_PIECE_BYTES = 256 * 1024;

/**
 * Opens `source` and waits for its first bytes, so that a blob which cannot be read still gets a true status.
 * Afterwards nothing is read before the client has room for it, and nothing is copied.
 *
 * It is not a stream of type `bytes`: such a stream takes over the memory of each chunk, and would empty a store
 * that hands out what it holds.
 *
 * @param open - the signal aborts when the client has gone.
 * @throws what the source throws on its first read.
 */
export async function openBodyStream(
  open: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
  { size, onEnd, breakOff }: BodyStreamOptions,
): Promise<ReadableStream<Uint8Array>> {
  const abort = new AbortController();
  const pieces = piecesOf(open(abort.signal), size);
  let first: IteratorResult<Uint8Array> | undefined = await pieces.next();
  let bytes = 0;
  let ended = false;

  const end = (outcome: Omit<BodyEnd, 'bytes'>) => {
    if (ended) return;
    ended = true;
    onEnd({ bytes, ...outcome });
  };

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const result = first ?? (await pieces.next());
          first = undefined;
          if (ended) return;
          if (result.done === true) {
            controller.close();
            end({ complete: true });
          } else {
            bytes += result.value.byteLength;
            controller.enqueue(result.value);
          }
        } catch (error) {
          if (ended) return;
          end({ complete: false, error });
          if (breakOff === undefined) controller.error(error);
          else breakOff();
        }
      },
      cancel(reason) {
        end({ complete: false });
        abort.abort(reason);
        // A source that is stuck in a read ends whenever that read does; nobody waits for it.
        pieces.return().catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
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
