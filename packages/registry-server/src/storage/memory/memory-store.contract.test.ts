import { describeRegistryStore } from '../testing/describe-registry-store.js';
import { createMemoryStore } from './memory-store.js';

describeRegistryStore('createMemoryStore', async () => {
  let elapsedMs = 0;
  return {
    store: createMemoryStore({ now: () => Date.now() + elapsedMs }),
    elapse(ms) {
      elapsedMs += ms;
    },
    async dispose() {},
  };
});
