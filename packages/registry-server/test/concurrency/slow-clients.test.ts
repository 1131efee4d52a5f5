/** Clients that send or read next to nothing, and others that are in a hurry. */
import { once } from 'node:events';
import { digestOf } from '@quinistry/oci-image';
import { describe, expect, it, onTestFinished } from 'vitest';
import { requestText } from '../../src/testing/push-server.js';
import { openRaw } from '../../src/testing/raw-connection.js';
import type { StoreServer } from '../store-server.js';
import { STORES } from './stores.js';

const UPLOADS = '/v2/app/blobs/uploads/';
const BYTES = new TextEncoder().encode('0123456789abcdef');
const DIGEST = digestOf(BYTES);
/** More than the sockets on both sides hold, so that the server has to wait for its reader. */
const LARGE = new Uint8Array(32 << 20).map((_, index) => index % 251);

async function startUpload(server: StoreServer): Promise<string> {
  const { headers } = await server.send('POST', UPLOADS);
  return headers.get('Location') ?? '';
}

/** Everything that a client in a hurry does, on blobs, tags and lists of the same repository. */
async function useRegistry(server: StoreServer): Promise<readonly number[]> {
  const body = JSON.stringify({ schemaVersion: 2, note: 'names nothing' });
  const headers = { 'Content-Type': 'application/vnd.example.note+json' };
  const statuses: number[] = [];
  for (const [method, path, init] of [
    ['POST', `blobs/uploads/?digest=${DIGEST}`, { body: BYTES }],
    ['GET', `blobs/${DIGEST}`, {}],
    ['PUT', 'manifests/latest', { body, headers }],
    ['GET', 'manifests/latest', {}],
    ['GET', 'tags/list', {}],
    ['DELETE', 'manifests/latest', {}],
    ['DELETE', `blobs/${DIGEST}`, {}],
  ] as const) {
    const response = await server.send(method, `/v2/app/${path}`, init);
    await response.arrayBuffer();
    statuses.push(response.status);
  }
  for await (const _ of server.store.collectGarbage({ graceMs: 3_600_000 }));
  return statuses;
}

const ALL_DONE = [201, 200, 201, 200, 200, 202, 202];

describe.each(STORES)('a slow client of a registry over %s', (_name, start) => {
  it('blocks nobody while it pushes a byte at a time, and has its blob in the end', async () => {
    const server = await start();
    const location = await startUpload(server);
    const slow = await openRaw(server.port, requestText('PATCH', location, `Content-Length: ${BYTES.length}`));
    onTestFinished(() => void slow.destroy());
    const answer = once(slow, 'data');
    for (const [position, byte] of BYTES.entries()) {
      slow.write(Uint8Array.of(byte));
      if (position % 5 === 0) expect(await useRegistry(server)).toEqual(ALL_DONE);
    }
    expect(String(await answer)).toMatch(/^HTTP\/1\.1 202 /);
    const sealed = await server.send('PUT', `${location}?digest=${DIGEST}`);
    expect(sealed.status).toBe(201);
  });

  it('blocks nobody when it stops reading, not even who reads or deletes the same blob', async () => {
    const server = await start();
    const digest = digestOf(LARGE);
    await server.send('POST', `${UPLOADS}?digest=${digest}`, { body: LARGE });
    const path = `/v2/app/blobs/${digest}`;
    const slow = await openRaw(server.port, requestText('GET', path));
    onTestFinished(() => void slow.destroy());
    await once(slow, 'readable'); // some of it has come, and the rest is not asked for
    expect(await useRegistry(server)).toEqual(ALL_DONE);
    const other = await server.send('GET', path);
    expect(digestOf(new Uint8Array(await other.arrayBuffer()))).toBe(digest);
    expect((await server.send('DELETE', path)).status).toBe(202);
    expect((await server.send('GET', path)).status).toBe(404);
    // Whoever was reading it reads on to its end.
    const bytes: Buffer[] = [];
    let received = 0;
    for await (const chunk of slow) {
      bytes.push(chunk);
      received += chunk.length;
      if (received > LARGE.length + 100) break;
    }
    const text = Buffer.concat(bytes);
    expect(digestOf(text.subarray(text.indexOf('\r\n\r\n') + 4))).toBe(digest);
  });

  it('blocks nobody with 64 uploads that have begun and do not go on', async () => {
    const server = await start();
    const sockets = await Promise.all(
      Array.from({ length: 64 }, async () => {
        return openRaw(
          server.port,
          `${requestText('PUT', `${await startUpload(server)}?digest=${DIGEST}`, 'Content-Length: 16')}0`,
        );
      }),
    );
    onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
    expect(await useRegistry(server)).toEqual(ALL_DONE);
    for (const socket of sockets) socket.write('123456789abcdef');
    const answers = await Promise.all(sockets.map(async (socket) => String((await once(socket, 'data'))[0])));
    expect(answers.filter((answer) => !answer.startsWith('HTTP/1.1 201 '))).toEqual([]);
  });
});
