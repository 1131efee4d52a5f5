/** One file of this machine as an entry, with as much of what is said of it here as is asked for. */
import { readlink } from 'node:fs/promises';
import { openFileContent, unreadableFile } from '../content/file-content.js';
import type { TarPath } from '../content/tar/tar-entry.js';
import type { EntryAttributes } from '../image/entry-attributes.js';
import type { LayerEntry } from '../image/layer-entry.js';
import { blockDevice, characterDevice, directory, fifo, file, symlink } from '../image/layer-entry.js';
import { deviceNumbers } from './device-numbers.js';
import type { LocatedFile, TreeFileType } from './walk-tree.js';

/** A file that a layer can hold: all but sockets, which have no form in a tar. */
export type LayerFile = LocatedFile & { readonly type: Exclude<TreeFileType, 'socket'> };

export function isLayerFile(file: LocatedFile): file is LayerFile {
  return file.type !== 'socket';
}

/** What of the machine goes into the layer. The defaults take nothing that changes from one to the next. */
export interface KeptAttributes {
  /** Numbers for every file, or those it has here. @defaultValue `layer`, the owner that the layer gives its entries */
  readonly owner?: 'layer' | 'keep' | { readonly uid: number; readonly gid: number } | undefined;
  /**
   * `portable` is 0755 for a directory and for a file that its owner may execute, 0644 for all others, whatever the umask
   * was; setuid, setgid and sticky bits survive. `keep` takes all bits as they are. @defaultValue `portable`
   */
  readonly modes?: 'portable' | 'keep' | undefined;
  /** The time that the layer gives its entries, or when each file was last written, to the microsecond. @defaultValue `layer` */
  readonly mtimes?: 'layer' | 'keep' | undefined;
}

const OWNER_EXECUTES = 0o100;
const SPECIAL_BITS = 0o7000;

/** @throws {OciError} `FILE_UNREADABLE` for a symbolic link that is gone. */
export async function readTreeEntry(
  path: TarPath,
  source: LayerFile,
  kept: KeptAttributes,
  xattrs: ReadonlyMap<string, Uint8Array> | undefined,
): Promise<LayerEntry> {
  const { location, stats } = source;
  const attributes = { ...keptAttributes(source, kept), xattrs };
  switch (source.type) {
    case 'file':
      return file(path, await openFileContent(location, { identity: stats, followSymlinks: false }), attributes);
    case 'directory':
      return directory(path, attributes);
    case 'symlink':
      return symlink(path, await readTarget(location), attributes);
    case 'character-device':
      return characterDevice(path, deviceNumbers(stats.rdev), attributes);
    case 'block-device':
      return blockDevice(path, deviceNumbers(stats.rdev), attributes);
    case 'fifo':
      return fifo(path, attributes);
  }
}

function keptAttributes({ type, mode, stats }: LayerFile, kept: KeptAttributes): EntryAttributes {
  const { owner = 'layer', modes = 'portable', mtimes = 'layer' } = kept;
  return {
    ...(owner === 'keep' ? { uid: Number(stats.uid), gid: Number(stats.gid) } : owner !== 'layer' && owner),
    // The mode of a symbolic link means nothing, and is not the same on every system.
    mode: type === 'symlink' ? undefined : modes === 'keep' ? mode : portableMode(type, mode),
    mtime: mtimes === 'keep' ? Number(stats.mtimeNs / 1000n) / 1e6 : undefined,
  };
}

function portableMode(type: TreeFileType, mode: number): number {
  const isExecutable = type === 'directory' || (mode & OWNER_EXECUTES) !== 0;
  return (isExecutable ? 0o755 : 0o644) | (mode & SPECIAL_BITS);
}

async function readTarget(location: Buffer): Promise<Buffer> {
  try {
    return await readlink(location, { encoding: 'buffer' });
  } catch (cause) {
    throw unreadableFile(location, cause);
  }
}
