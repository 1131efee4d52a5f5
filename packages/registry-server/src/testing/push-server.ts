import { onTestFinished } from 'vitest';
import { type RunningServer, type ServerOptions, startServer } from '../node-server.js';
import type { RegistryOptions } from '../registry.js';
import type { ResponseEvent } from '../response-event.js';
import { PushClient } from './push-client.js';

export interface PushServer extends RunningServer {
  /** Reaches the same registry past the server. */
  readonly client: PushClient;
  readonly responses: readonly ResponseEvent[];
  send(method: string, target: string, init?: RequestInit): Promise<Response>;
}

export type PushServerOptions = Partial<Omit<RegistryOptions, 'storage'>> &
  Partial<Pick<ServerOptions, 'idleTimeoutMs'>>;

/** An empty memory store on a free port, until the test that asked for it is over. */
export async function startPushServer({ idleTimeoutMs, ...options }: PushServerOptions = {}): Promise<PushServer> {
  const responses: ResponseEvent[] = [];
  const client = new PushClient({ onResponse: (event) => responses.push(event), ...options });
  const server = await startServer({ registry: client.registry, idleTimeoutMs });
  onTestFinished(() => server.close({ timeoutMs: 0 }));
  const send = (method: string, target: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${server.port}${target}`, { ...init, method });
  return { ...server, client, responses, send };
}

/** A request as text, whose body is what follows. */
export function requestText(method: string, target: string, ...headers: string[]): string {
  return [`${method} ${target} HTTP/1.1`, 'Host: registry.test', ...headers, '', ''].join('\r\n');
}
