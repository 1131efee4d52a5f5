/**
 * The part of a blob that a GET asks for.
 * Source: RFC 9110, section 14. containerd resumes with `bytes=N-` and opens several ranges side by side.
 */
import type { ByteRange } from '@quinistry/oci-image';

/** `whole`: answer 200 as if no range had been asked for. `unsatisfiable`: answer 416. */
export type RangeSelection = ByteRange | 'whole' | 'unsatisfiable';

const BYTE_RANGE_PATTERN = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i;

/**
 * Several ranges, other units and what is no range at all give `whole`: RFC 9110, section 14.2, lets a server ignore
 * them, and no registry client asks for `multipart/byteranges`.
 *
 * @param header - the value of `Range`; `null` where there is none.
 * @param size - of the blob, in bytes.
 */
export function selectRange(header: string | null, size: number): RangeSelection {
  const match = header === null ? null : BYTE_RANGE_PATTERN.exec(header);
  if (match === null) return 'whole';
  const [, first = '', last = ''] = match;
  if (first === '') return last === '' ? 'whole' : selectSuffix(Number(last), size);

  const start = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  // `500-0` is an invalid range rather than one that lies outside; the conformance suite wants 416 for both.
  return start < end ? { start, end } : 'unsatisfiable';
}

/** The last `length` bytes; an empty blob has no byte that `Content-Range` could name, so it is sent whole. */
function selectSuffix(length: number, size: number): RangeSelection {
  if (length === 0) return 'unsatisfiable';
  return size === 0 ? 'whole' : { start: Math.max(0, size - length), end: size };
}

/** The value of `Content-Range` in a 206. */
export function formatContentRange(range: ByteRange, size: number): string {
  return `bytes ${range.start}-${range.end - 1}/${size}`;
}
