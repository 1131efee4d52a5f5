/** Hard links among the entries of a layer: which file they are another name of. */
import { formatTarPath } from '../content/tar/tar-path.js';
import { entryKey, invalidEntry } from './entry-path.js';
import type { EntrySet } from './entry-set.js';
import type { LayerEntry } from './layer-entry.js';
import { defaultMode } from './tar-defaults.js';

type HardLink = Extract<LayerEntry, { type: 'hardlink' }>;

/**
 * The link as it is written: to the first name of its file, also where it is given as a link to a link, and with the
 * attributes of that file. Engines set what a link says on the file that it shares, so the last name would win.
 *
 * @throws {OciError} `ENTRY_INVALID` for a link to nothing, unless `outside` is `keep`; to a directory; in a circle.
 */
export function resolveHardLink(link: HardLink, set: EntrySet, outside: 'error' | 'keep'): LayerEntry {
  const passed = new Set<LayerEntry>([link]);
  let last = link;
  for (;;) {
    const target = set.get(entryKey(last.target));
    if (target === undefined) {
      if (outside === 'keep') return { ...last, path: link.path };
      throw invalidLink(
        link,
        last,
        "which is not in this layer, expected a file in it, or the option { outsideLinks: 'keep' }",
      );
    }
    if (target.type !== 'hardlink') {
      if (target.type === 'directory' || target.type === 'whiteout') {
        throw invalidLink(link, last, `which is a ${target.type}, expected a file`);
      }
      const { mode = defaultMode(target.type), uid, gid, uname, gname, mtime, xattrs } = target;
      return { type: 'hardlink', path: link.path, target: target.path, mode, uid, gid, uname, gname, mtime, xattrs };
    }
    if (passed.has(target)) throw invalidLink(link, last, 'which leads back to it, expected a file');
    passed.add(target);
    last = target;
  }
}

function invalidLink(link: HardLink, last: HardLink, complaint: string): Error {
  return invalidEntry(link.path, `it is a hard link to ${formatTarPath(last.target)}, ${complaint}`);
}
