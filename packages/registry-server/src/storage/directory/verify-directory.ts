/**
 * Everything that can be told wrong about a tree of image layouts by reading all of it. It takes no lock and changes
 * nothing. A server may run meanwhile: names are written after what they name, and removed before it.
 */
import { lstat, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { IMAGE_LAYOUT_FILES, isRepositoryName } from '@quinistry/oci-image/spec';
import type { Finding } from './finding.js';
import { isReservedPart, STATE_DIRECTORY } from './repository-paths.js';
import { unlessMissing } from './system-error.js';
import { type VerifyOptions, verifyLayout } from './verify-layout.js';

/**
 * Recomputes every digest and size, and follows every reference.
 *
 * @throws the system's error where `root` cannot be read.
 */
export async function* verifyDirectory(root: string, options: VerifyOptions = {}): AsyncGenerator<Finding> {
  const top = await realpath(root);
  await readdir(top);
  yield* verifyLevel(top, '', options);
}

async function* verifyLevel(root: string, name: string, options: VerifyOptions): AsyncGenerator<Finding> {
  const entries = (await readdir(join(root, name), { withFileTypes: true }).catch(unlessMissing)) ?? [];
  const isLayout = name !== '' && entries.some((entry) => isLayoutFile(entry.name));
  if (isLayout) {
    options.onRepository?.(name);
    yield* verifyLayout(root, name, options);
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = name === '' ? entry.name : `${name}/${entry.name}`;
    if (path === STATE_DIRECTORY || (isLayout && isReservedPart(entry.name))) continue;
    if (entry.isDirectory() && isRepositoryName(path)) yield* verifyLevel(root, path, options);
    // What a running server or another tool was just writing is gone by now.
    else if ((await lstat(join(root, path)).catch(unlessMissing)) !== undefined) {
      yield {
        path,
        problem: 'belongs to no repository',
        expected: 'image layouts, in directories that are called like repositories',
      };
    }
  }
}

function isLayoutFile(name: string): boolean {
  return name === IMAGE_LAYOUT_FILES.index || name === IMAGE_LAYOUT_FILES.layout;
}
