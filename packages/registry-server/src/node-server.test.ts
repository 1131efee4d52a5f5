import { once } from 'node:events';
import { createServer } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ListenError, startServer } from './node-server.js';
import type { Registry } from './registry.js';
import type { ResponseEvent } from './response-event.js';
import type { RegistryStorage, StoredManifest } from './storage/registry-storage.js';
import { get, startFixture as start } from './testing/fixture-server.js';
import { DOCKER_MANIFEST, LAYER_BYTES, LAYER_DIGEST } from './testing/fixture-storage.js';
import { requestText, startPushServer } from './testing/push-server.js';
import { answersOf, exchangeRaw, openRaw, readToEnd } from './testing/raw-connection.js';

const CLOSE = 'Connection: close';
const LAYER_PATH = `/v2/demo/app/blobs/${LAYER_DIGEST}`;
const LARGE_LAYER_BYTES = 64 * 1024 * 1024;

/** A layer that is larger than what the kernel takes off a server's hands. */
const LARGE_LAYER: Partial<RegistryStorage> = {
  statBlob: async () => ({ size: LARGE_LAYER_BYTES }),
  openBlob: async function* () {
    yield new Uint8Array(LARGE_LAYER_BYTES);
  },
};

describe('startServer', () => {
  it('serves a manifest and a layer', async () => {
    const { port } = await start();
    const manifest = await fetch(`http://127.0.0.1:${port}/v2/demo/app/manifests/latest`);
    expect(manifest.headers.get('Content-Length')).toBe(String(DOCKER_MANIFEST.bytes.byteLength));
    expect(new Uint8Array(await manifest.arrayBuffer())).toEqual(DOCKER_MANIFEST.bytes);
    const layer = await fetch(`http://127.0.0.1:${port}${LAYER_PATH}`);
    expect(new Uint8Array(await layer.arrayBuffer())).toEqual(LAYER_BYTES);
  });

  it('leaves the memory of a layer with the store, for the next pull', async () => {
    const { port } = await start();
    for (const _ of [1, 2, 3]) {
      const layer = await fetch(`http://127.0.0.1:${port}${LAYER_PATH}`);
      expect(new Uint8Array(await layer.arrayBuffer())).toEqual(LAYER_BYTES);
    }
  });

  it('sends the headers of a HEAD with the length of the GET, keeps the connection, and sends no body', async () => {
    const { port } = await start();
    const heads = ['/v2/demo/app/manifests/latest', LAYER_PATH, '/v2/UPPER/tags/list'].map((target) =>
      get(target).replace('GET', 'HEAD'),
    );
    const socket = await openRaw(port, heads.join('') + get('/nowhere', CLOSE));
    const received = await readToEnd(socket);
    expect(received.match(/^HTTP\/1.1 \d+/gm)).toEqual([
      'HTTP/1.1 200',
      'HTTP/1.1 200',
      'HTTP/1.1 400',
      'HTTP/1.1 404',
    ]);
    expect(received.match(/"errors"/g)).toHaveLength(1);
    expect(received).toMatch(/^content-length: 2000\r$/im);
  });

  it('understands a proxy, which sends the whole URL', async () => {
    const { port } = await start();
    const [answer] = await exchangeRaw(port, get('http://registry.test/v2/demo/app/tags/list', CLOSE));
    expect(answer?.status).toBe(200);
  });

  it('understands a client of HTTP/1.0 that names no host', async () => {
    const { port } = await start();
    const [answer] = await exchangeRaw(port, 'GET /v2/ HTTP/1.0\r\n\r\n');
    expect(answer?.status).toBe(200);
  });

  it('rejects with a clear ListenError when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const failure = await start({ port }).catch((error: unknown) => error);
    other.close();
    expect(failure).toBeInstanceOf(ListenError);
    expect(failure).toMatchObject({
      code: 'EADDRINUSE',
      message: `cannot listen on 127.0.0.1 port ${port}: the port is taken`,
    });
  });

  it('tells of a layer once it is through, or where it broke off', async () => {
    const events: ResponseEvent[] = [];
    const told = new Promise<void>((resolve) => {
      start({ storage: LARGE_LAYER, onResponse: (event) => resolve(void events.push(event)) }).then(
        async ({ port }) => {
          const socket = await openRaw(port, get(LAYER_PATH));
          await once(socket, 'data');
          socket.destroy();
        },
      );
    });
    await told;
    expect(events).toMatchObject([{ status: 200, complete: false }]);
    expect(events[0]?.bytes).toBeLessThan(LARGE_LAYER_BYTES);
  });
});

describe('a connection that stands still', () => {
  it('is cut when its client stops reading a layer', async () => {
    const events: ResponseEvent[] = [];
    const { port } = await start({
      storage: LARGE_LAYER,
      idleTimeoutMs: 100,
      onResponse: (event) => events.push(event),
    });
    const stopped = await openRaw(port, get(LAYER_PATH));
    stopped.pause();
    await expect.poll(() => events, { timeout: 20_000 }).toMatchObject([{ complete: false }]);
    stopped.destroy();
  });

  it('is kept while a request waits for an image that is being built', async () => {
    let finish: (manifests: StoredManifest[]) => void = () => {};
    const built = new Promise<StoredManifest[]>((resolve) => {
      finish = resolve;
    });
    const { port } = await start({ storage: { resolveTag: () => built }, idleTimeoutMs: 20 });
    const socket = await openRaw(port, get('/v2/demo/app/manifests/latest', CLOSE));
    setTimeout(() => finish([DOCKER_MANIFEST]), 200);
    expect(answersOf(await readToEnd(socket))).toMatchObject([{ status: 200 }]);
  });
});

describe('a store that fails within a layer', () => {
  it('cuts the connection, so that the client knows, and tells onError', async () => {
    const errors: unknown[] = [];
    const failure = new Error('disk is gone');
    const { port } = await start({
      storage: {
        async *openBlob() {
          yield LAYER_BYTES.subarray(0, 1000);
          throw failure;
        },
      },
      onError: (error) => errors.push(error),
    });
    const pulled = fetch(`http://127.0.0.1:${port}${LAYER_PATH}`).then((response) => response.arrayBuffer());
    await expect(pulled).rejects.toThrow();
    expect(errors).toEqual([failure]);
    expect((await fetch(`http://127.0.0.1:${port}/v2/`)).status).toBe(200);
  });
});

describe('RunningServer.close', () => {
  it('lets a running request end, and closes its connection', async () => {
    let finish: ((manifests: StoredManifest[]) => void) | undefined;
    const storage = {
      resolveTag: () =>
        new Promise<StoredManifest[]>((resolve) => {
          finish = resolve;
        }),
    };
    const server = await start({ storage });
    const socket = await openRaw(server.port, get('/v2/demo/app/manifests/latest'));
    await expect.poll(() => finish).toBeDefined();
    const closed = server.close();
    finish?.([DOCKER_MANIFEST]);
    const [answer] = answersOf(await readToEnd(socket));
    expect(answer?.status).toBe(200);
    expect(answer?.headers).toMatch(/^connection: close\r?$/im);
    await closed;
    await expect(fetch(`http://127.0.0.1:${server.port}/v2/`)).rejects.toThrow();
  });

  it('closes connections that are idle or have said nothing yet', async () => {
    const server = await start();
    const idle = await openRaw(server.port, get('/v2/'));
    await once(idle, 'data');
    const silent = await openRaw(server.port, '');
    await fetch(`http://127.0.0.1:${server.port}/v2/`);
    const ends = Promise.all([once(idle, 'close'), once(silent, 'close')]);
    idle.resume();
    silent.resume();
    await server.close({ timeoutMs: 60_000 });
    await ends;
  });

  it('cuts what has not ended in time', async () => {
    const server = await start({ storage: { resolveTag: () => new Promise(() => {}) } });
    const socket = await openRaw(server.port, get('/v2/demo/app/manifests/latest'));
    const received = readToEnd(socket);
    await server.close({ timeoutMs: 50 });
    expect(await received).toBe('');
  });

  it('may be called twice', async () => {
    const server = await start();
    await Promise.all([server.close(), server.close()]);
  });
});

describe('requests that do not wait for answers', () => {
  it('let go of what they asked for when their connection ends before it is their turn', async () => {
    let open = 0;
    let ended = 0;
    const storage: Partial<RegistryStorage> = {
      ...LARGE_LAYER,
      openBlob: async function* () {
        open += 1;
        try {
          for (;;) yield new Uint8Array(64 * 1024);
        } finally {
          open -= 1;
        }
      },
    };
    const { port } = await start({ storage, onResponse: () => (ended += 1) });
    const socket = await openRaw(port, get(LAYER_PATH).repeat(3));
    await expect.poll(() => open).toBe(3);
    socket.destroy();
    await expect.poll(() => [open, ended]).toEqual([0, 3]);
  });
});

describe('an upload that stands still', () => {
  it('is cut when its client falls silent, and what came is kept', async () => {
    const { port, client, send } = await startPushServer({ idleTimeoutMs: 100 });
    const location = await client.startUpload('demo/app');
    const head = requestText('PATCH', location, 'Content-Length: 1000');
    const socket = await openRaw(port, head + 'x'.repeat(600));
    expect(await readToEnd(socket)).toBe('');
    await expect.poll(async () => (await send('GET', location)).headers.get('Range')).toBe('0-599');
  });

  it('is not cut while it is the server that does not read on', async () => {
    const bytes = 1024 * 1024;
    let received = 0;
    const registry: Registry = {
      async fetch(request) {
        await new Promise((resolve) => setTimeout(resolve, 1500));
        received = (await request.arrayBuffer()).byteLength;
        return new Response();
      },
    };
    const server = await startServer({ registry, idleTimeoutMs: 500 });
    onTestFinished(() => server.close({ timeoutMs: 0 }));
    const body = new Uint8Array(bytes);
    const answer = await fetch(`http://127.0.0.1:${server.port}/`, { method: 'PUT', body });
    expect([answer.status, received]).toEqual([200, bytes]);
  });

  it('is not cut where the server reads on just when the time is up', async () => {
    const bytes = 1024 * 1024;
    let received = 0;
    const registry: Registry = {
      async fetch(_request, transport) {
        const { incoming, outgoing } = transport as HttpBindings;
        await new Promise<void>((resolve) => {
          outgoing.prependOnceListener('timeout', () => {
            received += incoming.read().byteLength;
            resolve();
          });
        });
        for await (const chunk of incoming) received += chunk.byteLength;
        return new Response();
      },
    };
    const server = await startServer({ registry, idleTimeoutMs: 500 });
    onTestFinished(() => server.close({ timeoutMs: 0 }));
    const body = new Uint8Array(bytes);
    const answer = await fetch(`http://127.0.0.1:${server.port}/`, { method: 'PUT', body });
    expect([answer.status, received]).toEqual([200, bytes]);
  });
});
