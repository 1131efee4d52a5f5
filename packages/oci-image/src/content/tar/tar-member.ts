/** What a header and its extended headers say of a member, taken together. */
import type { PaxRecords } from './pax-record.js';
import { parsePaxTime } from './pax-time.js';
import type { TarAttributes, TarEntryKind, TarPath } from './tar-entry.js';
import { MAX_OWNER_ID } from './tar-entry-check.js';
import { TarError } from './tar-error.js';
import type { TarHeader } from './tar-header.js';
import { XATTR_KEYWORD } from './tar-member-head.js';
import { decodeTarPath, decodeText } from './tar-path.js';

/** What came before a header and speaks of its member. */
export interface TarExtension {
  /** Global records, overlaid with the member's own. */
  readonly records: PaxRecords;
  /** GNU tar's members of type `L` and `K`. */
  readonly gnuName: Uint8Array | undefined;
  readonly gnuLink: Uint8Array | undefined;
}

type TarMemberKind = Exclude<TarEntryKind, { type: 'file' }> | { readonly type: 'file'; readonly size: number };
export type TarMember = TarAttributes & TarMemberKind & { readonly path: TarPath };

/**
 * @param offset - of the header, for messages.
 * @throws {TarError} for a type of member that cannot stand in a layer, and for values out of range.
 */
export function readTarMember(header: TarHeader, extension: TarExtension, offset: number): TarMember {
  const { records } = extension;
  // A record without a value takes back a global one: the header's own field holds.
  const record = (keyword: string) => {
    const value = records.get(keyword);
    return value === undefined || value.length === 0 ? undefined : value;
  };
  const number = (keyword: string, field: number, max: number) => {
    const value = record(keyword);
    const decimal = value === undefined ? undefined : decodeText(value);
    const result = decimal === undefined ? field : /^\d+$/.test(decimal) ? Number(decimal) : Number.NaN;
    if (result >= 0 && result <= max) return result;
    throw new TarError(offset, `${keyword} is ${decimal ?? field}, not a whole number from 0 to ${max}`);
  };
  const mtime = () => {
    const value = record('mtime');
    const seconds = value === undefined ? header.mtime : parsePaxTime(decodeText(value));
    if (seconds === undefined) throw new TarError(offset, 'the extended header record mtime holds no time');
    return seconds;
  };
  if (records.has('GNU.sparse.major') || records.has('GNU.sparse.map')) throw sparse(offset);

  // Go, which container engines read with, prefers GNU's long names to records where an archive has both.
  const name = extension.gnuName ?? record('path') ?? header.name;
  const target = () => decodeTarPath(extension.gnuLink ?? record('linkpath') ?? header.linkname);
  const kind = (): TarMemberKind => {
    switch (header.typeflag) {
      case '\0':
        // Before ustar a slash at the end was the only sign of a directory.
        if (name.at(-1) === 0x2f) return { type: 'directory' };
        return { type: 'file', size: number('size', header.size, Number.MAX_SAFE_INTEGER) };
      case '0':
      case '7': // "contiguous", which no system does
        return { type: 'file', size: number('size', header.size, Number.MAX_SAFE_INTEGER) };
      case '1':
        return { type: 'hardlink', target: target() };
      case '2':
        return { type: 'symlink', target: target() };
      case '3':
        return { type: 'character-device', major: header.major, minor: header.minor };
      case '4':
        return { type: 'block-device', major: header.major, minor: header.minor };
      case '5':
        return { type: 'directory' };
      case '6':
        return { type: 'fifo' };
      case 'S':
        throw sparse(offset);
      default:
        throw new TarError(offset, `members of type ${JSON.stringify(header.typeflag)} cannot stand in a layer`);
    }
  };
  return {
    path: decodeTarPath(withoutTrailingSlash(name)),
    ...kind(),
    // GNU tar puts the type of file above the permissions.
    mode: header.mode & 0o7777,
    uid: number('uid', header.uid, MAX_OWNER_ID),
    gid: number('gid', header.gid, MAX_OWNER_ID),
    uname: decodeText(record('uname') ?? header.uname),
    gname: decodeText(record('gname') ?? header.gname),
    mtime: mtime(),
    xattrs: readXattrs(records),
  };
}

/** An attribute may be empty, so here a record without a value counts. */
function readXattrs(records: PaxRecords): ReadonlyMap<string, Uint8Array> {
  const xattrs = new Map<string, Uint8Array>();
  for (const [keyword, value] of records) {
    if (keyword.startsWith(XATTR_KEYWORD)) xattrs.set(keyword.slice(XATTR_KEYWORD.length), value);
  }
  return xattrs;
}

/** `/` itself stays: some writers name the root of the archive so. */
function withoutTrailingSlash(name: Uint8Array): Uint8Array {
  let end = name.length;
  while (end > 1 && name[end - 1] === 0x2f) end--;
  return name.subarray(0, end);
}

function sparse(offset: number): TarError {
  return new TarError(offset, 'sparse members are not supported: write the archive without --sparse');
}
