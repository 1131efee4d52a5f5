import { lstat, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeRegistryStore } from '../testing/index.js';
import { openDirectoryStore } from './directory-store.js';

describeRegistryStore('openDirectoryStore', async () => {
  const root = await mkdtemp(join(tmpdir(), 'quinistry-contract-'));
  let store = await openDirectoryStore(root);
  return {
    store,
    async reopen() {
      store = await openDirectoryStore(root);
      return store;
    },
    async elapse(ms) {
      await store.flush();
      await turnBack(root, ms);
    },
    async dispose() {
      await rm(root, { recursive: true });
    },
  };
});

/** A file of several names is turned back once. */
async function turnBack(directory: string, ms: number): Promise<void> {
  const times = new Map<string, number>();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      times.set(path, (await lstat(path)).mtimeMs - ms);
    }
  }
  for (const [path, time] of times) await utimes(path, time / 1000, time / 1000);
}
