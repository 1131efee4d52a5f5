import { type RunningServer, startServer } from '../src/node-server.js';
import type { RegistryStore } from '../src/storage/registry-store.js';
import { PushClient } from '../src/testing/push-client.js';

/** A registry over a store, reached by way of HTTP. */
export interface StoreServer extends RunningServer {
  readonly store: RegistryStore;
  /** What the registry told its operator of. */
  readonly errors: readonly unknown[];
  send(method: string, target: string, init?: RequestInit): Promise<Response>;
}

export async function startStoreServer(storage: RegistryStore): Promise<StoreServer> {
  const { registry, errors } = new PushClient({ storage });
  const server = await startServer({ registry });
  const send = (method: string, target: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${server.port}${target}`, { ...init, method });
  return { ...server, store: storage, errors, send };
}
