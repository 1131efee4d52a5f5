/** A program's shared objects, found as its loader would find them, each once. */
import { posix } from 'node:path';
import { OciError } from '../errors.js';
import { withFileBytes } from './byte-source.js';
import type { Elf } from './elf.js';
import { readElf } from './elf.js';
import type { ElfMachine } from './elf-machine.js';
import { ELF_MACHINES } from './elf-machine.js';
import type { LibraryIndex } from './library-index.js';
import { readLibraryIndex } from './library-index.js';
import type { SearchingObject } from './library-search.js';
import { objectDirectories } from './library-search.js';
import type { Loader } from './loader.js';
import type { SystemRoot } from './system-root.js';

export interface SharedObject {
  /** As it is asked for: a file name, or an absolute path. */
  readonly name: string;
  /** Seen from the root, without symbolic links. */
  readonly path: string;
}

export interface FindOptions {
  readonly signal?: AbortSignal | undefined;
}

interface LoadedObject extends SearchingObject, SharedObject {
  readonly needed: readonly string[];
  readonly soname?: string | undefined;
}

/**
 * Everything that is loaded with a program apart from the loader, in the order in which it is loaded.
 *
 * @param path - The program's, seen from the root, without symbolic links.
 * @throws {OciError} `LIBRARY_NOT_FOUND`, naming the library, what needs it and where it was looked for;
 * `ELF_INVALID`; `FILE_UNREADABLE`.
 */
export async function findSharedObjects(
  root: SystemRoot,
  path: string,
  program: Elf,
  loader: Loader,
  options: FindOptions = {},
): Promise<SharedObject[]> {
  const machine = ELF_MACHINES.get(program.machine);
  if (machine === undefined || program.needed.length === 0) return [];
  const search: Search = {
    root,
    loader,
    machine,
    code: program.machine,
    index: await readLibraryIndex(root, loader, machine),
  };
  const loaded: LoadedObject[] = [];
  // Breadth first, as loaders do it: which of two objects with one name is taken depends on the order.
  const pending: LoadedObject[] = [{ ...program, name: path, path, origin: posix.dirname(path) }];
  for (let object = pending.shift(); object !== undefined; object = pending.shift()) {
    for (const name of object.needed) {
      options.signal?.throwIfAborted();
      if (loader.provides(name) || loaded.some((other) => isNamed(other, name, loader))) continue;
      const found = await findLibrary(search, name, object);
      loaded.push(found);
      pending.push(found);
    }
  }
  return loaded.map(({ name, path }) => ({ name, path }));
}

/** glibc also goes by the name that an object has for itself; musl only by what it was asked for. */
function isNamed(object: LoadedObject, name: string, loader: Loader): boolean {
  return object.name === name || (loader.family === 'glibc' && object.soname === name);
}

interface Search {
  readonly root: SystemRoot;
  readonly loader: Loader;
  readonly machine: ElfMachine;
  /** `e_machine` */
  readonly code: number;
  readonly index: LibraryIndex;
}

async function findLibrary(search: Search, name: string, neededBy: LoadedObject): Promise<LoadedObject> {
  const candidates = listCandidates(search, name, neededBy);
  for (const candidate of candidates) {
    const path = await search.root.locate(candidate);
    const elf = path && (await readIfSameMachine(search.root.hostPath(path), search.code));
    if (path && elf) {
      return { ...elf, name, path, origin: posix.dirname(candidate), neededBy };
    }
  }
  const places = candidates.length === 0 ? 'nowhere: its path is relative' : candidates.join(', ');
  throw new OciError(
    'LIBRARY_NOT_FOUND',
    `the shared object ${name}, which ${search.root.hostPath(neededBy.path)} needs, was not found; looked for at ` +
      `${places} (LD_LIBRARY_PATH is not followed: in the image it would be missing)`,
  );
}

function listCandidates({ loader, machine, index }: Search, name: string, neededBy: LoadedObject): string[] {
  if (name.includes('/')) {
    return name.startsWith('/') ? [name] : [];
  }
  const cached = index.cached.get(name);
  return [
    ...objectDirectories(neededBy, loader, machine.name).map((directory) => posix.join(directory, name)),
    ...(cached === undefined ? [] : [cached]),
    ...index.directories.map((directory) => posix.join(directory, name)),
  ];
}

/** Systems that run programs of several machines have a library in several directories; loaders pass over the others. */
async function readIfSameMachine(hostPath: string, machine: number): Promise<Elf | undefined> {
  try {
    const elf = await withFileBytes(hostPath, readElf);
    return elf.machine === machine ? elf : undefined;
  } catch (error) {
    if (error instanceof OciError && error.code === 'PLATFORM_UNSUPPORTED') return undefined;
    throw error;
  }
}
