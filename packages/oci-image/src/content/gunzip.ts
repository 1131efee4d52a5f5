import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { OciError } from '../errors.js';

export interface GunzipOptions {
  /** Refuse to inflate to more bytes than this; a few kilobytes of gzip can stand for gigabytes. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Inflates gzip of one or more members; layers of several exist, and a reader that stops after the first loses files
 * (jib#3983). The source is read to its end, also past the last member, so that whoever digests it sees every byte.
 *
 * @throws {OciError} `GZIP_INVALID` where the bytes are not gzip, or end too early; `LIMIT_EXCEEDED` past `maxBytes`.
 * An error of `source` comes through as it is.
 */
export async function* gunzip(
  source: AsyncIterable<Uint8Array>,
  { maxBytes, signal }: GunzipOptions,
): AsyncGenerator<Uint8Array> {
  const inflater = createGunzip();
  const input = Readable.from(source, { objectMode: false });
  // The pipeline carries an error of the source into the inflater, and the end of the inflater back to the source.
  pipeline(input, inflater, () => {});
  let size = 0;
  try {
    for await (const chunk of inflater as AsyncIterable<Buffer>) {
      signal?.throwIfAborted();
      size += chunk.byteLength;
      if (size > maxBytes) {
        throw new OciError(
          'LIMIT_EXCEEDED',
          `gzip inflates to more than ${maxBytes} bytes, which is the most that was allowed`,
        );
      }
      yield chunk;
    }
  } catch (error) {
    if (isZlibError(error)) {
      throw new OciError('GZIP_INVALID', `not valid gzip: ${error.message}, after ${size} inflated bytes`, {
        cause: error,
      });
    }
    throw error;
  } finally {
    input.destroy();
    inflater.destroy();
  }
}

function isZlibError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');
}
