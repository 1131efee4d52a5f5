import { createImageStorage } from '../storage/image-storage.js';
import type { RegistryStorage } from '../storage/registry-storage.js';
import type { Quine } from './build-quine.js';

export const QUINE_REPOSITORY = 'quinistry';
export const QUINE_TAG = 'latest';

/** One repository with one tag, and both families under it: schema2 for whoever does not ask for OCI alone. */
export function createQuineStorage(quine: Promise<Quine>): RegistryStorage {
  return createImageStorage({ [QUINE_REPOSITORY]: { [QUINE_TAG]: quine.then(({ images }) => images) } });
}
