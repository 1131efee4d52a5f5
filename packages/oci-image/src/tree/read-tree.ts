/**
 * A directory of this machine as entries of a layer.
 * Whatever depends on who made the files, and where, is left out unless it is asked for: the same sources give the same
 * layer from another checkout, under another umask and for another user.
 */
import { resolve } from 'node:path';
import type { TarPath } from '../content/tar/tar-entry.js';
import { formatTarPath } from '../content/tar/tar-path.js';
import { cleanEntryPath, compareKeys, entryKey, joinEntryPath, ROOT_PATH } from '../image/entry-path.js';
import type { LayerEntry } from '../image/layer-entry.js';
import { hardLink } from '../image/layer-entry.js';
import { ignorePatterns } from './ignore-patterns.js';
import { mapConcurrently } from './map-concurrently.js';
import type { XattrFilter } from './read-xattrs.js';
import { isPortableXattr, openXattrs } from './read-xattrs.js';
import type { KeptAttributes, LayerFile } from './tree-entry.js';
import { isLayerFile, readTreeEntry } from './tree-entry.js';
import type { TreeFile } from './walk-tree.js';
import { walkTree } from './walk-tree.js';

export interface ReadTreeOptions extends KeptAttributes {
  /**
   * The directory of the image that the tree's contents go to. It gets no entry of its own, nor do those above it:
   * see `parents` of {@link ArrangeOptions}. @defaultValue the root of the layer
   */
  readonly prefix?: TarPath | undefined;
  /** Patterns as in a .gitignore file, as its text or its lines. What they match is neither read nor walked. */
  readonly ignore?: string | readonly string[] | undefined;
  /** Asked for what is not ignored; a directory that it refuses is not walked. */
  readonly filter?: ((file: TreeFile) => boolean) | undefined;
  /**
   * Whether several names of one file become hard links to the first of them, in the order of a layer, or files of
   * their own. Names outside the tree, or left out, do not count. Package managers link equal files where the disk lets
   * them: `copy` gives such a tree the same layer everywhere. @defaultValue `keep`
   */
  readonly hardLinks?: 'keep' | 'copy' | undefined;
  /**
   * Whether extended attributes are read, which takes the optional package `@napi-rs/xattr`: `true` for those that mean
   * the same on every machine ({@link isPortableXattr}), or a function that picks them by name. @defaultValue `false`
   */
  readonly xattrs?: boolean | XattrFilter | undefined;
  /** Told what could not be taken along. @defaultValue `process.emitWarning` */
  readonly onWarning?: ((warning: TreeWarning) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TreeWarning {
  /** A socket has no form in a tar, and no meaning without the process behind it. */
  readonly code: 'SOCKET_SKIPPED';
  /** From the root of the tree. */
  readonly path: TarPath;
  readonly message: string;
}

/**
 * Reads what is in `root`: its contents, as `cp -r root/.` takes them. Symbolic links stay what they are, empty
 * directories, devices and FIFOs are kept, names that are not UTF-8 too. Files are measured now and read when the
 * layer is built.
 *
 * @returns Entries in the order of a layer.
 * @throws {OciError} `FILE_UNREADABLE` for what cannot be read, and where `root` is not a directory; `FILE_CHANGED` for a
 * file that is removed meanwhile; `ENTRY_INVALID` for a name that no layer can hold, such as `.wh.a`;
 * `PACKAGE_NOT_FOUND` where `xattrs` cannot be read. The content of a file fails, when the layer is built, with
 * `FILE_UNREADABLE`, or with `FILE_CHANGED` where it is no longer what was measured.
 */
export async function readTree(root: string, options: ReadTreeOptions = {}): Promise<LayerEntry[]> {
  const { hardLinks = 'keep', xattrs = false, signal } = options;
  const prefix = cleanEntryPath(options.prefix ?? ROOT_PATH);
  const readXattrs = xattrs === false ? undefined : await openXattrs(xattrs === true ? isPortableXattr : xattrs);

  const files = await listTree(root, options);
  const firstNames = hardLinks === 'keep' ? findFirstNames(files) : new Map<LayerFile, LayerFile>();
  return mapConcurrently(files, async (file) => {
    signal?.throwIfAborted();
    const path = joinEntryPath(prefix, file.path);
    const first = firstNames.get(file);
    if (first !== undefined) return hardLink(path, joinEntryPath(prefix, first.path));
    return readTreeEntry(path, file, options, await readXattrs?.(file.location));
  });
}

/** What can stand in a layer and is not left out, in the order of a layer. */
async function listTree(root: string, options: ReadTreeOptions): Promise<LayerFile[]> {
  const { filter = () => true, onWarning = emitWarning, signal } = options;
  const isIgnored = ignorePatterns(options.ignore ?? []);
  const accepts = (file: TreeFile) => !isIgnored(file) && filter(file);

  const files: { readonly key: string; readonly file: LayerFile }[] = [];
  for await (const file of walkTree(resolve(root), { accepts, signal })) {
    if (isLayerFile(file)) {
      files.push({ key: entryKey(file.path), file });
    } else {
      const message = `skipped ${formatTarPath(file.path)}: a socket cannot be put into a layer`;
      onWarning({ code: 'SOCKET_SKIPPED', path: file.path, message });
    }
  }
  return files.sort((a, b) => compareKeys(a.key, b.key)).map(({ file }) => file);
}

/** For each further name of a file, the file under its first name. */
function findFirstNames(files: readonly LayerFile[]): ReadonlyMap<LayerFile, LayerFile> {
  const firstByInode = new Map<string, LayerFile>();
  const firstNames = new Map<LayerFile, LayerFile>();
  for (const file of files) {
    const { dev, ino, nlink } = file.stats;
    if (file.type === 'directory' || nlink === 1n) continue;
    const inode = `${dev}:${ino}`;
    const first = firstByInode.get(inode);
    if (first === undefined) firstByInode.set(inode, file);
    else firstNames.set(file, first);
  }
  return firstNames;
}

function emitWarning({ code, message }: TreeWarning): void {
  process.emitWarning(message, { code });
}
