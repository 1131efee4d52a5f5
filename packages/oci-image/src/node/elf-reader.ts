/** Reads from an ELF file within its bounds: what lies outside of them is an error that names the place. */
import { OciError } from '../errors.js';
import type { ByteSource } from './byte-source.js';

/** A name is short, so its end is mostly found by the first read. */
const FIRST_READ_BYTES = 256;

export function elfInvalid(source: ByteSource, offset: number, reason: string): OciError<'ELF_INVALID'> {
  return new OciError('ELF_INVALID', `${source.name} is not a valid ELF file: at byte ${offset}, ${reason}`);
}

/** @throws {OciError} `ELF_INVALID` where the file ends before. */
export async function readBytes(source: ByteSource, offset: number, length: number, what: string): Promise<Buffer> {
  const bytes = offset + length > source.size ? Buffer.alloc(0) : await source.read(offset, length);
  if (bytes.length < length) {
    throw elfInvalid(source, offset, `${what} should take ${length} bytes, but the file ends at ${source.size}`);
  }
  return bytes;
}

/**
 * A 64-bit number of `table`, which stands at `tableOffset` in the file.
 *
 * @throws {OciError} `ELF_INVALID` above 2^53-1: no file and no address space of a user is as large.
 */
export function readOffset(source: ByteSource, table: Buffer, position: number, tableOffset: number): number {
  const value = table.readBigUInt64LE(position);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw elfInvalid(source, tableOffset + position, `the number ${value} is out of range`);
  }
  return Number(value);
}

/**
 * The bytes from `offset` up to a NUL, as UTF-8.
 *
 * @param limit - Bytes in which the NUL must come.
 * @throws {OciError} `ELF_INVALID` where no NUL comes, and where the bytes are not UTF-8.
 */
export async function readString(source: ByteSource, offset: number, limit: number, what: string): Promise<string> {
  let bytes = await source.read(offset, Math.min(limit, FIRST_READ_BYTES));
  if (!bytes.includes(0) && limit > FIRST_READ_BYTES) {
    bytes = await source.read(offset, limit);
  }
  const end = bytes.indexOf(0);
  if (end === -1) {
    throw elfInvalid(source, offset, `${what} does not end within ${limit} bytes`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, end));
  } catch {
    throw elfInvalid(source, offset, `${what} is not UTF-8`);
  }
}
