import { onTestFinished } from 'vitest';
import { type RunningServer, type ServerOptions, startServer } from '../node-server.js';
import { createRegistry } from '../registry.js';
import type { ResponseEvent } from '../response-event.js';
import type { RegistryStorage } from '../storage/registry-storage.js';
import { createFixtureStorage } from './fixture-storage.js';

export interface FixtureServerOptions extends Partial<Omit<ServerOptions, 'registry'>> {
  readonly storage?: Partial<RegistryStorage>;
  readonly onResponse?: (event: ResponseEvent) => void;
}

/** The fixture storage on a free port, until the test that asked for it is over. */
export async function startFixture(options: FixtureServerOptions = {}): Promise<RunningServer> {
  const { storage, onResponse, ...rest } = options;
  const registry = createRegistry({ storage: createFixtureStorage(storage), onResponse, onError: rest.onError });
  const server = await startServer({ registry, ...rest });
  onTestFinished(() => server.close({ timeoutMs: 0 }));
  return server;
}

/** A request as text. */
export function get(target: string, ...headers: string[]): string {
  return [`GET ${target} HTTP/1.1`, 'Host: registry.test', ...headers, '', ''].join('\r\n');
}
