/**
 * Names inside a layer: relative to its root, clean, and bytes.
 * A name that is UTF-8 is kept as a string; any other stays the bytes that it is.
 */
import type { TarPath } from '../content/tar/tar-entry.js';
import { OciError } from '../errors.js';

/** The root of the layer itself. */
export const ROOT_PATH = '.';

/**
 * One spelling for each name: `./a`, `a//b`, `/a`, `a/./b` and `a/` lose what says nothing; `/` and `./` are the root, `.`.
 *
 * @throws {OciError} `ENTRY_INVALID` for an empty name, one with a NUL, and one with `..`, even where it stays inside:
 * `a/../b` is another place once `a` is a symbolic link.
 */
export function cleanEntryPath(path: TarPath): TarPath {
  const bytes = pathBytes(path);
  if (bytes === '') throw invalidEntry(path, 'the path is empty, expected a name below the root of the layer');
  const parts = bytes.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..'))
    throw invalidEntry(path, 'the path holds "..", expected a name below the root of the layer');
  return parts.length === 0 ? ROOT_PATH : pathFromBytes(parts.join('/'));
}

/**
 * The bytes of a name as a string with one character for each byte (Latin-1), which can be split, compared and used as
 * a key without losing a byte.
 *
 * @throws {OciError} `ENTRY_INVALID` for a NUL, which ends a name on every system, and for half a surrogate pair, which
 * has no UTF-8 form.
 */
export function pathBytes(path: TarPath): string {
  if (typeof path === 'string') {
    if (/\p{Surrogate}/u.test(path))
      throw invalidEntry(path, 'the path is not well-formed Unicode, expected text or bytes');
  } else if (!(path instanceof Uint8Array)) {
    throw invalidEntry(String(path), `the path is of type ${typeof path}, expected a string or a Uint8Array`);
  }
  const bytes = bufferOf(path).toString('latin1');
  if (bytes.includes('\0')) throw invalidEntry(path, 'the path holds a NUL byte, expected none');
  return bytes;
}

/** The inverse of {@link pathBytes}. */
export function pathFromBytes(bytes: string): TarPath {
  const buffer = Buffer.from(bytes, 'latin1');
  const text = buffer.toString('utf8');
  return Buffer.from(text, 'utf8').equals(buffer) ? text : new Uint8Array(buffer);
}

/** A name in a directory; both are clean. */
export function joinEntryPath(directory: TarPath, name: TarPath): TarPath {
  return directory === ROOT_PATH ? name : pathFromBytes(`${pathBytes(directory)}/${pathBytes(name)}`);
}

/**
 * A string that is the same for two clean names only if they are the same, and whose order is the order of a layer: a
 * directory before what is in it, the names in a directory by their bytes. Never by locale: a layer must not change
 * with the machine that builds it. `/` becomes NUL, which is in no name, so `a` and all below it stand before `a-b`.
 */
export function entryKey(path: TarPath): string {
  return path === ROOT_PATH ? '' : pathBytes(path).replaceAll('/', '\0');
}

/** The inverse of {@link entryKey}. */
export function pathFromKey(key: string): TarPath {
  return key === '' ? ROOT_PATH : pathFromBytes(key.replaceAll('\0', '/'));
}

/** The order of two strings by their code units: for {@link entryKey}, by bytes. */
export function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A name for a message: quoted, with bytes that are not UTF-8 as `\xff`. */
export function formatEntryPath(path: TarPath): string {
  if (typeof path === 'string') return JSON.stringify(path);
  const known = pathFromBytes(bufferOf(path).toString('latin1'));
  if (typeof known === 'string') return JSON.stringify(known);
  return `"${bufferOf(known)
    .toString('latin1')
    .replace(/[^ -~]/g, escapeByte)}"`;
}

/**
 * What is wrong with an entry, or with the attributes that a layer gives its entries where `path` is `undefined`;
 * `complaint` says what was found and what was expected.
 */
export function invalidEntry(path: TarPath | undefined, complaint: string): OciError<'ENTRY_INVALID'> {
  const subject = path === undefined ? 'options for entries' : `entry ${formatEntryPath(path)}`;
  return new OciError('ENTRY_INVALID', `${subject}: ${complaint}`);
}

function bufferOf(path: TarPath): Buffer {
  return typeof path === 'string'
    ? Buffer.from(path, 'utf8')
    : Buffer.from(path.buffer, path.byteOffset, path.byteLength);
}

function escapeByte(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
