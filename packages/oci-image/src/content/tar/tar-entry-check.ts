import { OciError } from '../../errors.js';
import type { TarEntry, TarPath } from './tar-entry.js';
import { fitsOctal } from './tar-number.js';
import { formatTarPath } from './tar-path.js';

/** Linux keeps owners in 32 bits. */
export const MAX_OWNER_ID = 2 ** 32 - 1;

/** Bytes of the ustar fields devmajor and devminor: room for 21 bits, where Linux uses 12 and 20. */
const DEVICE_WIDTH = 8;

/**
 * Refuses what no archive can carry, or what readers would understand in different ways.
 *
 * @throws {OciError} `ENTRY_INVALID`, naming the entry and the field.
 */
export function checkTarEntry(entry: TarEntry): void {
  const refuse = (field: string, value: unknown, expected: string): never => {
    throw new OciError('ENTRY_INVALID', `${formatTarPath(entry.path)}: ${field} is ${String(value)}, not ${expected}`);
  };
  const text = (field: string, value: TarPath) => {
    if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) refuse(field, 'half of a UTF-16 pair', 'text');
    if (typeof value === 'string' ? value.includes('\0') : value.includes(0))
      refuse(field, formatTarPath(value), 'free of NUL bytes');
  };
  const name = (field: string, value: TarPath) => {
    text(field, value);
    if (value.length === 0) refuse(field, 'empty', 'a path');
  };
  const whole = (field: string, value: number, max: number) => {
    if (!Number.isInteger(value) || value < 0 || value > max) refuse(field, value, `a whole number from 0 to ${max}`);
  };

  name('path', entry.path);
  // Readers take a slash at the end for a directory, whatever the type says.
  if (
    entry.type !== 'directory' &&
    (typeof entry.path === 'string' ? entry.path.endsWith('/') : entry.path.at(-1) === 0x2f)
  ) {
    refuse('path', 'one that ends in a slash', `the path of a ${entry.type}`);
  }
  whole('mode', entry.mode, 0o7777);
  whole('uid', entry.uid, MAX_OWNER_ID);
  whole('gid', entry.gid, MAX_OWNER_ID);
  text('uname', entry.uname);
  text('gname', entry.gname);
  if (!(Math.abs(entry.mtime) <= Number.MAX_SAFE_INTEGER)) refuse('mtime', entry.mtime, 'a number of seconds');
  for (const key of entry.xattrs.keys()) {
    name('the name of an extended attribute', key);
    // The record is cut at its first `=`.
    if (key.includes('=')) refuse('the name of an extended attribute', JSON.stringify(key), 'free of "="');
  }
  switch (entry.type) {
    case 'file':
      whole('size', entry.content.size, Number.MAX_SAFE_INTEGER);
      break;
    case 'symlink':
    case 'hardlink':
      name('target', entry.target);
      break;
    case 'character-device':
    case 'block-device':
      for (const field of ['major', 'minor'] as const) {
        if (!fitsOctal(entry[field], DEVICE_WIDTH)) refuse(field, entry[field], 'a device number below 2^21');
      }
  }
}
