/**
 * From entries in any order to the members of a tar in their one order, so that the same set gives the same bytes.
 * Source: image-spec v1.1, layer.md, "Representing Changes".
 */
import type { TarEntry } from '../content/tar/tar-entry.js';
import { checkInteger, checkTime, MAX_ID } from './entry-attributes.js';
import { compareKeys } from './entry-path.js';
import type { DuplicatePolicy } from './entry-set.js';
import { collectEntries, fillParents } from './entry-set.js';
import { joinHardLinks } from './hard-link.js';
import type { LayerEntry } from './layer-entry.js';
import { DEFAULT_TIME_SECONDS } from './reproducible-time.js';
import type { TarDefaults } from './tar-defaults.js';
import { toTarEntry } from './tar-defaults.js';

const ROOT_OWNER = { uid: 0, gid: 0 };

export interface ArrangeOptions {
  /** For entries without a time of their own, as a date or seconds since 1970. @defaultValue {@link DEFAULT_TIME_SECONDS} */
  readonly mtime?: number | Date | undefined;
  /**
   * Whether `mtime` is also the latest time that any entry may have, as the SOURCE_DATE_EPOCH specification asks:
   * files that were made during the build are then as old as its source, older ones keep their age. @defaultValue `false`
   */
  readonly clampMtime?: boolean | undefined;
  /** For entries without an owner of their own. @defaultValue root, `{ uid: 0, gid: 0 }` */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** What becomes of two entries for one path: refused, or the one given last is kept. @defaultValue `error` */
  readonly duplicates?: DuplicatePolicy | undefined;
  /**
   * Whether directories that entries lie in, and that are not given, are added, as root's with mode 0755.
   *
   * Left out, they get what the engine invents, the time of unpacking among it, unless a layer underneath has them. Added, they
   * take the place of what is underneath: its mode and owner, and where `lib` is a symbolic link to `usr/lib`, the
   * link itself, with all that is reached through it (jib#1576). So add them in a base layer; on top of a base image,
   * leave them out or give the directories as the base has them. @defaultValue `add`
   */
  readonly parents?: 'add' | 'omit' | undefined;
  /**
   * Whether a hard link may point to a file that is not among the entries: one of a layer underneath. Nothing can tell
   * here that it is there, and an image where it is not cannot be unpacked. @defaultValue `error`
   */
  readonly outsideLinks?: 'error' | 'keep' | undefined;
}

/**
 * Fills in what entries leave to the layer, checks that they fit together, and puts them in order: a directory before
 * what is in it, names in a directory by their bytes, an opaque marker first in its directory. Of several names of one
 * file the first carries it, and the others are hard links to that one.
 *
 * @throws {OciError} `ENTRY_DUPLICATE` for two entries of one path. `ENTRY_INVALID` for an entry below one that is not
 * a directory, for a hard link to nothing, to a directory or in a circle, and for whatever the creators of entries refuse.
 */
export function arrangeEntries(entries: Iterable<LayerEntry>, options: ArrangeOptions = {}): TarEntry[] {
  const { duplicates = 'error', parents = 'add', outsideLinks = 'error' } = options;
  const { mtime = DEFAULT_TIME_SECONDS, clampMtime = false, owner = ROOT_OWNER } = options;
  const defaults: TarDefaults = {
    uid: checkInteger(undefined, 'owner.uid', owner.uid, MAX_ID),
    gid: checkInteger(undefined, 'owner.gid', owner.gid, MAX_ID),
    mtime: checkTime(undefined, mtime),
    clampMtime,
  };

  const set = collectEntries(entries, duplicates);
  fillParents(set, parents);
  joinHardLinks(set, outsideLinks);
  return [...set].sort(([a], [b]) => compareKeys(a, b)).map(([, entry]) => toTarEntry(entry, defaults));
}
