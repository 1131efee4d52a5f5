/** What an entry gets where it says nothing: constants and the layer's options, never something of this machine. */
import { contentOf } from '../content/content.js';
import type { TarAttributes, TarEntry } from '../content/tar/tar-entry.js';
import type { LayerEntry } from './layer-entry.js';
import { opaqueWhiteoutPath, whiteoutPath } from './whiteout-name.js';

export interface TarDefaults {
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Whether `mtime` is also the latest time that an entry may have. */
  readonly clampMtime: boolean;
  readonly uid: number;
  readonly gid: number;
}

const DIRECTORY_MODE = 0o755;
/** Linux shows this mode for every symbolic link, and never looks at it. */
const SYMLINK_MODE = 0o777;
const FILE_MODE = 0o644;

const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();
const MARKER_CONTENT = contentOf('');

/** Completes an entry, and gives a marker the name and the empty file as which it is written. */
export function toTarEntry(entry: LayerEntry, defaults: TarDefaults): TarEntry {
  const mtime = entry.mtime ?? defaults.mtime;
  const attributes: TarAttributes = {
    mode: entry.mode ?? defaultMode(entry.type),
    uid: entry.uid ?? defaults.uid,
    gid: entry.gid ?? defaults.gid,
    uname: entry.uname ?? '',
    gname: entry.gname ?? '',
    mtime: defaults.clampMtime ? Math.min(mtime, defaults.mtime) : mtime,
    xattrs: entry.xattrs ?? NO_XATTRS,
  };
  switch (entry.type) {
    case 'whiteout':
      return { path: whiteoutPath(entry.path), ...attributes, type: 'file', content: MARKER_CONTENT };
    case 'opaque-whiteout':
      return { path: opaqueWhiteoutPath(entry.path), ...attributes, type: 'file', content: MARKER_CONTENT };
    default:
      return { ...entry, ...attributes };
  }
}

/** What a umask of 022 leaves, whatever the umask is. */
export function defaultMode(type: LayerEntry['type']): number {
  if (type === 'directory') return DIRECTORY_MODE;
  return type === 'symlink' ? SYMLINK_MODE : FILE_MODE;
}
