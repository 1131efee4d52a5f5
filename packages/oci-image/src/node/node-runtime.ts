/**
 * Node.js as the content of one layer: the executable, the loader that it names and every shared object that these load.
 * All of it is read from the headers of the files, and it is placed so that reading it again inside the image gives the
 * same paths and the same bytes.
 */
import { posix } from 'node:path';
import type { Content } from '../content/content.js';
import { openFileContent } from '../content/file-content.js';
import { OciError } from '../errors.js';
import type { LayerEntry } from '../image/layer-entry.js';
import { file } from '../image/layer-entry.js';
import type { Platform } from '../spec/platform.js';
import { findExternalBuiltins, mayHaveExternalBuiltins } from './external-builtins.js';
import type { Loader } from './loader.js';
import { readLoader } from './loader.js';
import { readProgram } from './program.js';
import type { SharedObject } from './shared-objects.js';
import { findSharedObjects } from './shared-objects.js';
import type { SystemRoot } from './system-root.js';
import { createSystemRoot } from './system-root.js';

/** Where the official images have it, too. */
export const DEFAULT_RUNTIME_PATH = '/usr/local/bin/node';

export interface NodeRuntimeOptions {
  /**
   * The Node.js executable, seen from `root`.
   * @defaultValue `process.execPath`; with a `root` of its own, {@link DEFAULT_RUNTIME_PATH}
   */
  readonly executable?: string | undefined;
  /** The root file system to take it from: an unpacked arm64 Alpine on an x64 Debian, for example. @defaultValue `/` */
  readonly root?: string | undefined;
  /** Where the executable stands in the image. @defaultValue {@link DEFAULT_RUNTIME_PATH} */
  readonly path?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RuntimeFile {
  /** In the image; absolute. */
  readonly path: string;
  /** On this machine. */
  readonly source: string;
  readonly content: Content;
  /** Permission bits. */
  readonly mode: number;
}

export interface NodeRuntime {
  readonly platform: Platform;
  /** Its path in the image. */
  readonly executable: string;
  /** The loader's path in the image; absent where Node.js is linked statically. */
  readonly interpreter?: string | undefined;
  /** In the byte order of their paths. */
  readonly files: readonly RuntimeFile[];
}

const PROGRAM_MODE = 0o755;
const DATA_MODE = 0o644;

/**
 * Finds what Node.js consists of. Of the running one it reads headers only and takes milliseconds; another one is also
 * searched for modules that it keeps in files. The bytes are read when a layer is built.
 *
 * @throws {OciError} `PLATFORM_UNSUPPORTED` for a program that is not for Linux on x64 or arm64 with glibc or musl;
 * `LIBRARY_NOT_FOUND`; `ELF_INVALID`; `FILE_UNREADABLE`; `ENTRY_INVALID` for a `path` that is not absolute.
 */
export async function readNodeRuntime(options: NodeRuntimeOptions = {}): Promise<NodeRuntime> {
  const { root: rootPath = '/', path = DEFAULT_RUNTIME_PATH, signal } = options;
  const { executable = rootPath === '/' ? process.execPath : DEFAULT_RUNTIME_PATH } = options;
  if (!posix.isAbsolute(path) || posix.normalize(path) !== path || path.endsWith('/')) {
    throw new OciError('ENTRY_INVALID', `${JSON.stringify(path)} is not the absolute, normal path of a file`);
  }
  signal?.throwIfAborted();
  const root = createSystemRoot(rootPath);
  const program = await locateFile(root, executable, 'the Node.js executable');
  const { elf, platform } = await readProgram(root.hostPath(program));
  const placed = [{ path, located: program, mode: PROGRAM_MODE }];
  if (elf.interpreter !== undefined) {
    const loaderPath = await locateFile(root, elf.interpreter, `the loader that ${root.hostPath(program)} names`);
    const loader = await readLoader(elf.interpreter, root.hostPath(loaderPath));
    placed.push({ path: loader.path, located: loaderPath, mode: PROGRAM_MODE });
    for (const object of await findSharedObjects(root, program, elf, loader, { signal })) {
      placed.push({ path: placeObject(object, loader), located: object.path, mode: PROGRAM_MODE });
    }
  }
  if (executable !== process.execPath || rootPath !== '/' || mayHaveExternalBuiltins()) {
    const searched = placed.map(({ located }) => located);
    for (const builtin of await findExternalBuiltins(root, searched, { signal })) {
      placed.push({ path: builtin.name, located: builtin.path, mode: DATA_MODE });
    }
  }
  const files = await Promise.all(
    placed.map(async ({ path, located, mode }) => {
      const source = root.hostPath(located);
      return { path, source, content: await openFileContent(source), mode };
    }),
  );
  return { platform, executable: path, interpreter: elf.interpreter, files: files.sort(byPath) };
}

/** The files as entries of a layer. Owner and time are the layer's. */
export function nodeRuntimeEntries(runtime: NodeRuntime): LayerEntry[] {
  return runtime.files.map(({ path, content, mode }) => file(path, content, { mode }));
}

/**
 * All objects go into the first directory that the loader knows by itself, wherever they were found. In the image there is
 * no other copy, so that the loader finds them there whatever it tries before; and a runtime that is read from there is
 * put there again.
 */
function placeObject({ name }: SharedObject, loader: Loader): string {
  return name.startsWith('/') ? posix.normalize(name) : posix.join(loader.directories[0], name);
}

async function locateFile(root: SystemRoot, path: string, what: string): Promise<string> {
  const located = await root.locate(path);
  if (located === undefined) {
    throw new OciError('FILE_UNREADABLE', `${what}, ${root.hostPath(path)}, does not exist`);
  }
  return located;
}

function byPath(a: RuntimeFile, b: RuntimeFile): number {
  return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path));
}
