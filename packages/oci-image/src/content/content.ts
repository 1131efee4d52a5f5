/**
 * Bytes that can be read from the start as often as needed, and whose length is known beforehand.
 * A tar header carries the size, so nothing can be put into a layer whose length shows only at its end.
 */
export interface Content {
  /** Bytes. */
  readonly size: number;
  /** A fresh pass over the same bytes; every call starts again at the first one. */
  open(options?: OpenOptions): AsyncIterable<Uint8Array>;
}

export interface OpenOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether a chunk's memory may be filled anew as soon as the next one is asked for. @defaultValue `false` */
  readonly recycle?: boolean | undefined;
}

/** Bytes in memory as content; a string stands for its UTF-8 bytes. The array is not copied: leave it as it is. */
export function contentOf(bytes: Uint8Array | string): Content {
  const data = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
  return {
    size: data.byteLength,
    async *open() {
      if (data.byteLength > 0) yield data;
    },
  };
}
