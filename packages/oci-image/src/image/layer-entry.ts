/**
 * What is put into a layer: plain, frozen values, made by the functions here.
 * Source: image-spec v1.1, layer.md, "File Types", "File Attributes" and "Whiteouts".
 */
import type { Content } from '../content/content.js';
import { contentOf } from '../content/content.js';
import type { TarEntryKind, TarPath } from '../content/tar/tar-entry.js';
import { formatTarPath } from '../content/tar/tar-path.js';
import type { CheckedAttributes, EntryAttributes } from './entry-attributes.js';
import { checkAttributes, checkInteger } from './entry-attributes.js';
import type { PathFailure } from './entry-path.js';
import { cleanEntryPath, invalidEntry, pathBytes, pathFromBytes, ROOT_PATH } from './entry-path.js';
import { isReservedName } from './whiteout-name.js';

export type LayerEntryKind =
  | TarEntryKind
  /** Takes `path`, with all below it, out of the layers underneath. */
  | { readonly type: 'whiteout' }
  /** Takes what the layers underneath have in the directory `path` out of it; what this layer puts there stays. */
  | { readonly type: 'opaque-whiteout' };

/** One entry; attributes that it does not carry come from the layer's options. */
export type LayerEntry = CheckedAttributes & LayerEntryKind & { readonly path: TarPath };

/** The kernel's `dev_t`: 12 bits for the driver, 20 for the device. */
const MAX_MAJOR = 2 ** 12 - 1;
const MAX_MINOR = 2 ** 20 - 1;

/**
 * A regular file.
 *
 * @param path - From the root of the layer; `/a` and `./a` are `a`. Bytes where the name is not UTF-8.
 * @param content - Text is written as UTF-8. Bytes are not copied: leave the array as it is until the layer is built.
 * @throws {OciError} `ENTRY_INVALID`, naming the entry, the field and what was expected; so do all functions here.
 */
export function file(
  path: TarPath,
  content: string | Uint8Array | Content,
  attributes: EntryAttributes = {},
): LayerEntry {
  const bytes = typeof content === 'string' || content instanceof Uint8Array ? contentOf(content) : content;
  return createEntry(path, { type: 'file', content: bytes }, attributes);
}

/** A directory. `.` is the root of the image: an entry for it sets the attributes of `/`. */
export function directory(path: TarPath, attributes: EntryAttributes = {}): LayerEntry {
  return createEntry(path, { type: 'directory' }, attributes);
}

/** @param target - Kept as it is given, relative or absolute: it is resolved in the running container, or not at all. */
export function symlink(path: TarPath, target: TarPath, attributes: EntryAttributes = {}): LayerEntry {
  return createEntry(path, { type: 'symlink', target }, attributes);
}

/**
 * Another name of a file. Names are equal: the layer may write the file under this one, and `target` as the link to it.
 *
 * @param target - From the root of the layer, not from the directory of `path`.
 * @param attributes - Two names of one file cannot differ in these, so where `target` is in the same layer its own are
 * written. They count for a link to a file of a layer underneath, which engines give what the link says.
 */
export function hardLink(path: TarPath, target: TarPath, attributes: EntryAttributes = {}): LayerEntry {
  return createEntry(path, { type: 'hardlink', target }, attributes);
}

export interface DeviceNumbers {
  /** The driver: 0 to 4095. */
  readonly major: number;
  /** The device: 0 to 1048575. */
  readonly minor: number;
}

export function characterDevice(path: TarPath, numbers: DeviceNumbers, attributes: EntryAttributes = {}): LayerEntry {
  return createEntry(path, { type: 'character-device', ...numbers }, attributes);
}

export function blockDevice(path: TarPath, numbers: DeviceNumbers, attributes: EntryAttributes = {}): LayerEntry {
  return createEntry(path, { type: 'block-device', ...numbers }, attributes);
}

export function fifo(path: TarPath, attributes: EntryAttributes = {}): LayerEntry {
  return createEntry(path, { type: 'fifo' }, attributes);
}

/** Removes `path`, which layers underneath have put there, with all below it. Written as the empty file `.wh.<name>`. */
export function whiteout(path: TarPath): LayerEntry {
  return createEntry(path, { type: 'whiteout' }, {});
}

/**
 * Empties `directory` of what layers underneath have put there; what this layer puts there stays.
 * Written as the empty file `.wh..wh..opq` in it.
 */
export function opaqueWhiteout(directory: TarPath): LayerEntry {
  return createEntry(directory, { type: 'opaque-whiteout' }, {});
}

/**
 * The same entry, checked: a copy such as `{ ...entry, path: '../b' }` has not been through the functions above.
 *
 * @throws {OciError} `ENTRY_INVALID`
 */
export function checkLayerEntry(entry: LayerEntry): LayerEntry {
  return createEntry(entry.path, entry, entry);
}

function createEntry(given: TarPath, kind: LayerEntryKind, attributes: EntryAttributes): LayerEntry {
  const path = cleanEntryPath(given);
  if (path === ROOT_PATH && kind.type !== 'directory' && kind.type !== 'opaque-whiteout') {
    throw invalidEntry(given, `a ${kind.type} cannot be the root of the layer, expected a directory`);
  }
  if (isReservedName(path)) {
    throw invalidEntry(
      given,
      'names that start with ".wh." remove files of other layers, expected whiteout() for that',
    );
  }
  return Object.freeze({ path, ...checkKind(path, kind), ...checkAttributes(path, attributes) });
}

function checkKind(path: TarPath, kind: LayerEntryKind): LayerEntryKind {
  switch (kind.type) {
    case 'file':
      return { type: kind.type, content: checkContent(path, kind.content) };
    case 'symlink':
      return { type: kind.type, target: checkSymlinkTarget(path, kind.target) };
    case 'hardlink':
      return { type: kind.type, target: checkHardLinkTarget(path, kind.target) };
    case 'character-device':
    case 'block-device':
      return {
        type: kind.type,
        major: checkInteger(path, 'major', kind.major, MAX_MAJOR),
        minor: checkInteger(path, 'minor', kind.minor, MAX_MINOR),
      };
    case 'directory':
    case 'fifo':
    case 'whiteout':
    case 'opaque-whiteout':
      return { type: kind.type };
    default:
      throw invalidEntry(
        path,
        `its type is ${String((kind as { type: unknown }).type)}, expected "file", "directory", …`,
      );
  }
}

function checkSymlinkTarget(path: TarPath, given: TarPath): TarPath {
  const fail = invalidTarget(path);
  const target = pathBytes(given, fail);
  if (target === '') throw fail('is empty, expected a path');
  return pathFromBytes(target);
}

function checkHardLinkTarget(path: TarPath, given: TarPath): TarPath {
  const fail = invalidTarget(path);
  const target = cleanEntryPath(given, fail);
  if (target === ROOT_PATH || isReservedName(target)) {
    throw fail(`is ${formatTarPath(target)}, expected the path of a file in the layer`);
  }
  return target;
}

function invalidTarget(path: TarPath): PathFailure {
  return (complaint) => invalidEntry(path, `its target ${complaint}`);
}

function checkContent(path: TarPath, content: Content): Content {
  if (typeof content?.open !== 'function') {
    throw invalidEntry(path, 'its content is neither text nor bytes, expected a string, a Uint8Array or a Content');
  }
  checkInteger(path, 'the size of the content', content.size, Number.MAX_SAFE_INTEGER);
  return content;
}
