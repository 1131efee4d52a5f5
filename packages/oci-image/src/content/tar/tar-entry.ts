/**
 * One member of a tar archive, as it is written and as it is read: every field is set, nothing is defaulted.
 * Source: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Extended Header"; image-spec v1.1, layer.md.
 */
import type { Content } from '../content.js';

/** File names are bytes on Linux. A string stands for its UTF-8 bytes. */
export type TarPath = string | Uint8Array;

export interface TarAttributes {
  /** Permission bits with setuid, setgid and sticky: `0o0000` to `0o7777`. */
  readonly mode: number;
  /** 0 to 2^32-1. */
  readonly uid: number;
  /** 0 to 2^32-1. */
  readonly gid: number;
  /** Owner's name; empty in a reproducible layer, because the reader's machine gives numbers other names. */
  readonly uname: string;
  readonly gname: string;
  /** Seconds since 1970, with a fraction where there is one; negative before. */
  readonly mtime: number;
  /** Extended attributes, by name with its namespace: `security.capability`, `user.note`. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

export type TarEntryKind =
  | { readonly type: 'file'; readonly content: Content }
  | { readonly type: 'directory' }
  | { readonly type: 'symlink'; readonly target: TarPath }
  /** `target` is the path of another member, from the root of the archive. */
  | { readonly type: 'hardlink'; readonly target: TarPath }
  | { readonly type: 'character-device' | 'block-device'; readonly major: number; readonly minor: number }
  | { readonly type: 'fifo' };

/** `path` is relative to the root of the archive and carries no trailing slash. */
export type TarEntry = TarAttributes & TarEntryKind & { readonly path: TarPath };
