/**
 * One 512-byte header block.
 * Written: ustar. Read: ustar, and its relatives V7, old GNU and star.
 * Source: POSIX.1-2017 pax, "ustar Interchange Format".
 */
import { TarError } from './tar-error.js';
import { readTarNumber, writeOctal } from './tar-number.js';

/** Bytes; headers, and the padding after bodies, are made of these. */
export const BLOCK_SIZE = 512;

/** Bytes from the end of a body to the next block. */
export function paddingAfter(size: number): number {
  // Not `-size & 511`: that is 32 bits wide, and sizes are not.
  return (BLOCK_SIZE - (size % BLOCK_SIZE)) % BLOCK_SIZE;
}

/** Bytes of each field. A number loses one to its NUL; so do the two owners' names, but not paths. */
export const FIELD_WIDTH = { name: 100, id: 8, size: 12, mtime: 12, linkname: 100, owner: 32, prefix: 155 } as const;

/** Where star's own prefix field ends: it keeps two times in the last 24 bytes of ustar's. */
const STAR_PREFIX_WIDTH = 131;
const NO_PREFIX = new Uint8Array(0);
const USTAR_MAGIC = Buffer.from('ustar\x0000');
const CHECKSUM_OFFSET = 148;
const CHECKSUM_WIDTH = 8;

/** The fields as they stand in a block, before any extended header. Strings are bytes; a prefix is joined to its name. */
export interface TarHeader {
  readonly name: Uint8Array;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  /** One character; NUL in an archive older than ustar. */
  readonly typeflag: string;
  readonly linkname: Uint8Array;
  readonly uname: Uint8Array;
  readonly gname: Uint8Array;
  readonly major: number;
  readonly minor: number;
}

/**
 * Lays a path out over the fields `prefix` and `name`.
 * Neither part may come out empty: readers would drop the slash between them.
 *
 * @returns `undefined` where it does not fit.
 */
export function splitTarName(path: Uint8Array): { prefix: Uint8Array; name: Uint8Array } | undefined {
  if (path.length <= FIELD_WIDTH.name) return { prefix: NO_PREFIX, name: path };
  const slash = path.indexOf(0x2f, Math.max(1, path.length - FIELD_WIDTH.name - 1));
  if (slash === -1 || slash > FIELD_WIDTH.prefix || slash === path.length - 1) return undefined;
  return { prefix: path.subarray(0, slash), name: path.subarray(slash + 1) };
}

/** Encodes fields that fit; a name that does not is cut, for its extended header has the whole one. */
export function encodeTarHeader(header: TarHeader): Buffer {
  const { prefix, name } = splitTarName(header.name) ?? { prefix: undefined, name: header.name };
  // Out of the pool: a block of its own would be an allocation outside the heap for every member.
  const block = Buffer.allocUnsafe(BLOCK_SIZE).fill(0);
  writeBytes(block, 0, FIELD_WIDTH.name, name);
  writeOctal(block, 100, FIELD_WIDTH.id, header.mode);
  writeOctal(block, 108, FIELD_WIDTH.id, header.uid);
  writeOctal(block, 116, FIELD_WIDTH.id, header.gid);
  writeOctal(block, 124, FIELD_WIDTH.size, header.size);
  writeOctal(block, 136, FIELD_WIDTH.mtime, header.mtime);
  block[156] = header.typeflag.charCodeAt(0);
  writeBytes(block, 157, FIELD_WIDTH.linkname, header.linkname);
  block.set(USTAR_MAGIC, 257);
  writeBytes(block, 265, FIELD_WIDTH.owner - 1, header.uname);
  writeBytes(block, 297, FIELD_WIDTH.owner - 1, header.gname);
  writeOctal(block, 329, FIELD_WIDTH.id, header.major);
  writeOctal(block, 337, FIELD_WIDTH.id, header.minor);
  if (prefix !== undefined) writeBytes(block, 345, FIELD_WIDTH.prefix, prefix);
  // Six digits, NUL, space: the layout that every tar since V7 writes.
  writeOctal(block, CHECKSUM_OFFSET, CHECKSUM_WIDTH - 1, checksum(block));
  block[CHECKSUM_OFFSET + CHECKSUM_WIDTH - 1] = 0x20;
  return block;
}

/** Copies what fits of `value`. */
function writeBytes(block: Uint8Array, offset: number, width: number, value: Uint8Array): void {
  block.set(value.length > width ? value.subarray(0, width) : value, offset);
}

/**
 * @param offset - where the block stands in the archive, for messages.
 * @throws {TarError} where the checksum does not match or a number is malformed.
 */
export function decodeTarHeader(block: Uint8Array, offset: number): TarHeader {
  const stored = readTarNumber(block.subarray(CHECKSUM_OFFSET, CHECKSUM_OFFSET + CHECKSUM_WIDTH));
  // Some old systems summed signed bytes, and a name beyond ASCII then shows it.
  if (stored !== checksum(block) && stored !== checksum(new Int8Array(block))) {
    throw new TarError(offset, 'the checksum of this header does not match: no tar archive, or a damaged one');
  }
  const text = (start: number, width: number) => {
    const end = block.indexOf(0, start);
    return block.subarray(start, end === -1 ? start + width : Math.min(end, start + width));
  };
  const number = (field: string, start: number, width: number) => {
    const value = readTarNumber(block.subarray(start, start + width));
    if (value === undefined) throw new TarError(offset, `the field ${field} holds no number`);
    return value;
  };
  const format = formatOf(block);
  const prefix = text(345, format === 'star' ? STAR_PREFIX_WIDTH : format === 'ustar' ? FIELD_WIDTH.prefix : 0);
  const name = text(0, FIELD_WIDTH.name);
  return {
    name: prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]),
    mode: number('mode', 100, FIELD_WIDTH.id),
    uid: number('uid', 108, FIELD_WIDTH.id),
    gid: number('gid', 116, FIELD_WIDTH.id),
    size: number('size', 124, FIELD_WIDTH.size),
    mtime: number('mtime', 136, FIELD_WIDTH.mtime),
    typeflag: String.fromCharCode(block[156] ?? 0),
    linkname: text(157, FIELD_WIDTH.linkname),
    uname: format === 'v7' ? name.subarray(0, 0) : text(265, FIELD_WIDTH.owner),
    gname: format === 'v7' ? name.subarray(0, 0) : text(297, FIELD_WIDTH.owner),
    major: format === 'v7' ? 0 : number('devmajor', 329, FIELD_WIDTH.id),
    minor: format === 'v7' ? 0 : number('devminor', 337, FIELD_WIDTH.id),
  };
}

/** Which fields lie behind the first 257 bytes, told by the magic; old GNU has no prefix, V7 has nothing there. */
function formatOf(block: Uint8Array): 'ustar' | 'star' | 'gnu' | 'v7' {
  const view = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const magic = view.toString('latin1', 257, 265);
  if (magic === 'ustar  \0') return 'gnu';
  if (!magic.startsWith('ustar\0')) return 'v7';
  return view.toString('latin1', 508, 512) === 'tar\0' ? 'star' : 'ustar';
}

/** The sum of all bytes, with the checksum's own field taken as spaces. */
function checksum(block: ArrayLike<number>): number {
  let sum = CHECKSUM_WIDTH * 0x20;
  for (let i = 0; i < CHECKSUM_OFFSET; i++) sum += block[i] ?? 0;
  for (let i = CHECKSUM_OFFSET + CHECKSUM_WIDTH; i < BLOCK_SIZE; i++) sum += block[i] ?? 0;
  return sum;
}
