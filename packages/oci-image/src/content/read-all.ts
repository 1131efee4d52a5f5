import { OciError } from '../errors.js';

export interface ReadAllOptions {
  /** Refuse more than this. There is no default: whoever holds a whole stream in memory says how much that may be. */
  readonly maxBytes: number;
}

/**
 * Gathers a stream into one array.
 *
 * @throws {OciError} `LIMIT_EXCEEDED` as soon as there are more than `maxBytes` bytes.
 */
export async function readAll(source: AsyncIterable<Uint8Array>, { maxBytes }: ReadAllOptions): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.byteLength;
    if (size > maxBytes)
      throw new OciError('LIMIT_EXCEEDED', `more than ${maxBytes} bytes where at most that many may come`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
