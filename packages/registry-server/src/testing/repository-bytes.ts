import type { RegistryStore } from '../storage/registry-store.js';

/** What a repository takes of the disk, sealed or not. */
export async function repositoryBytes(store: RegistryStore, repository: string): Promise<number> {
  const uploads = await store.listUploads(repository);
  return uploads.reduce((sum, { size }) => sum + size, await store.measureRepository(repository));
}
