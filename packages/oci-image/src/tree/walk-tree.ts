/** Every file below a directory of this machine, as it is: nothing is followed, nothing is left out but what is asked. */
import type { BigIntStats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { unreadableFile } from '../content/file-content.js';
import type { TarPath } from '../content/tar/tar-entry.js';
import { OciError } from '../errors.js';
import { joinEntryPath, pathFromBytes, ROOT_PATH } from '../image/entry-path.js';
import { mapConcurrently } from './map-concurrently.js';

export type TreeFileType = 'file' | 'directory' | 'symlink' | 'character-device' | 'block-device' | 'fifo' | 'socket';

/** A file that was met in a tree. */
export interface TreeFile {
  /** From the root of the tree, without a leading slash; bytes where the name is not UTF-8. */
  readonly path: TarPath;
  readonly type: TreeFileType;
  /** Bytes; 0 for what is not a regular file. */
  readonly size: number;
  /** Permission bits on this machine, with setuid, setgid and sticky. */
  readonly mode: number;
}

/** The same, with what only this folder needs. */
export interface LocatedFile extends TreeFile {
  /** Where it is on this machine. Bytes: a name that is not UTF-8 cannot be opened by its text. */
  readonly location: Buffer;
  readonly stats: BigIntStats;
}

export interface WalkTreeOptions {
  /** Whether a file is given, and a directory walked. */
  readonly accepts: (file: TreeFile) => boolean;
  readonly signal?: AbortSignal | undefined;
}

const SEPARATOR = Buffer.from('/');
const PERMISSION_BITS = 0o7777n;

/**
 * Walks `root`, which may itself be a symbolic link; those below it are given, and not followed, so there are no cycles.
 * The directory `root` itself is not given. The order is that of a layer only within one directory.
 *
 * @throws {OciError} `FILE_UNREADABLE` for what is not a directory, or cannot be read; `FILE_CHANGED` for a file that
 * is removed meanwhile.
 */
export async function* walkTree(root: string, options: WalkTreeOptions): AsyncGenerator<LocatedFile> {
  const { accepts, signal } = options;
  const directories: Pick<LocatedFile, 'path' | 'location'>[] = [{ path: ROOT_PATH, location: await openRoot(root) }];
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    signal?.throwIfAborted();
    const { path, location } = directory;
    const files = await mapConcurrently(await readNames(location), (name) => locate(path, location, name));
    for (const file of files) {
      if (!accepts(file)) continue;
      if (file.type === 'directory') directories.push(file);
      yield file;
    }
  }
}

async function openRoot(root: string): Promise<Buffer> {
  const stats = await stat(root).catch((cause) => {
    throw unreadableFile(root, cause);
  });
  if (!stats.isDirectory()) {
    throw new OciError('FILE_UNREADABLE', `cannot read ${root} as a tree: it is not a directory`);
  }
  return Buffer.from(root);
}

async function readNames(directory: Buffer): Promise<Buffer[]> {
  try {
    return (await readdir(directory, { encoding: 'buffer' })).sort(Buffer.compare);
  } catch (cause) {
    throw unreadableFile(directory, cause);
  }
}

async function locate(parent: TarPath, parentLocation: Buffer, name: Buffer): Promise<LocatedFile> {
  const location = Buffer.concat([parentLocation, SEPARATOR, name]);
  const stats = await lstat(location, { bigint: true }).catch((cause) => {
    if (cause.code !== 'ENOENT') throw unreadableFile(location, cause);
    throw new OciError('FILE_CHANGED', `${location} was removed while its directory was read`, { cause });
  });
  return {
    path: joinEntryPath(parent, pathFromBytes(name.toString('latin1'))),
    type: typeOf(stats),
    size: stats.isFile() ? Number(stats.size) : 0,
    mode: Number(stats.mode & PERMISSION_BITS),
    location,
    stats,
  };
}

function typeOf(stats: BigIntStats): TreeFileType {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  if (stats.isCharacterDevice()) return 'character-device';
  return stats.isBlockDevice() ? 'block-device' : 'socket';
}
