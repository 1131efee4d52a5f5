import { setTimeout } from 'node:timers/promises';
import type { RegistryStore } from '../registry-store.js';

export interface StoreUnderTest {
  /** Empty. */
  readonly store: RegistryStore;
  /**
   * Opens what the store left behind, which has been closed before. A store that forgets leaves this out: it is not
   * closed, and the tests go on with the same one.
   */
  reopen?(): Promise<RegistryStore>;
  /**
   * Makes everything in the store `ms` milliseconds older than it is: turns its clock forward, or its files' times back.
   *
   * @defaultValue waits; then the tests of the grace period are as slow, and as sure, as the machine's clock.
   */
  elapse?(ms: number): Promise<void> | void;
  /** Removes everything. */
  dispose(): Promise<void>;
}

export type OpenStore = () => Promise<StoreUnderTest>;

/** What a test of the contract gets to see. */
export interface Bench {
  readonly store: RegistryStore;
  /** The period of the tests of garbage collection. Milliseconds. */
  readonly graceMs: number;
  /** Lets more than the grace period pass. */
  outlastGrace(): Promise<void>;
  /** Closes the store, where it can be opened again, and opens it again. */
  reopen(): Promise<RegistryStore>;
}

export type StoreTest = (bench: Bench) => Promise<void>;

/** Nobody waits where the clock can be turned, so that no test comes near the end of a period by being slow. */
const TURNED_GRACE_MS = 3_600_000;
const WAITED_GRACE_MS = 3_000;

/** Makes tests that each have a store of their own. */
export function withStore(open: OpenStore): (test: StoreTest) => () => Promise<void> {
  return (test) => async () => {
    const under = await open();
    const graceMs = under.elapse === undefined ? WAITED_GRACE_MS : TURNED_GRACE_MS;
    let current = under.store;
    try {
      await test({
        store: current,
        graceMs,
        async outlastGrace() {
          await (under.elapse === undefined ? setTimeout(graceMs + 100) : under.elapse(graceMs + 100));
        },
        async reopen() {
          if (under.reopen === undefined) return current;
          await current.close();
          current = await under.reopen();
          return current;
        },
      });
    } finally {
      await current.close();
      await under.dispose();
    }
  };
}
