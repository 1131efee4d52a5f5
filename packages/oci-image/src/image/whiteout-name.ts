/**
 * The file names by which a layer removes what layers underneath hold.
 * Source: image-spec v1.1, layer.md, "Whiteouts".
 */
import type { TarPath } from '../content/tar/tar-entry.js';
import { joinEntryPath, pathBytes, pathFromBytes } from './entry-path.js';

/** AUFS kept its own files under `.wh..wh.`, which engines still drop; nothing of ours may start with either. */
const WHITEOUT_PREFIX = '.wh.';
const OPAQUE_NAME = '.wh..wh..opq';

/** Whether any part of a clean path would be read as a marker instead of a name. */
export function isReservedName(path: TarPath): boolean {
  return pathBytes(path)
    .split('/')
    .some((name) => name.startsWith(WHITEOUT_PREFIX));
}

/** `a/.wh.b` for `a/b`. */
export function whiteoutPath(removed: TarPath): TarPath {
  const bytes = pathBytes(removed);
  const nameStart = bytes.lastIndexOf('/') + 1;
  return pathFromBytes(`${bytes.slice(0, nameStart)}${WHITEOUT_PREFIX}${bytes.slice(nameStart)}`);
}

/** `a/.wh..wh..opq` for `a`. */
export function opaqueWhiteoutPath(directory: TarPath): TarPath {
  return joinEntryPath(directory, OPAQUE_NAME);
}
