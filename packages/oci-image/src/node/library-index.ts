/** What a system adds to its loader's own directories: a cache of libraries (glibc) or a list of directories (musl). */
import type { ElfMachine } from './elf-machine.js';
import { parseLdCache } from './ld-cache.js';
import type { Loader } from './loader.js';
import type { SystemRoot } from './system-root.js';

export interface LibraryIndex {
  /** By library name. */
  readonly cached: ReadonlyMap<string, string>;
  /** In the order in which they are searched. */
  readonly directories: readonly string[];
}

/** @throws {OciError} `FILE_UNREADABLE` */
export async function readLibraryIndex(root: SystemRoot, loader: Loader, machine: ElfMachine): Promise<LibraryIndex> {
  const configuration = await root.read(loader.configuration);
  if (configuration === undefined) {
    return { cached: new Map(), directories: loader.directories };
  }
  if (loader.family === 'glibc') {
    return { cached: parseLdCache(configuration, machine.cacheFlags), directories: loader.directories };
  }
  const directories = configuration.toString().split(/[:\n]/);
  return { cached: new Map(), directories: directories.filter((directory) => directory.startsWith('/')) };
}
