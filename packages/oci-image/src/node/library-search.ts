/**
 * Where a loader looks for a library that an object needs by a name without a slash, in its order.
 * Sources: ld.so(8); glibc, elf/dl-load.c, `_dl_map_object`; musl, ldso/dynlink.c, `load_library` and `fixup_rpath`.
 * LD_LIBRARY_PATH has no place in it: what goes into an image must not depend on the environment of the one who builds.
 */
import type { Loader } from './loader.js';

/** An object in memory, as far as it takes part in the search. */
export interface SearchingObject {
  /** The directory it was loaded from: `$ORIGIN`. */
  readonly origin: string;
  readonly rpath?: string | undefined;
  readonly runpath?: string | undefined;
  /** The object that needed this one first; none for the program. */
  readonly neededBy?: SearchingObject | undefined;
}

/** The directories that the objects themselves ask for; they come before the ones of the system. */
export function objectDirectories(object: SearchingObject, loader: Loader, platform: string): string[] {
  const paths: [string | undefined, string][] = [];
  for (let each: SearchingObject | undefined = object; each !== undefined; each = each.neededBy) {
    if (loader.family === 'musl') {
      paths.push([each.runpath ?? each.rpath, each.origin]);
    } else if (object.runpath === undefined && each.runpath === undefined) {
      // An object's RPATH serves all that is loaded below it; a RUNPATH takes its force from any RPATH.
      paths.push([each.rpath, each.origin]);
    }
  }
  if (loader.family === 'glibc') {
    paths.push([object.runpath, object.origin]);
  }
  const directories = paths.flatMap(([path, origin]) => (path ? expandPath(path, origin, loader, platform) : []));
  // A relative directory, and an empty one, hang on where the program is started.
  return [...new Set(directories.filter((directory) => directory.startsWith('/')))];
}

function expandPath(path: string, origin: string, loader: Loader, platform: string): string[] {
  if (loader.family === 'musl') {
    // It knows no other token, and gives up a path that has one.
    return /\$(?!ORIGIN|\{ORIGIN\})/.test(path) ? [] : replaceTokens(path, { ORIGIN: origin }).split(':');
  }
  // glibc's build derives $LIB from its directory for libraries; the first of its list is that one.
  const lib = loader.directories[0].replace(/^\/(?:usr\/)?/, '');
  return replaceTokens(path, { ORIGIN: origin, LIB: lib, PLATFORM: platform }).split(':');
}

function replaceTokens(path: string, tokens: Readonly<Record<string, string>>): string {
  return path.replace(/\$(?:\{(\w+)\}|(\w+))/g, (token, braced: string | undefined, bare: string | undefined) => {
    const name = braced ?? bare ?? '';
    return (Object.hasOwn(tokens, name) ? tokens[name] : undefined) ?? token;
  });
}
