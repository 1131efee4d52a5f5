/**
 * Modules of Node.js itself that a build keeps in files instead of in the program. Node.js allows it to distributions
 * (`configure --shared-builtin-<name>-path`), and Debian's package does it, in /usr/share/nodejs: without those files it
 * aborts before it runs anything. No header names them; their paths are constants of the program or of its libnode.so.
 */
import type { ByteSource } from './byte-source.js';
import { withFileBytes } from './byte-source.js';
import { readElf } from './elf.js';
import type { ElfSegment } from './elf-segment.js';
import type { SystemRoot } from './system-root.js';

export interface ExternalBuiltin {
  /** As Node.js names it. */
  readonly name: string;
  /** Seen from the root, without symbolic links. */
  readonly path: string;
}

export interface FindBuiltinsOptions {
  readonly signal?: AbortSignal | undefined;
}

const CHUNK_BYTES = 1024 * 1024;
/** Linux's PATH_MAX, and the NULs around it: what two chunks share. */
const OVERLAP_BYTES = 4096 + 2;

const SUFFIX = '.js\0';
/** At least one directory: `/index.js` is what Node.js puts behind the name of a package. */
const MODULE_PATH = /^\/[\w.+@~-]+(?:\/[\w.+@~-]+)+$/;

/**
 * Whether the running Node.js has to be searched for such modules at all. Its configuration lists the modules that are in
 * the program, but not how many there could be; so a build that shares any library with its distribution is searched, too.
 */
export function mayHaveExternalBuiltins(config: { readonly variables: object } = process.config): boolean {
  const variables = new Map<string, unknown>(Object.entries(config.variables));
  const compiledIn = variables.get('node_builtin_shareable_builtins');
  const sharesLibraries = [...variables].some(([name, value]) => /^node_shared/.test(name) && String(value) === 'true');
  return sharesLibraries || !Array.isArray(compiledIn) || compiledIn.length === 0;
}

/**
 * Looks through the constants of ELF files for paths of modules, and keeps those where there is a file.
 * This reads the files whole: a tenth of a second for the usual hundred megabytes.
 *
 * @param paths - Seen from the root, without symbolic links.
 * @throws {OciError} `ELF_INVALID`; `FILE_UNREADABLE`.
 */
export async function findExternalBuiltins(
  root: SystemRoot,
  paths: readonly string[],
  options: FindBuiltinsOptions = {},
): Promise<ExternalBuiltin[]> {
  const names = new Set<string>();
  for (const path of paths) {
    await withFileBytes(root.hostPath(path), async (source) => {
      const { segments } = await readElf(source);
      for (const segment of segments.filter(({ writable }) => !writable)) {
        for await (const name of modulePaths(source, segment)) {
          options.signal?.throwIfAborted();
          names.add(name);
        }
      }
    });
  }
  const located = await Promise.all([...names].map(async (name) => ({ name, path: await root.locate(name) })));
  return located.flatMap(({ name, path }) => (path === undefined ? [] : [{ name, path }]));
}

async function* modulePaths(source: ByteSource, { offset, size }: ElfSegment): AsyncGenerator<string> {
  for (let start = 0; start < size; start += CHUNK_BYTES) {
    const bytes = await source.read(offset + start, Math.min(CHUNK_BYTES + OVERLAP_BYTES, size - start));
    for (let end = bytes.indexOf(SUFFIX); end !== -1; end = bytes.indexOf(SUFFIX, end + 1)) {
      const from = Math.max(bytes.lastIndexOf(0, end) + 1, end - OVERLAP_BYTES);
      const text = bytes.toString('latin1', from, end + SUFFIX.length - 1);
      if (MODULE_PATH.test(text)) {
        yield text;
      }
    }
  }
}
