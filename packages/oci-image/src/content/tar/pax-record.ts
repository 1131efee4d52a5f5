/**
 * The records of an extended header: `<length> <keyword>=<value>\n`.
 * Values are bytes and stay bytes: `SCHILY.xattr.security.capability` is a C struct, and dies in a detour through UTF-8.
 * Source: POSIX.1-2017 pax, "pax Extended Header".
 */
import { isUtf8 } from 'node:buffer';
import { TarError } from './tar-error.js';
import { decodeText } from './tar-path.js';

export type PaxRecords = ReadonlyMap<string, Uint8Array>;

/** Go's reader refuses a longer extended header, and container engines are written in Go. Bytes. */
export const MAX_PAX_HEADER_SIZE = 2 ** 20;

/** Where a NUL would end the value for readers in C, so Go refuses the record. */
const TEXT_KEYWORDS = new Set(['path', 'linkpath', 'uname', 'gname']);

/** Encodes records in the order given. */
export function encodePaxRecords(records: Iterable<readonly [keyword: string, value: Uint8Array]>): Buffer {
  return Buffer.concat(
    Array.from(records, ([keyword, value]) => {
      const body = Buffer.concat([Buffer.from(` ${keyword}=`), value, Buffer.from('\n')]);
      return Buffer.concat([Buffer.from(String(recordLength(body.length))), body]);
    }),
  );
}

/** The length counts its own digits. */
function recordLength(bodyLength: number): number {
  let length = bodyLength + String(bodyLength).length;
  if (String(length).length > String(bodyLength).length) length += 1;
  return length;
}

/**
 * Decodes records; of two with one keyword the last is kept.
 * Values are copies: they do not hold on to `bytes`.
 *
 * @param offset - where `bytes` starts in the archive, for messages.
 * @throws {TarError} where a record is malformed.
 */
export function decodePaxRecords(bytes: Uint8Array, offset: number): PaxRecords {
  const records = new Map<string, Uint8Array>();
  for (let start = 0; start < bytes.length; ) {
    const space = bytes.indexOf(0x20, start);
    const digits = space === -1 ? '' : decodeText(bytes.subarray(start, Math.min(space, start + 16)));
    const end = start + (/^[0-9]{1,15}$/.test(digits) ? Number(digits) : 0);
    if (end <= space || end > bytes.length || bytes[end - 1] !== 0x0a) {
      throw new TarError(offset + start, 'an extended header record does not end where its length says');
    }
    const equals = bytes.subarray(0, end).indexOf(0x3d, space);
    const keyword = bytes.subarray(space + 1, Math.max(equals, space + 1));
    if (keyword.length === 0 || keyword.includes(0) || !isUtf8(keyword)) {
      throw new TarError(offset + start, 'an extended header record has no readable keyword');
    }
    const name = decodeText(keyword);
    const value = new Uint8Array(bytes.subarray(equals + 1, end - 1));
    if (TEXT_KEYWORDS.has(name) && value.includes(0)) {
      throw new TarError(offset + start, `the extended header record ${name} holds a NUL`);
    }
    records.set(name, value);
    start = end;
  }
  return records;
}
