/**
 * gzip whose bytes depend on nothing but the input, the level and the version of zlib: no name, no time, no operating
 * system in the header (Node's own differs by platform, nodejs/node#48690), and no trace of how many cores did the work.
 * Source: RFC 1952 (gzip), RFC 1951 (deflate).
 */
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';
import { OciError } from '../errors.js';
import { checkChunk } from './byte-chunk.js';

export type GzipLevel = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** What gzip(1), Docker and BuildKit use. */
export const DEFAULT_GZIP_LEVEL: GzipLevel = 6;

export interface GzipOptions {
  /** 0 stores, 9 is smallest. @defaultValue {@link DEFAULT_GZIP_LEVEL} */
  readonly level?: GzipLevel | undefined;
  /** Blocks compressed at the same time; the bytes are the same for any number. @defaultValue one a core */
  readonly parallelism?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The input is cut into blocks of this size whatever chunks it comes in, so that chunking cannot show in the output.
 * A block costs 5 bytes for the empty stored block that ends it; a megabyte makes that nothing.
 */
const BLOCK_BYTES = 1024 * 1024;

/** How far back deflate may point: each block starts with this much of the one before as its dictionary. */
const WINDOW_BYTES = 32 * 1024;

/**
 * The most that zlib takes: a tenth faster than its default for some thousandths more bytes. Fixed because it decides the
 * size of the hash table, and with it the matches that are found.
 */
const MEMORY_LEVEL = 9;

/** Magic, method deflate, no flags, time 0, no extra flags, operating system 255 "unknown". */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);

const deflateBlock = promisify<Uint8Array, object, Buffer>(deflateRaw);

/**
 * Compresses `source` into a single gzip member, block by block on zlib's threads.
 *
 * Deflate lets one stream be put together from parts: a part that ends with a sync flush ends on a byte, and a part that
 * was given the last 32 KiB before it as dictionary may refer to them. So all blocks can be compressed at once and the
 * result is still one ordinary stream, barely larger than if one thread had done it.
 *
 * @throws {OciError} `ARGUMENT_INVALID` for a level that is not an integer from 0 to 9, a parallelism that is not one from
 *   1, and a source that gives text in the place of bytes.
 */
export async function* gzip(source: AsyncIterable<Uint8Array>, options: GzipOptions = {}): AsyncGenerator<Uint8Array> {
  const { level = DEFAULT_GZIP_LEVEL, parallelism = availableParallelism(), signal } = options;
  if (!Number.isInteger(level) || level < 0 || level > 9) {
    throw new OciError('ARGUMENT_INVALID', `gzip level ${level} is not an integer from 0 to 9`);
  }
  if (!Number.isInteger(parallelism) || parallelism < 1) {
    throw new OciError('ARGUMENT_INVALID', `parallelism ${parallelism} is not an integer from 1`);
  }
  signal?.throwIfAborted();
  yield HEADER;

  let checksum = 0;
  let size = 0;
  let dictionary: Uint8Array | undefined;
  const pending: { readonly block: Uint8Array; readonly compressed: Promise<Uint8Array> }[] = [];
  const spare: Uint8Array[] = [];

  for await (const { block, isLast } of blocksOf(source, spare)) {
    signal?.throwIfAborted();
    checksum = crc32(block, checksum);
    size += block.byteLength;
    const compressed = deflateBlock(block, {
      level,
      memLevel: MEMORY_LEVEL,
      finishFlush: isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
      // Room for the whole result, or zlib comes back to the main thread for every 16 KiB of it. At level 0 it is part of
      // the bytes as well: a stored block ends where the buffer does.
      chunkSize: BLOCK_BYTES + 1024,
      ...(dictionary && { dictionary }),
    });
    // Whoever stops reading leaves blocks behind that nobody waits for; their failure must not end the process.
    compressed.catch(() => {});
    pending.push({ block, compressed });
    dictionary = block.subarray(Math.max(0, block.byteLength - WINDOW_BYTES));
    // One more than there are threads, so that none is idle while the main thread reads on.
    const oldest = pending.length > parallelism ? pending.shift() : undefined;
    if (oldest === undefined) continue;
    yield await oldest.compressed;
    spare.push(oldest.block); // the one behind it has taken its dictionary
  }
  for (const { compressed } of pending) {
    signal?.throwIfAborted();
    yield await compressed;
  }
  yield trailer(checksum, size);
}

/** CRC-32 and length modulo 2^32 of the uncompressed bytes, little-endian (RFC 1952, 2.3.1). */
function trailer(checksum: number, size: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setUint32(0, checksum, true);
  bytes.setUint32(4, size % 2 ** 32, true);
  return new Uint8Array(bytes.buffer);
}

interface Block {
  readonly block: Uint8Array;
  readonly isLast: boolean;
}

/**
 * Cuts a stream into full blocks and a last one, which alone may be shorter, and is empty for an empty stream.
 *
 * @param spare - blocks that may be filled anew. New memory for each would be garbage by the hundred megabytes.
 */
async function* blocksOf(source: AsyncIterable<Uint8Array>, spare: Uint8Array[]): AsyncGenerator<Block> {
  let block: Uint8Array = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let filled = 0;
  for await (const chunk of source) {
    checkChunk(chunk, 'the source of gzip');
    let rest = chunk;
    while (rest.byteLength > 0) {
      // A full block is handed on only when more follows: until then it may be the last.
      if (filled === BLOCK_BYTES) {
        yield { block, isLast: false };
        block = spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
        filled = 0;
      }
      const part = rest.subarray(0, BLOCK_BYTES - filled);
      block.set(part, filled);
      filled += part.byteLength;
      rest = rest.subarray(part.byteLength);
    }
  }
  yield { block: block.subarray(0, filled), isLast: true };
}
