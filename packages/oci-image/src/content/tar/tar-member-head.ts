/**
 * What stands before the body of a member: its header and, only where ustar cannot carry a value, an extended header.
 * So the bytes are as few as can be, and follow from the entry alone.
 * Source: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Extended Header".
 */
import { isUtf8 } from 'node:buffer';
import { OciError } from '../../errors.js';
import { encodePaxRecords, MAX_PAX_HEADER_SIZE } from './pax-record.js';
import { formatPaxTime } from './pax-time.js';
import type { TarEntry } from './tar-entry.js';
import { checkTarEntry } from './tar-entry-check.js';
import { encodeTarHeader, FIELD_WIDTH, paddingAfter, splitTarName } from './tar-header.js';
import { fitsOctal } from './tar-number.js';
import { encodeTarPath, formatTarPath } from './tar-path.js';

/** star's keyword for an extended attribute; GNU tar, bsdtar and Go write and read the same. */
export const XATTR_KEYWORD = 'SCHILY.xattr.';

const TYPEFLAGS = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
} as const satisfies Record<TarEntry['type'], string>;

const NO_BYTES = Buffer.alloc(0);
const PAX_MEMBER_NAME = Buffer.from('@PaxHeader');
const LATEST_FIELD_TIME = 8 ** (FIELD_WIDTH.mtime - 1) - 1;

/**
 * Encodes all blocks before the body of `entry`.
 *
 * @returns a multiple of 512 bytes.
 * @throws {OciError} `ENTRY_INVALID` where the entry cannot stand in an archive.
 */
export function encodeTarMemberHead(entry: TarEntry): Uint8Array {
  checkTarEntry(entry);
  const records = new Map<string, Uint8Array>();
  const number = (keyword: string, value: number, width: number): number => {
    if (fitsOctal(value, width)) return value;
    records.set(keyword, Buffer.from(String(value)));
    return 0;
  };
  const text = (keyword: string, value: Uint8Array, width: number): Uint8Array => {
    if (value.length > width) records.set(keyword, value);
    return value;
  };

  const name = memberName(entry);
  if (splitTarName(name) === undefined) records.set('path', name);
  if (!fitsOctal(entry.mtime, FIELD_WIDTH.mtime)) records.set('mtime', Buffer.from(formatPaxTime(entry.mtime)));
  for (const [key, value] of entry.xattrs) records.set(XATTR_KEYWORD + key, value);
  const isDevice = entry.type === 'character-device' || entry.type === 'block-device';
  const header = encodeTarHeader({
    name,
    mode: entry.mode,
    uid: number('uid', entry.uid, FIELD_WIDTH.id),
    gid: number('gid', entry.gid, FIELD_WIDTH.id),
    size: entry.type === 'file' ? number('size', entry.content.size, FIELD_WIDTH.size) : 0,
    // For readers that know no records: the nearest whole second that fits.
    mtime: Math.min(Math.max(Math.floor(entry.mtime), 0), LATEST_FIELD_TIME),
    typeflag: TYPEFLAGS[entry.type],
    linkname: 'target' in entry ? text('linkpath', encodeTarPath(entry.target), FIELD_WIDTH.linkname) : NO_BYTES,
    uname: text('uname', encodeTarPath(entry.uname), FIELD_WIDTH.owner - 1),
    gname: text('gname', encodeTarPath(entry.gname), FIELD_WIDTH.owner - 1),
    major: isDevice ? entry.major : 0,
    minor: isDevice ? entry.minor : 0,
  });
  return records.size === 0 ? header : Buffer.concat([encodePaxMember(entry, records), header]);
}

/** Readers tell a directory by its slash as well: GNU tar and bsdtar list it so, and V7 had no other sign. */
function memberName(entry: TarEntry): Uint8Array {
  const path = encodeTarPath(entry.path);
  return entry.type !== 'directory' || path.at(-1) === 0x2f ? path : Buffer.concat([path, Buffer.from('/')]);
}

function encodePaxMember(entry: TarEntry, records: Map<string, Uint8Array>): Uint8Array {
  // The order in which attributes were added must not show, so: by bytes.
  const sorted = [...records].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  // Without this record bsdtar takes a path for UTF-8, and ends with an error where it is not. It speaks of what follows it.
  const isText = ['path', 'linkpath'].every((keyword) => isUtf8(records.get(keyword) ?? NO_BYTES));
  const body = encodePaxRecords(isText ? sorted : [['hdrcharset', Buffer.from('BINARY')], ...sorted]);
  if (body.length > MAX_PAX_HEADER_SIZE) {
    throw new OciError(
      'ENTRY_INVALID',
      `${formatTarPath(entry.path)}: extended attributes and names take ${body.length} bytes, ` +
        `where readers accept at most ${MAX_PAX_HEADER_SIZE}`,
    );
  }
  const header = encodeTarHeader({
    name: PAX_MEMBER_NAME,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: body.length,
    mtime: 0,
    typeflag: 'x',
    linkname: NO_BYTES,
    uname: NO_BYTES,
    gname: NO_BYTES,
    major: 0,
    minor: 0,
  });
  return Buffer.concat([header, body, Buffer.alloc(paddingAfter(body.length))]);
}
