import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { IMAGE_LAYOUT_FILES, isRepositoryName } from '@quinistry/oci-image/spec';
import { isReservedPart } from './repository-paths.js';
import { unlessMissing } from './system-error.js';

/** Directories that are read at a time. */
const PARALLEL_READS = 16;

/**
 * Names of all image layouts below `root`, by bytes. Symbolic links are not followed, and what no repository can be called
 * is not entered.
 */
export async function listLayouts(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  let level: readonly string[] = [''];
  while (level.length > 0) {
    const next: string[] = [];
    for (let start = 0; start < level.length; start += PARALLEL_READS) {
      const batch = level.slice(start, start + PARALLEL_READS);
      const read = await Promise.all(batch.map((name) => readLevel(root, name)));
      for (const { name, isLayout, below } of read) {
        if (isLayout) found.push(name);
        next.push(...below);
      }
    }
    level = next;
  }
  return found.sort();
}

async function readLevel(root: string, name: string) {
  const entries = (await readdir(join(root, name), { withFileTypes: true }).catch(unlessMissing)) ?? [];
  const isLayout = name !== '' && entries.some((entry) => entry.name === IMAGE_LAYOUT_FILES.index && entry.isFile());
  const below = entries
    .filter((entry) => entry.isDirectory() && !(name !== '' && isReservedPart(entry.name)))
    .map((entry) => (name === '' ? entry.name : `${name}/${entry.name}`))
    .filter(isRepositoryName);
  return { name, isLayout, below };
}
