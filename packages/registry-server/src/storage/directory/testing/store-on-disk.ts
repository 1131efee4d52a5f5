/** For tests of what a directory store has on the disk. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DirectoryStore, openDirectoryStore } from '../directory-store.js';
import type { Finding } from '../finding.js';
import { RepositoryPaths } from '../repository-paths.js';
import { unlessMissing } from '../system-error.js';
import { verifyDirectory } from '../verify-directory.js';

export async function findingsIn(directory: string): Promise<Finding[]> {
  const found = [];
  for await (const finding of verifyDirectory(directory)) found.push(finding);
  return found;
}

/** Opens a copy of what is on the disk at this moment, as after a SIGKILL. */
export async function openKilledCopy<T>(
  root: string,
  look: (store: DirectoryStore, directory: string) => Promise<T>,
): Promise<T> {
  const copy = await mkdtemp(join(tmpdir(), 'quinistry-killed-'));
  try {
    await copyAlive(root, copy);
    const again = await openDirectoryStore(copy);
    try {
      return await look(again, copy);
    } finally {
      await again.close();
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Files that the store removes meanwhile fail the copy; it is made again then. Sockets cannot be copied at all. */
async function copyAlive(root: string, copy: string): Promise<void> {
  const { claims } = new RepositoryPaths(root);
  for (;;) {
    try {
      await cp(root, copy, { recursive: true, filter: (source) => source !== claims });
      return;
    } catch (error) {
      unlessMissing(error);
      await rm(copy, { recursive: true });
    }
  }
}
