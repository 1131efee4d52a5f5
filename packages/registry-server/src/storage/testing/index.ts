/** The contract of `RegistryStore` as a suite of vitest, for stores that others write. Needs `vitest` and `fast-check`. */
export { describeRegistryStore } from './describe-registry-store.js';
export type { OpenStore, StoreUnderTest } from './store-under-test.js';
