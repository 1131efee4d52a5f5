/**
 * The dynamic loaders of Linux's two C libraries, told apart and asked for their built-in paths by their own bytes.
 * Those paths are the distribution's choice (Debian has /lib/x86_64-linux-gnu, others /lib64, Nix a directory in its
 * store), and inside an image without a cache and without environment variables they are all that a loader goes by.
 */
import { posix } from 'node:path';
import { OciError } from '../errors.js';
import type { ByteSource } from './byte-source.js';
import { withFileBytes } from './byte-source.js';
import type { Elf } from './elf.js';
import { readElf } from './elf.js';
import { readBytes } from './elf-reader.js';

export interface Loader {
  readonly family: 'glibc' | 'musl';
  /** As programs name it in PT_INTERP. */
  readonly path: string;
  /** The file in which the administrator of a system can add to the directories: a cache (glibc), a list (musl). */
  readonly configuration: string;
  /** Where it looks without that file, in its order, without a slash at the end. Never empty. */
  readonly directories: readonly [string, ...string[]];
  /** Whether a needed library is the loader itself. */
  provides(library: string): boolean;
}

/** A loader has 0.2 MB (glibc) or 0.7 MB (musl, where it is the whole C library). */
const MAX_LOADER_BYTES = 16 * 1024 * 1024;

/** musl, ldso/dynlink.c: what stands for the system's path where there is no /etc/ld-musl-<machine>.path. */
const MUSL_DIRECTORIES = ['/lib', '/usr/local/lib', '/usr/lib'] as const;

/** musl, ldso/dynlink.c, `load_library`: parts of the C library that others keep in files of their own. */
const MUSL_PROVIDES = /^lib(?:c|pthread|rt|m|dl|util|xnet)\./;

/**
 * @param path - From PT_INTERP.
 * @param hostPath - Where that file is on this machine.
 * @throws {OciError} `PLATFORM_UNSUPPORTED` where it is neither glibc's nor musl's; `ELF_INVALID`; `FILE_UNREADABLE`.
 */
export async function readLoader(path: string, hostPath: string): Promise<Loader> {
  return await withFileBytes(hostPath, async (source) => {
    const elf = await readElf(source);
    return identifyLoader(path, source.name, elf, await readConstants(source, elf));
  });
}

function identifyLoader(path: string, file: string, elf: Elf, constants: Buffer): Loader {
  const muslPath = stringWith(constants, '/etc/ld-musl-');
  if (muslPath !== undefined) {
    const name = posix.basename(muslPath);
    return {
      family: 'musl',
      path,
      // The loader in /usr/x/lib belongs to the tree /usr/x, and reads /usr/x/etc.
      configuration: posix.join(posix.dirname(posix.dirname(path)), 'etc', name),
      directories: MUSL_DIRECTORIES,
      provides: (library) => library === path || MUSL_PROVIDES.test(library),
    };
  }
  const cache = stringWith(constants, '/ld.so.cache');
  const [first, ...others] = findDirectoryList(constants);
  if (cache === undefined || first === undefined) {
    throw new OciError(
      'PLATFORM_UNSUPPORTED',
      `${file} is neither the loader of glibc nor that of musl: take Node.js from a Linux system that has one of them`,
    );
  }
  const name = elf.soname ?? posix.basename(path);
  return {
    family: 'glibc',
    path,
    configuration: cache,
    directories: [first, ...others],
    provides: (library) => library === path || library === name,
  };
}

/** What is mapped to be read, not written: constants are there, in old files beside the code. */
async function readConstants(source: ByteSource, { segments }: Elf): Promise<Buffer> {
  const parts: Buffer[] = [];
  let total = 0;
  for (const { offset, size, writable } of segments) {
    total += writable ? 0 : size;
    if (total > MAX_LOADER_BYTES) {
      throw new OciError('LIMIT_EXCEEDED', `the loader ${source.name} has more than ${MAX_LOADER_BYTES} bytes`);
    }
    if (!writable) {
      parts.push(await readBytes(source, offset, size, 'a segment'), Buffer.alloc(1));
    }
  }
  return Buffer.concat(parts);
}

/** The first NUL-terminated string that holds `part`, from its first slash on. */
function stringWith(constants: Buffer, part: string): string | undefined {
  const position = constants.indexOf(part, 0, 'latin1');
  if (position === -1) return undefined;
  const text = constants.toString('latin1', constants.lastIndexOf(0, position) + 1, constants.indexOf(0, position));
  return text.slice(text.indexOf('/'));
}

/** Longer than any directory of a distribution; it bounds the search through bytes that are not text. */
const MAX_DIRECTORY_BYTES = 256;

/**
 * glibc, elf/dl-load.c, `system_dirs`: absolute directories, each with a slash and a NUL at its end, one right behind the
 * other, and each in or below a `lib`. Nothing else in a loader looks like that, and the longest such list is it.
 */
function findDirectoryList(constants: Buffer): readonly string[] {
  let longest: readonly string[] = [];
  let list: string[] = [];
  let listEnd = -1;
  for (let slash = constants.indexOf('/\0'); slash !== -1; slash = constants.indexOf('/\0', slash + 2)) {
    const start = Math.max(constants.lastIndexOf(0, slash) + 1, slash - MAX_DIRECTORY_BYTES);
    // Before the first one there may be any constant without a NUL.
    const [directory] = /(?:\/[\w.+@~-]+)+$/.exec(constants.toString('latin1', start, slash)) ?? [];
    if (directory === undefined || !/\/lib/.test(directory)) continue;
    const follows = slash - directory.length === listEnd;
    list = follows ? [...list, directory] : [directory];
    listEnd = slash + 2;
    longest = list.length > longest.length ? list : longest;
  }
  return longest;
}
