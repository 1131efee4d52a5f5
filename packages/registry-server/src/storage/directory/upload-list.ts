import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Upload } from '../registry-store.js';
import { isStorableName, type RepositoryPaths } from './repository-paths.js';
import { unlessMissing } from './system-error.js';
import { SESSION_PREFIX } from './upload-files.js';

/**
 * The sessions of a repository, as their files tell. What is kept in memory of some is left alone: a look at thousands must
 * not drive out the digests of those that are at work.
 */
export async function listUploads(paths: RepositoryPaths, repository: string): Promise<readonly Upload[]> {
  if (!isStorableName(repository)) return [];
  const directory = join(paths.uploads, repository);
  const uploads: Upload[] = [];
  for (const name of (await readdir(directory).catch(unlessMissing)) ?? []) {
    if (!name.startsWith(SESSION_PREFIX)) continue; // a directory, of uploads to repositories below
    const stats = await lstat(join(directory, name)).catch(unlessMissing);
    if (stats?.isFile()) uploads.push({ session: name.slice(SESSION_PREFIX.length), size: stats.size });
  }
  return uploads;
}
