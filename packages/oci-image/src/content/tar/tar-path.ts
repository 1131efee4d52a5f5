/** File names between bytes, which is what Linux and tar have, and strings, which is what JavaScript has. */
import { isUtf8 } from 'node:buffer';
import type { TarPath } from './tar-entry.js';

/** Longest part of a path that is repeated in a message. */
const MAX_EXCERPT_BYTES = 200;

const NO_BYTES = new Uint8Array(0);

export function encodeTarPath(path: TarPath): Uint8Array {
  if (typeof path !== 'string') return path;
  return path === '' ? NO_BYTES : Buffer.from(path);
}

/**
 * A string where the bytes are UTF-8, else a copy of the bytes: either way `encodeTarPath` gives back the same ones.
 * `Buffer` and not `TextDecoder`, which drops a leading U+FEFF.
 */
export function decodeTarPath(bytes: Uint8Array): TarPath {
  return isUtf8(bytes) ? decodeText(bytes) : new Uint8Array(bytes);
}

/** Text whose exact bytes do not matter: what is not UTF-8 becomes U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

/** The path in quotes, for a message. */
export function formatTarPath(path: TarPath): string {
  const bytes = encodeTarPath(path);
  const excerpt = decodeText(bytes.subarray(0, MAX_EXCERPT_BYTES));
  return JSON.stringify(bytes.length > MAX_EXCERPT_BYTES ? `${excerpt}…` : excerpt);
}
