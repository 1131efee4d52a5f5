/**
 * Names inside a layer: relative to its root, clean, and bytes.
 * A name that is UTF-8 is kept as a string; any other stays the bytes that it is.
 */
import type { TarPath } from '../content/tar/tar-entry.js';
import { decodeTarPath, encodeTarPath, formatTarPath } from '../content/tar/tar-path.js';
import { OciError } from '../errors.js';

/** The error of a name, from what is wrong with it. */
export type PathFailure = (complaint: string) => Error;

/** The root of the layer itself. */
export const ROOT_PATH = '.';

/**
 * One spelling for each name: `./a`, `a//b`, `/a`, `a/./b` and `a/` lose what says nothing; `/` and `./` are the root, `.`.
 *
 * @param fail - Makes the error, where the name is not that of the entry itself.
 * @throws {OciError} `ENTRY_INVALID` for an empty name, one with a NUL, and one with `..`, even where it stays inside:
 * `a/../b` is another place once `a` is a symbolic link.
 */
export function cleanEntryPath(path: TarPath, fail: PathFailure = invalidPath(path)): TarPath {
  const bytes = pathBytes(path, fail);
  if (bytes === '') throw fail('is empty, expected a name below the root of the layer');
  const parts = bytes.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw fail('holds "..", expected a name below the root of the layer');
  return parts.length === 0 ? ROOT_PATH : pathFromBytes(parts.join('/'));
}

/**
 * The bytes of a name as a string with one character for each byte (Latin-1), which can be split, compared and used as
 * a key without losing a byte.
 *
 * @throws {OciError} `ENTRY_INVALID` for a NUL, which ends a name on every system, and for half a surrogate pair, which
 * has no UTF-8 form.
 */
export function pathBytes(path: TarPath, fail: PathFailure = invalidPath(path)): string {
  if (typeof path !== 'string' && !(path instanceof Uint8Array)) {
    throw fail(`is of type ${typeof path}, expected a string or a Uint8Array`);
  }
  if (typeof path === 'string' && /\p{Surrogate}/u.test(path)) {
    throw fail('is not well-formed Unicode, expected text or bytes');
  }
  const bytes = Buffer.from(encodeTarPath(path)).toString('latin1');
  if (bytes.includes('\0')) throw fail('holds a NUL byte, expected none');
  return bytes;
}

/** The inverse of {@link pathBytes}. */
export function pathFromBytes(bytes: string): TarPath {
  return decodeTarPath(Buffer.from(bytes, 'latin1'));
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

/**
 * What is wrong with an entry, or with the attributes that a layer gives its entries where `path` is `undefined`;
 * `complaint` says what was found and what was expected.
 */
export function invalidEntry(path: TarPath | undefined, complaint: string): OciError<'ENTRY_INVALID'> {
  const subject = path === undefined ? 'options for entries' : `entry ${formatTarPath(path)}`;
  return new OciError('ENTRY_INVALID', `${subject}: ${complaint}`);
}

function invalidPath(path: TarPath): PathFailure {
  return (complaint) => invalidEntry(path instanceof Uint8Array ? path : String(path), `the path ${complaint}`);
}
