/**
 * A tar archive as a stream of bytes that follows from its entries alone.
 * Source: POSIX.1-2017 pax, "ustar Interchange Format"; image-spec v1.1, layer.md.
 */
import { OciError } from '../../errors.js';
import { checkChunk } from '../byte-chunk.js';
import { ChunkStage } from './chunk-stage.js';
import type { TarEntry } from './tar-entry.js';
import { BLOCK_SIZE, paddingAfter } from './tar-header.js';
import { encodeTarMemberHead } from './tar-member-head.js';
import { formatTarPath } from './tar-path.js';

/** Two blocks of zeros end an archive, and nothing more: no rounding up to 10 KiB records, which only tapes need. */
const END_OF_ARCHIVE = new Uint8Array(2 * BLOCK_SIZE);

export interface WriteTarOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether the memory of what is yielded may be filled anew as soon as more is asked for. @defaultValue `false` */
  readonly recycle?: boolean | undefined;
}

/**
 * Writes `entries` in the order given. An archive without entries is 1024 zero bytes.
 * Large chunks of content are passed on without a copy; headers, padding and small chunks are gathered.
 *
 * @throws {OciError} `ENTRY_INVALID` for an entry that no archive can carry; `FILE_CHANGED` for content that is longer
 *   or shorter than its `size`; `ARGUMENT_INVALID` for content that gives text in the place of bytes. The stream then ends without an end-of-archive mark.
 */
export async function* writeTar(
  entries: Iterable<TarEntry> | AsyncIterable<TarEntry>,
  { signal, recycle }: WriteTarOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const stage = new ChunkStage();
  for await (const entry of entries) {
    signal?.throwIfAborted();
    for (const ready of stage.push(encodeTarMemberHead(entry))) yield ready;
    if (entry.type !== 'file') continue;
    const { size } = entry.content;
    let missing = size;
    for await (const chunk of entry.content.open({ signal, recycle })) {
      signal?.throwIfAborted();
      checkChunk(chunk, `the content of ${formatTarPath(entry.path)}`);
      missing -= chunk.length;
      if (missing < 0) throw sizeChanged(entry, size, `at least ${size - missing}`);
      for (const ready of stage.push(chunk)) yield ready;
    }
    if (missing > 0) throw sizeChanged(entry, size, `${size - missing}`);
    for (const ready of stage.push(END_OF_ARCHIVE.subarray(0, paddingAfter(size)))) yield ready;
  }
  for (const ready of stage.push(END_OF_ARCHIVE)) yield ready;
  for (const ready of stage.flush()) yield ready;
}

function sizeChanged(entry: TarEntry, expected: number, actual: string): OciError {
  return new OciError(
    'FILE_CHANGED',
    `${formatTarPath(entry.path)} gave ${actual} bytes where ${expected} were announced: it changed while it was read`,
  );
}
