/** The entries of one layer by their paths: which one stands where two were given, and what they lie in. */
import { formatTarPath } from '../content/tar/tar-path.js';
import { OciError } from '../errors.js';
import { entryKey, invalidEntry, pathFromKey } from './entry-path.js';
import type { LayerEntry } from './layer-entry.js';
import { checkLayerEntry, directory } from './layer-entry.js';

/** By {@link entryKey}. A whiteout stands at the path that it removes, an opaque marker before all others in its directory. */
export type EntrySet = Map<string, LayerEntry>;

export type DuplicatePolicy = 'error' | 'last';

/** Mode of a directory that no entry describes. */
const PARENT_MODE = 0o755;

/**
 * A whiteout and another entry of the same path are duplicates too: engines do not agree on which one wins.
 *
 * @throws {OciError} `ENTRY_DUPLICATE` for two entries of one path, unless `policy` is `last`; `ENTRY_INVALID`.
 */
export function collectEntries(entries: Iterable<LayerEntry>, policy: DuplicatePolicy): EntrySet {
  const set: EntrySet = new Map();
  const positions = new Map<string, number>();
  let position = 0;
  for (const given of entries) {
    position += 1;
    const entry = checkLayerEntry(given);
    const key = entryKey(entry.path) + (entry.type === 'opaque-whiteout' ? '\0' : '');
    const earlier = set.get(key);
    if (earlier !== undefined && policy === 'error') {
      throw new OciError(
        'ENTRY_DUPLICATE',
        `entry ${formatTarPath(entry.path)}: given twice, as number ${positions.get(key)}, a ${earlier.type}, ` +
          `and as number ${position}, a ${entry.type}; expected one entry for a path, or the option { duplicates: 'last' }`,
      );
    }
    set.set(key, entry);
    positions.set(key, position);
  }
  return set;
}

/**
 * Makes sure that whatever entries lie in is a directory, and adds those that are not given.
 *
 * @throws {OciError} `ENTRY_INVALID` for an entry below one that is not a directory. Through a symbolic link it would
 * land elsewhere, and not in every engine at the same place.
 */
export function fillParents(set: EntrySet, policy: 'add' | 'omit'): void {
  const seen = new Set<string>();
  for (const [key, entry] of [...set]) {
    for (let end = key.lastIndexOf('\0'); end > 0; end = key.lastIndexOf('\0', end - 1)) {
      const parentKey = key.slice(0, end);
      if (seen.has(parentKey)) break;
      seen.add(parentKey);
      const parent = set.get(parentKey);
      if (parent !== undefined && parent.type !== 'directory') {
        const where = formatTarPath(parent.path);
        throw invalidEntry(
          entry.path,
          `it lies in ${where}, which is a ${parent.type} in this layer, expected a directory`,
        );
      }
      if (parent === undefined && policy === 'add') {
        set.set(parentKey, directory(pathFromKey(parentKey), { mode: PARENT_MODE, uid: 0, gid: 0 }));
      }
    }
  }
}
