import { digestOf } from '@quinistry/oci-image';
import { Hono } from 'hono';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startServer } from './node-server.js';
import { bytesOf, PushClient } from './testing/push-client.js';
import { requestText, startPushServer } from './testing/push-server.js';
import { answersOf, exchangeRaw, openRaw, readToEnd } from './testing/raw-connection.js';

const CLOSE = 'Connection: close';
const BYTES = bytesOf('0123456789abcdef');
const DIGEST = digestOf(BYTES);
const MANIFEST = '/v2/team/app/manifests/v1';
const UPLOADS = '/v2/team/app/blobs/uploads/';
/** More than any buffer on the way holds, and more than the adapter reads of what nobody wants. */
const ENDLESS_BYTES = 10 ** 12;

describe('a push over a connection', () => {
  it.each([
    ['with Content-Length', [`Content-Length: 16`], '0123456789abcdef'],
    ['chunked', ['Transfer-Encoding: chunked'], '8\r\n01234567\r\n8\r\n89abcdef\r\n0\r\n\r\n'],
    ['after 100 Continue', ['Content-Length: 16', 'Expect: 100-continue'], '0123456789abcdef'],
  ])('arrives %s', async (_how, headers, body) => {
    const { port, client } = await startPushServer();
    const head = requestText('POST', `${UPLOADS}?digest=${DIGEST}`, CLOSE, ...headers);
    const answers = await exchangeRaw(port, head + body);
    expect(answers.at(-1)?.status).toBe(201);
    expect(await client.store.statBlob('team/app', DIGEST)).toMatchObject({ size: 16 });
  });

  it('counts what was received', async () => {
    const { send, responses } = await startPushServer();
    await send('POST', `${UPLOADS}?digest=${DIGEST}`, { body: BYTES });
    await vi.waitFor(() => expect(responses).toMatchObject([{ status: 201, receivedBytes: 16, kind: 'upload' }]));
  });

  it('arrives where the registry is a part of another application', async () => {
    const client = new PushClient();
    const app = new Hono();
    app.mount('/', client.registry.fetch);
    const server = await startServer({ registry: { fetch: (request, env) => app.fetch(request, env) } });
    onTestFinished(() => server.close({ timeoutMs: 0 }));
    const blob = new Uint8Array(3_000_000).map((_, index) => index % 251);
    const url = `http://127.0.0.1:${server.port}${UPLOADS}?digest=${digestOf(blob)}`;
    expect((await fetch(url, { method: 'POST', body: blob })).status).toBe(201);
  });

  it('serves the next request of the connection after it was refused', async () => {
    const { port } = await startPushServer();
    const refused = `${requestText('PUT', MANIFEST, 'Content-Length: 2')}{}`;
    const answers = await exchangeRaw(port, refused + requestText('GET', '/v2/', CLOSE));
    expect(answers.map(({ status }) => status)).toEqual([400, 200]);
  });
});

describe('a body that is shorter than announced', () => {
  it('is kept as far as it came, and the upload goes on from there', async () => {
    const { port, client, send, responses } = await startPushServer();
    const location = await client.startUpload('team/app');
    const socket = await openRaw(port, `${requestText('PATCH', location, 'Content-Length: 16')}01234`);
    const range = async () => (await send('GET', location)).headers.get('Range');
    await vi.waitFor(async () => expect(await range()).toBe('0-4'));
    socket.destroy();
    await vi.waitFor(() => expect(responses.some(({ method }) => method === 'PATCH')).toBe(true));
    expect(client.errors).toEqual([]);
    const rest = { body: BYTES.slice(5), headers: { 'Content-Range': '5-15' } };
    expect((await send('PUT', `${location}?digest=${DIGEST}`, rest)).status).toBe(201);
  });

  it('makes no manifest', async () => {
    const { port, client } = await startPushServer();
    const socket = await openRaw(port, `${requestText('PUT', MANIFEST, 'Content-Length: 50')}{"mediaType":"a/b"}`);
    socket.end();
    await readToEnd(socket);
    expect(await client.store.listRepositories({ limit: 1 })).toEqual([]);
    expect(client.errors).toEqual([]);
  });

  it('is kept where the chunked encoding breaks', async () => {
    const { port, client, send } = await startPushServer();
    const location = await client.startUpload('team/app');
    const head = requestText('PATCH', location, 'Transfer-Encoding: chunked');
    await exchangeRaw(port, `${head}5\r\n01234\r\nnot a length\r\n`);
    await vi.waitFor(async () => expect((await send('GET', location)).headers.get('Range')).toBe('0-4'));
    expect(client.errors).toEqual([]);
  });
});

describe('a body above the limit', () => {
  const limits = { maxBlobBytes: 1000, maxManifestBytes: 1000 };

  it.each([
    ['a manifest', 'PUT', MANIFEST],
    ['a blob in one request', 'POST', `${UPLOADS}?digest=${DIGEST}`],
  ])('is answered with 413 before it is read, and the connection ends: %s', async (_what, method, target) => {
    const { port, responses } = await startPushServer({ limits });
    const head = requestText(method, target, `Content-Length: ${ENDLESS_BYTES}`);
    const answers = await exchangeRaw(port, head);
    expect(answers.map(({ status }) => status)).toEqual([413]);
    expect(responses).toMatchObject([{ status: 413, receivedBytes: 0 }]);
  });

  it.each([
    ['a manifest', 'PUT', MANIFEST],
    ['a blob in one request', 'POST', `${UPLOADS}?digest=${DIGEST}`],
    ['a chunk', 'PATCH', ''],
  ])('is answered with 413 when it is too much, and the connection ends: %s', async (_what, method, target) => {
    const { port, client } = await startPushServer({ limits });
    const where = target || (await client.startUpload('team/app'));
    const socket = await openRaw(port, requestText(method, where, 'Transfer-Encoding: chunked'));
    const chunk = `${(500).toString(16)}\r\n${'x'.repeat(500)}\r\n`;
    const drip = setInterval(() => socket.write(chunk), 1); // never ends by itself
    const answers = answersOf(await readToEnd(socket));
    clearInterval(drip);
    expect(answers.map(({ status }) => status)).toEqual([413]);
  });
});

describe('bad HTTP around a push', () => {
  it.each([
    ['two Content-Lengths', 'Content-Length: 16', 'Content-Length: 5'],
    ['Content-Length with Transfer-Encoding', 'Content-Length: 16', 'Transfer-Encoding: chunked'],
    ['a transfer coding that is not chunked', 'Transfer-Encoding: gzip'],
    ['a negative length', 'Content-Length: -1'],
  ])('is answered with 400 or not at all, and nothing is kept: %s', async (_what, ...headers) => {
    const { port, client } = await startPushServer();
    const head = requestText('POST', `${UPLOADS}?digest=${DIGEST}`, ...headers);
    const answers = await exchangeRaw(port, `${head}0123456789abcdef`);
    expect(answers.filter(({ status }) => status !== 400)).toEqual([]);
    expect(await client.store.statBlob('team/app', DIGEST)).toBeUndefined();
  });
});

describe('a slow push', () => {
  it('blocks nobody, not even on the same upload', async () => {
    const { port, client, send } = await startPushServer();
    const location = await client.startUpload('team/app');
    const slow = await openRaw(port, `${requestText('PATCH', location, 'Content-Length: 16')}01`);
    await vi.waitFor(async () => expect((await send('GET', location)).headers.get('Range')).toBe('0-1'));
    const busy = await send('PATCH', location, { body: BYTES });
    expect([busy.status, busy.headers.get('Location')]).toEqual([409, location]);
    expect((await send('POST', `${UPLOADS}?digest=${DIGEST}`, { body: BYTES })).status).toBe(201);
    slow.write('23456789abcdef');
    await vi.waitFor(async () => expect((await send('GET', location)).headers.get('Range')).toBe('0-15'));
    slow.destroy();
  });
});
