/** Modes, owners, times and extended attributes of layer entries, as they are given and as they are kept. */
import type { TarAttributes, TarPath } from '../content/tar/tar-entry.js';
import { invalidEntry } from './entry-path.js';

/** What may be said of an entry. Whatever is left out comes from the layer's options. */
export interface EntryAttributes {
  /** Permission bits with setuid, setgid and sticky: `0` to `0o7777`. */
  readonly mode?: number | undefined;
  /** 0 to 2^32-1. */
  readonly uid?: number | undefined;
  /** 0 to 2^32-1. */
  readonly gid?: number | undefined;
  /** Owner's name. Engines go by the number; leave it out unless a tool is known to read it. */
  readonly uname?: string | undefined;
  readonly gname?: string | undefined;
  /** A date, or seconds since 1970, with a fraction where there is one. */
  readonly mtime?: number | Date | undefined;
  /** By name with its namespace: `security.capability`, `user.note`. Values are bytes, also where they look like text. */
  readonly xattrs?: Readonly<Record<string, Uint8Array>> | ReadonlyMap<string, Uint8Array> | undefined;
}

/** The same, checked: times are seconds, extended attributes a map of their own. */
export type CheckedAttributes = { readonly [Key in keyof TarAttributes]?: TarAttributes[Key] | undefined };

const MAX_MODE = 0o7777;
/** The kernel's `uid_t` and `gid_t` are 32 bits wide; OpenShift hands out numbers above a thousand million. */
export const MAX_ID = 2 ** 32 - 1;
/** What a `Date` can hold: about 270 000 years to either side of 1970. */
const MAX_TIME_SECONDS = 8.64e12;

/** @throws {OciError} `ENTRY_INVALID`, naming the entry, the attribute and what was expected. */
export function checkAttributes(path: TarPath, attributes: EntryAttributes): CheckedAttributes {
  const { mode, uid, gid, uname, gname, mtime, xattrs } = attributes;
  return {
    ...(mode !== undefined && { mode: checkInteger(path, 'mode', mode, MAX_MODE, '0o7777') }),
    ...(uid !== undefined && { uid: checkInteger(path, 'uid', uid, MAX_ID) }),
    ...(gid !== undefined && { gid: checkInteger(path, 'gid', gid, MAX_ID) }),
    ...(uname !== undefined && { uname: checkName(path, 'uname', uname) }),
    ...(gname !== undefined && { gname: checkName(path, 'gname', gname) }),
    ...(mtime !== undefined && { mtime: checkTime(path, mtime) }),
    ...(xattrs !== undefined && { xattrs: checkXattrs(path, xattrs) }),
  };
}

/**
 * An integer from 0 to `max`; `shown` is how the message writes the limit.
 *
 * @param path - Of the entry that it belongs to; `undefined` for what a layer gives its entries.
 */
export function checkInteger(
  path: TarPath | undefined,
  field: string,
  value: number,
  max: number,
  shown = String(max),
): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw invalidEntry(path, `${field} is ${describe(value)}, expected an integer from 0 to ${shown}`);
}

function checkName(path: TarPath, field: string, value: string): string {
  if (typeof value === 'string' && !value.includes('\0') && !/\p{Surrogate}/u.test(value)) return value;
  throw invalidEntry(path, `${field} is ${describe(value)}, expected text without a NUL`);
}

/** @returns Seconds since 1970. */
export function checkTime(path: TarPath | undefined, value: number | Date): number {
  const seconds = value instanceof Date ? value.getTime() / 1000 : value;
  if (typeof seconds === 'number' && Math.abs(seconds) <= MAX_TIME_SECONDS) return seconds;
  throw invalidEntry(path, `mtime is ${describe(value)}, expected a valid date or seconds since 1970`);
}

function checkXattrs(
  path: TarPath,
  given: Readonly<Record<string, Uint8Array>> | ReadonlyMap<string, Uint8Array>,
): ReadonlyMap<string, Uint8Array> {
  if (typeof given !== 'object' || given === null) {
    throw invalidEntry(path, `xattrs is ${describe(given)}, expected a record or a map of bytes`);
  }
  const checked = new Map<string, Uint8Array>();
  for (const [name, value] of given instanceof Map ? given : Object.entries(given)) {
    // They are written as PAX records, `SCHILY.xattr.<name>=<value>`: a "=" would end the name early.
    if (checkName(path, 'the name of an xattr', name) === '' || name.includes('=')) {
      throw invalidEntry(path, `an xattr is named ${describe(name)}, expected a name without "="`);
    }
    if (!(value instanceof Uint8Array)) {
      throw invalidEntry(path, `the xattr ${describe(name)} is ${describe(value)}, expected a Uint8Array`);
    }
    checked.set(name, Uint8Array.from(value));
  }
  return checked;
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'object' ? Object.prototype.toString.call(value).slice(8, -1) : String(value);
}
