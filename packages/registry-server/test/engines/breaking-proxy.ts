import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Scope } from './scope.js';

/**
 * Passes connections on to a port of 127.0.0.1, and breaks the first one that has carried `maxBytes` back.
 *
 * @returns the port of 127.0.0.1 that it listens on.
 */
export async function startBreakingProxy(scope: Scope, target: number, maxBytes: number): Promise<number> {
  const sockets = new Set<Socket>();
  let hasBroken = false;
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
      socket.on('error', () => {}); // 'close' follows
    }
    upstream.on('data', () => {
      if (hasBroken || upstream.bytesRead < maxBytes) return;
      hasBroken = true;
      client.destroy();
    });
    client.pipe(upstream).pipe(client);
  }).listen(0, '127.0.0.1');
  scope.defer(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
