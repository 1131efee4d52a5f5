/**
 * How far an upload is, as the two sides tell each other.
 * Source: distribution-spec v1.1, "Pushing a blob in chunks".
 */

/** Positions of the first and the last byte of a chunk. */
export interface ChunkRange {
  readonly first: number;
  readonly last: number;
}

const CHUNK_RANGE_PATTERN = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/;

/**
 * The specification's form is `0-1023`. HTTP's own, `bytes 0-1023/*`, means the same and is taken as well.
 *
 * @returns `undefined` for what is no range, or one that ends before it begins.
 */
export function parseChunkRange(header: string): ChunkRange | undefined {
  const match = CHUNK_RANGE_PATTERN.exec(header.trim());
  if (match === null) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2])];
  return first <= last ? { first, last } : undefined;
}

/**
 * The value of `Range` in answers about an upload. An upload without a byte has no range, and docker, which reads two
 * numbers from it, gives up on `0--1`: Docker's registry has always said `0-0`, and clients know.
 */
export function formatUploadRange(size: number): string {
  return `0-${Math.max(0, size - 1)}`;
}
