import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectSecurely } from 'node:tls';
import { computeDigest } from '@quinistry/oci-image';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startServer } from '../node-server.js';
import { createRegistry } from '../registry.js';
import { openDirectoryStore } from '../storage/directory/directory-store.js';
import { createCertificate } from '../testing/certificate.js';
import { get } from '../testing/fixture-server.js';

/** More than the system takes off the server's hands, and no two places look the same. */
const BYTES = Buffer.from(Uint32Array.from({ length: 3_000_000 }, (_, index) => index).buffer);

const CLIENTS = 6;

async function serveBlob(isSecure: boolean): Promise<{ readonly target: string; readonly open: () => Socket }> {
  const root = await mkdtemp(join(tmpdir(), 'slow-clients-'));
  const store = await openDirectoryStore(root);
  const source = async function* () {
    yield BYTES;
  };
  const { session } = await store.createUpload('app');
  await store.appendUpload('app', session, source());
  const { digest } = await computeDigest(source());
  await store.finishUpload('app', session, digest);
  const tls = isSecure ? createCertificate() : undefined;
  const server = await startServer({ registry: createRegistry({ storage: store }), tls });
  onTestFinished(async () => {
    await server.close({ timeoutMs: 0 });
    await store.close();
    await rm(root, { recursive: true });
  });
  const address = { host: '127.0.0.1', port: server.port };
  const open = () => (isSecure ? connectSecurely({ ...address, ca: tls?.certificate }) : connect(address));
  return { target: `/v2/app/blobs/${digest}`, open };
}

/** Stops after each chunk, and now and then for longer. @returns how many bytes were those of the blob. */
async function pullSlowly(socket: Socket, target: string): Promise<number> {
  socket.write(get(target, 'Connection: close'));
  let head = '';
  let position = 0;
  let turn = 0;
  for await (const chunk of socket) {
    const end = `${head}${chunk.toString('latin1')}`.indexOf('\r\n\r\n');
    const bytes = position > 0 ? chunk : chunk.subarray(end === -1 ? chunk.length : end + 4 - head.length);
    if (position === 0) head += chunk.toString('latin1');
    if (!BYTES.subarray(position, position + bytes.length).equals(bytes)) return position;
    position += bytes.length;
    if (++turn % 8 === 0) await new Promise((resolve) => setTimeout(resolve, turn % 3));
  }
  return position;
}

describe('GET /v2/<name>/blobs/<digest>', () => {
  it.each([
    ['plain', false],
    ['secure', true],
  ])('gives slow clients every byte as it is, over %s connections, also where others leave', async (_, isSecure) => {
    const { target, open } = await serveBlob(isSecure);
    const leaving = open();
    leaving.on('error', () => {});
    leaving.write(get(target));
    await once(leaving, 'data');
    const pulls = Array.from({ length: CLIENTS }, () => pullSlowly(open(), target));
    leaving.destroy();
    expect(await Promise.all(pulls)).toEqual(Array(CLIENTS).fill(BYTES.length));
  });
});
