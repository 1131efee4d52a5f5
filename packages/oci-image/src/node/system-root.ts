/** A root file system as a program sees it that runs in it: absolute symbolic links begin at that root, `..` ends there. */
import { lstat, readFile, readlink, realpath } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { unreadableFile } from '../content/file-content.js';

/** What Linux allows on the way to one file (path_resolution(7)). */
const MAX_SYMLINKS = 40;

export interface SystemRoot {
  /**
   * Follows every symbolic link on the way to `path`.
   *
   * @returns the path without links, seen from the root; `undefined` where there is nothing.
   * @throws {OciError} `FILE_UNREADABLE` for all other reasons: no permission, links in a circle.
   */
  locate(path: string): Promise<string | undefined>;
  /** Where a path that {@link locate} returned is on this machine. */
  hostPath(located: string): string;
  /** A whole small file; `undefined` where there is none. */
  read(path: string): Promise<Buffer | undefined>;
}

/** @param root - `/` is this machine's own; any other directory is taken for the root of another system. */
export function createSystemRoot(root: string): SystemRoot {
  // Where paths begin with a drive, joining one to `/` would break it.
  const hostPath = (located: string): string => (root === '/' ? located : join(root, located));
  const locate = (path: string): Promise<string | undefined> =>
    (root === '/' ? realpath(path) : walk(root, path)).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
      throw unreadableFile(hostPath(path), cause);
    });
  return {
    locate,
    hostPath,
    async read(path) {
      const located = await locate(path);
      if (located === undefined) return undefined;
      return await readFile(hostPath(located)).catch((cause: unknown) => {
        throw unreadableFile(hostPath(located), cause);
      });
    },
  };
}

async function walk(root: string, path: string): Promise<string> {
  const pending = path.split('/').reverse();
  let located = '/';
  let followed = 0;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === '' || name === '.') continue;
    const next = posix.join(located, name);
    const isSymlink = name !== '..' && (await lstat(join(root, next))).isSymbolicLink();
    if (!isSymlink) {
      located = next;
      continue;
    }
    followed += 1;
    if (followed > MAX_SYMLINKS) {
      throw new Error(`more than ${MAX_SYMLINKS} symbolic links on the way`);
    }
    const target = await readlink(join(root, next));
    located = target.startsWith('/') ? '/' : located;
    pending.push(...target.split('/').reverse());
  }
  return located;
}
