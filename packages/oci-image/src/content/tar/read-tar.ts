/**
 * Reads a tar archive member by member, as it streams by.
 * Source: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Extended Header". Where it is silent, this follows Go's
 * archive/tar, because container engines do: two readers that see different members in one layer are an attack.
 */
import { OciError } from '../../errors.js';
import { ByteCursor } from './byte-cursor.js';
import { decodePaxRecords, MAX_PAX_HEADER_SIZE, type PaxRecords } from './pax-record.js';
import type { TarAttributes, TarEntryKind, TarPath } from './tar-entry.js';
import { TarError } from './tar-error.js';
import { BLOCK_SIZE, decodeTarHeader, paddingAfter, type TarHeader } from './tar-header.js';
import { readTarMember } from './tar-member.js';
import { TarMemberBody } from './tar-member-body.js';

/** A file as it is read. `body` passes by once, before the next entry is asked for; unread, it is passed over. */
export interface ReadTarFile {
  readonly type: 'file';
  /** Bytes. */
  readonly size: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * One member of an archive. A path that is UTF-8 is a string, any other is bytes; no slash ends it, but for `/` itself.
 * It is as the archive has it, so it may be absolute, empty or lead outside: clean it before use.
 */
export type ReadTarEntry = TarAttributes &
  (Exclude<TarEntryKind, { type: 'file' }> | ReadTarFile) & { readonly path: TarPath };

export interface ReadTarOptions {
  readonly signal?: AbortSignal | undefined;
}

const NO_RECORDS: PaxRecords = new Map();

/**
 * Yields the members of an archive in order. After the two zero blocks nothing is parsed, but `source` is read to its end,
 * so that a digest computed on the way is complete and gets checked.
 * An archive that ends without them, but between members, is accepted, and so is one of no bytes (ggcr#367).
 *
 * @throws {TarError} `TAR_INVALID`, with the offset, for a damaged or truncated archive.
 * @throws {OciError} `LIMIT_EXCEEDED` for an extended header above 1 MiB, which is held in memory.
 */
export async function* readTar(
  source: AsyncIterable<Uint8Array>,
  { signal }: ReadTarOptions = {},
): AsyncGenerator<ReadTarEntry, void, undefined> {
  const cursor = new ByteCursor(source, signal);
  let globals = NO_RECORDS;
  let own: PaxRecords | undefined;
  let gnuName: Uint8Array | undefined;
  let gnuLink: Uint8Array | undefined;
  try {
    for (;;) {
      const offset = cursor.offset;
      const header = await readHeader(cursor);
      if (header === undefined) {
        if (own === undefined && gnuName === undefined && gnuLink === undefined) break;
        throw new TarError(offset, 'the archive ends after an extended header, without its member');
      }
      switch (header.typeflag) {
        case 'g':
          globals = merge(globals, await readRecords(cursor, header, offset));
          continue;
        case 'x':
          own = await readRecords(cursor, header, offset);
          continue;
        case 'L':
          gnuName = beforeNul(await readExtension(cursor, header, offset));
          continue;
        case 'K':
          gnuLink = beforeNul(await readExtension(cursor, header, offset));
          continue;
      }
      const extension = { records: own === undefined ? globals : merge(globals, own), gnuName, gnuLink };
      own = gnuName = gnuLink = undefined;
      const member = readTarMember(header, extension, offset);
      if (member.type === 'file') {
        const body = new TarMemberBody(cursor, member.path, member.size);
        yield { ...member, body };
        await body.finish();
      } else {
        // A size here is left from old writers, who put a link's length in it: no body follows.
        yield member;
      }
    }
    await cursor.drain();
  } finally {
    await cursor.close();
  }
}

/** The next header, or `undefined` at the end of the archive. */
async function readHeader(cursor: ByteCursor): Promise<TarHeader | undefined> {
  const offset = cursor.offset;
  const block = await cursor.exactly(BLOCK_SIZE);
  if (block.length === 0) return undefined;
  if (block.length < BLOCK_SIZE) throw new TarError(offset, 'the archive ends in the middle of a header');
  if (!isZero(block)) return decodeTarHeader(block, offset);
  const second = await cursor.exactly(BLOCK_SIZE);
  // One block of zeros and then nothing: Go and GNU tar take it for an end too.
  if (isZero(second)) return undefined;
  throw new TarError(cursor.offset - second.length, 'a single block of zeros stands before more bytes');
}

async function readRecords(cursor: ByteCursor, header: TarHeader, offset: number): Promise<PaxRecords> {
  return decodePaxRecords(await readExtension(cursor, header, offset), offset + BLOCK_SIZE);
}

/** The body of a member that describes another one. */
async function readExtension(cursor: ByteCursor, header: TarHeader, offset: number): Promise<Uint8Array> {
  const { size } = header;
  if (size < 0) throw new TarError(offset, `size is ${size}`);
  if (size > MAX_PAX_HEADER_SIZE) {
    throw new OciError(
      'LIMIT_EXCEEDED',
      `tar archive, at byte ${offset}: an extended header of ${size} bytes, where ${MAX_PAX_HEADER_SIZE} are the limit`,
    );
  }
  const padding = paddingAfter(size);
  const bytes = await cursor.exactly(size);
  if (bytes.length < size || (await cursor.skip(padding)) < padding) {
    throw new TarError(cursor.offset, 'the archive ends in the middle of an extended header');
  }
  return bytes;
}

function merge(base: PaxRecords, over: PaxRecords): PaxRecords {
  return base.size === 0 ? over : new Map([...base, ...over]);
}

/** GNU tar ends long names with a NUL. A copy: the next read may reuse what `bytes` shows. */
function beforeNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return new Uint8Array(bytes.subarray(0, end === -1 ? bytes.length : end));
}

function isZero(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}
