import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openDirectoryStore } from '../../src/storage/directory/directory-store.js';
import { createMemoryStore } from '../../src/storage/memory/memory-store.js';
import { type StoreServer, startStoreServer } from '../store-server.js';

/** Ways to start a server over an empty store, until the test that asked for it is over. */
export const STORES: readonly (readonly [name: string, start: () => Promise<StoreServer>])[] = [
  [
    'memory',
    async () => {
      const server = await startStoreServer(createMemoryStore());
      onTestFinished(() => server.close({ timeoutMs: 0 }));
      return server;
    },
  ],
  [
    'a directory',
    async () => {
      const directory = await mkdtemp(join(tmpdir(), 'concurrency-'));
      const server = await startStoreServer(await openDirectoryStore(directory));
      onTestFinished(async () => {
        await server.close({ timeoutMs: 0 });
        await server.store.close();
        await rm(directory, { recursive: true });
      });
      return server;
    },
  ],
];
