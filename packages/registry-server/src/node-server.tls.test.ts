import { once } from 'node:events';
import { Agent, get as getSecure } from 'node:https';
import { text } from 'node:stream/consumers';
import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { createCertificate } from './testing/certificate.js';
import { get, startFixture } from './testing/fixture-server.js';
import { DOCKER_MANIFEST } from './testing/fixture-storage.js';
import { openRaw, readToEnd } from './testing/raw-connection.js';

const tls = createCertificate();
const MANIFEST_PATH = '/v2/demo/app/manifests/latest';

/** A GET over a connection of its own, by a client that knows `certificate` only. */
async function getTrusting(certificate: string, port: number): Promise<{ status: number | undefined; body: string }> {
  const request = getSecure({ host: 'localhost', port, path: MANIFEST_PATH, ca: certificate, agent: new Agent() });
  const [response] = await once(request, 'response');
  return { status: response.statusCode, body: await text(response) };
}

async function openSecure(port: number): Promise<TLSSocket> {
  const socket = connect({ host: 'localhost', port, ca: tls.certificate });
  await once(socket, 'secureConnect');
  return socket;
}

describe('startServer with tls', () => {
  it('serves a manifest over https', async () => {
    const { port } = await startFixture({ tls });
    const answer = await getTrusting(tls.certificate, port);
    expect(answer).toEqual({ status: 200, body: Buffer.from(DOCKER_MANIFEST.bytes).toString() });
  });

  it('rejects a key of another certificate', async () => {
    const { key } = createCertificate();
    await expect(startFixture({ tls: { ...tls, key } })).rejects.toThrow(/key values mismatch/);
  });

  it('shows a renewed certificate from the next connection on, and keeps the ones there are', async () => {
    const server = await startFixture({ tls });
    const before = await openSecure(server.port);
    const renewed = createCertificate();
    server.renewTls(renewed);
    expect((await getTrusting(renewed.certificate, server.port)).status).toBe(200);
    await expect(getTrusting(tls.certificate, server.port)).rejects.toThrow();
    before.write(get('/v2/', 'Connection: close'));
    expect(await text(before)).toMatch(/^HTTP\/1\.1 200/);
  });

  it('closes the connection of a client that speaks plain HTTP, and lives on', async () => {
    const { port } = await startFixture({ tls });
    expect(await readToEnd(await openRaw(port, get('/v2/')))).toBe('');
    expect((await getTrusting(tls.certificate, port)).status).toBe(200);
  });

  it('answers what is no HTTP inside of TLS with 400', async () => {
    const { port } = await startFixture({ tls });
    const socket = await openSecure(port);
    socket.write('not HTTP\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 Bad Request/);
  });

  it('cuts a handshake that does not come to its end', async () => {
    const { port } = await startFixture({ tls, headersTimeoutMs: 50 });
    expect(await readToEnd(await openRaw(port, '\x16\x03\x01'))).toBe('');
  });
});

describe('RunningServer.close with tls', () => {
  it('closes idle connections and unfinished handshakes, and lets a running request end', async () => {
    let finish: (() => void) | undefined;
    const storage = {
      resolveTag: () =>
        new Promise<(typeof DOCKER_MANIFEST)[]>((resolve) => {
          finish = () => resolve([DOCKER_MANIFEST]);
        }),
    };
    const server = await startFixture({ tls, storage });
    const idle = await openSecure(server.port);
    const silent = await openRaw(server.port, '\x16');
    const busy = await openSecure(server.port);
    busy.write(get(MANIFEST_PATH));
    await expect.poll(() => finish).toBeDefined();
    const closed = server.close({ timeoutMs: 60_000 });
    await Promise.all([text(idle), readToEnd(silent)]);
    finish?.();
    expect(await text(busy)).toMatch(/^HTTP\/1\.1 200/);
    await closed;
  });
});
