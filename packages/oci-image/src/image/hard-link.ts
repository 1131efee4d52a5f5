/** Hard links among the entries of a layer: names of one file. */
import { formatTarPath } from '../content/tar/tar-path.js';
import { compareKeys, entryKey, invalidEntry, pathFromKey } from './entry-path.js';
import type { EntrySet } from './entry-set.js';
import type { LayerEntry } from './layer-entry.js';
import { defaultMode } from './tar-defaults.js';

type HardLink = Extract<LayerEntry, { type: 'hardlink' }>;

/**
 * Makes the first name of a file, in the order of the layer, the one that carries it, and the others links to that one.
 * On disk all names are equal, so this changes nothing there; in the tar each link comes after its file, and the order
 * does not suffer for it. Links get the attributes of the file: engines set what a link says on the file that it shares.
 *
 * @param outside - What becomes of a link to a file that is not in the set.
 * @throws {OciError} `ENTRY_INVALID` for a link to nothing, unless `outside` is `keep`; to a directory; in a circle.
 */
export function joinHardLinks(set: EntrySet, outside: 'error' | 'keep'): void {
  const keysByFile = new Map<LayerEntry, string[]>();
  for (const [key, link] of set) {
    if (link.type !== 'hardlink') continue;
    const last = followLinks(link, set);
    const fileKey = entryKey(last.target);
    const file = set.get(fileKey);
    if (file === undefined) {
      if (outside === 'error') throw invalidLink(link, last, NOT_IN_LAYER);
      set.set(key, { ...last, path: link.path });
    } else if (file.type === 'directory' || file.type === 'whiteout') {
      throw invalidLink(link, last, `which is a ${file.type}, expected a file`);
    } else {
      const keys = keysByFile.get(file);
      if (keys === undefined) keysByFile.set(file, [fileKey, key]);
      else keys.push(key);
    }
  }
  for (const [file, keys] of keysByFile) {
    const { mode = defaultMode(file.type), uid, gid, uname, gname, mtime, xattrs } = file;
    const first = keys.reduce((a, b) => (compareKeys(a, b) < 0 ? a : b));
    const target = pathFromKey(first);
    const link = { type: 'hardlink', target, mode, uid, gid, uname, gname, mtime, xattrs } as const;
    for (const key of keys) set.set(key, { ...(key === first ? file : link), path: pathFromKey(key) });
  }
}

const NOT_IN_LAYER = "which is not in this layer, expected a file in it, or the option { outsideLinks: 'keep' }";

/** The last link of a chain: the one whose target is not a link. */
function followLinks(link: HardLink, set: EntrySet): HardLink {
  const passed = new Set<HardLink>();
  let last = link;
  for (let next: LayerEntry | undefined = link; next?.type === 'hardlink'; next = set.get(entryKey(last.target))) {
    if (passed.has(next)) throw invalidLink(link, last, 'which leads back to it, expected a file');
    passed.add(next);
    last = next;
  }
  return last;
}

function invalidLink(link: HardLink, last: HardLink, complaint: string): Error {
  return invalidEntry(link.path, `it is a hard link to ${formatTarPath(last.target)}, ${complaint}`);
}
