import type { StorageChoice } from '../config/setting-types.js';
import type { ScratchBlobStore } from '../storage/directory/scratch-blob-store.js';
import type { RegistryStore } from '../storage/registry-store.js';

export interface OpenedStore {
  readonly store: RegistryStore;
  /** For what the server makes itself; absent where the store is in memory as well. */
  readonly scratch?: ScratchBlobStore;
}

export interface OpenStoreOptions {
  /** Told of what could not be written for now. */
  readonly onWarning: (message: string, error: unknown) => void;
}

/**
 * Opens what is pushed is kept in; `undefined` where pushes are not taken. Loaded where it is wanted only, for the quine
 * alone needs none of it.
 *
 * @throws {OciError} `STORE_IN_USE`, `FILE_UNREADABLE`
 * @throws {StorageError} `NO_SPACE`
 */
export async function openStore(choice: StorageChoice, options: OpenStoreOptions): Promise<OpenedStore | undefined> {
  switch (choice.kind) {
    case 'none':
      return undefined;
    case 'memory': {
      const { createMemoryStore } = await import('../storage/memory/memory-store.js');
      return { store: createMemoryStore() };
    }
    case 'directory': {
      const { openDirectoryStore } = await import('../storage/directory/directory-store.js');
      const store = await openDirectoryStore(choice.directory, options);
      const { ScratchBlobStore } = await import('../storage/directory/scratch-blob-store.js');
      return { store, scratch: new ScratchBlobStore(store.temporary) };
    }
  }
}
