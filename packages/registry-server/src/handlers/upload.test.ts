import { digestOf } from '@quinistry/oci-image';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResponseEvent } from '../response-event.js';
import { createMemoryStore } from '../storage/memory/memory-store.js';
import { StorageError } from '../storage/storage-error.js';
import { bytesOf, errorCodes, PushClient } from '../testing/push-client.js';

const BYTES = bytesOf('0123456789abcdef');
const DIGEST = digestOf(BYTES);

/** Sends `bytes`, then fails as a connection does that is gone. */
function breakingAfter(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) controller.error(new Error('ECONNRESET'));
      else controller.enqueue(bytes);
      sent = true;
    },
  });
}

describe('PATCH /v2/<name>/blobs/uploads/<id>', () => {
  it('takes the rest of the bytes where no range is announced, as docker sends them', async () => {
    const client = new PushClient();
    const location = await client.startUpload('team/app');
    const response = await client.send('PATCH', location, { body: new Blob([BYTES]).stream() });
    expect(response.status).toBe(202);
    expect(response.headers.get('Range')).toBe('0-15');
    expect(response.headers.get('Location')).toBe(location);
  });

  it('takes chunks in order, and gives the whole, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: 15 }), { maxLength: 5 }), async (cuts) => {
        const client = new PushClient();
        const location = await client.startUpload('team/app');
        const ends = [...cuts.sort((a, b) => a - b), BYTES.byteLength];
        let start = 0;
        for (const end of ends) {
          const headers = { 'Content-Range': `${start}-${end - 1}` };
          const response = await client.send('PATCH', location, { body: BYTES.slice(start, end), headers });
          expect([response.status, response.headers.get('Range')]).toEqual([202, `0-${end - 1}`]);
          start = end;
        }
        expect((await client.send('PUT', `${location}?digest=${DIGEST}`)).status).toBe(201);
      }),
      { numRuns: 20 },
    );
  });

  it.each(['8-15', '0-3', '3-6', 'x', '4--1', '5-4'])(
    'answers 416 to a chunk at %s where 4 bytes are there; the session lives on',
    async (range) => {
      const client = new PushClient();
      const location = await client.startUpload('team/app');
      await client.send('PATCH', location, { body: BYTES.slice(0, 4) });
      const response = await client.send('PATCH', location, {
        body: BYTES.slice(4, 8),
        headers: { 'Content-Range': range },
      });
      expect(response.status).toBe(416);
      expect(response.headers.get('Location')).toBe(location);
      expect(response.headers.get('Range')).toBe('0-3');
      expect(await errorCodes(response)).toEqual(['RANGE_INVALID']);
      const rest = { body: BYTES.slice(4), headers: { 'Content-Range': '4-15' } };
      expect((await client.send('PATCH', location, rest)).status).toBe(202);
    },
  );

  it('answers 400 SIZE_INVALID to a chunk that is not as long as its range, and tells how far it is', async () => {
    const client = new PushClient();
    const location = await client.startUpload('team/app');
    const announced = { 'Content-Range': '0-9' };
    const stream = new Blob([BYTES.slice(0, 4)]).stream();
    const response = await client.send('PATCH', location, { body: stream, headers: announced });
    expect([response.status, response.headers.get('Range')]).toEqual([400, '0-3']);
    expect(await errorCodes(response)).toEqual(['SIZE_INVALID']);
  });

  it('keeps what came of a body that broke off, and goes on from there', async () => {
    const told: ResponseEvent[] = [];
    const client = new PushClient({ onResponse: (event) => told.push(event) });
    const location = await client.startUpload('team/app');
    const broken = await client.send('PATCH', location, { body: breakingAfter(BYTES.slice(0, 5)) });
    expect(broken.status).toBe(400);
    expect(client.errors).toEqual([]);
    expect(told.at(-1)).toMatchObject({ complete: false, receivedBytes: 5, bytes: 0 }); // nobody reads the answer
    expect((await client.send('GET', location)).headers.get('Range')).toBe('0-4');
    const rest = { body: BYTES.slice(5), headers: { 'Content-Range': '5-15' } };
    expect((await client.send('PUT', `${location}?digest=${DIGEST}`, rest)).status).toBe(201);
  });

  it('answers 413 above the limit on blobs', async () => {
    const client = new PushClient({ limits: { maxBlobBytes: 8 } });
    const location = await client.startUpload('team/app');
    expect((await client.send('PATCH', location, { body: BYTES.slice(0, 6) })).status).toBe(202);
    expect((await client.send('PATCH', location, { body: BYTES.slice(6) })).status).toBe(413);
  });

  it('answers 409 with Location and Range while another request writes, which regctl goes on from', async () => {
    const storage = createMemoryStore();
    const client = new PushClient({ storage });
    const location = await client.startUpload('team/app');
    storage.appendUpload = () => Promise.reject(new StorageError('UPLOAD_BUSY', 'busy'));
    const response = await client.send('PATCH', location, { body: BYTES });
    expect(response.status).toBe(409);
    expect(response.headers.get('Location')).toBe(location);
    expect(response.headers.get('Retry-After')).toBe('1');
  });
});

describe('GET /v2/<name>/blobs/uploads/<id>', () => {
  it.each(['', `?digest=${DIGEST}`])('tells how far it is, with a query or without: %s', async (query) => {
    const client = new PushClient();
    const location = await client.startUpload('team/app');
    await client.send('PATCH', location, { body: BYTES });
    const response = await client.send('GET', location + query);
    expect(response.status).toBe(204);
    expect(response.headers.get('Range')).toBe('0-15');
    expect(response.headers.get('Location')).toBe(location);
  });
});

describe('a session that is not the caller’s', () => {
  it.each(['GET', 'PATCH', 'PUT', 'DELETE'])('is answered with 404 BLOB_UPLOAD_UNKNOWN: %s', async (method) => {
    const client = new PushClient();
    const own = await client.startUpload('team/app');
    const others = [own.replace('team/app', 'team/other'), '/v2/team/app/blobs/uploads/guessed', `${own}x`];
    for (const location of others) {
      const response = await client.send(method, `${location}?digest=${DIGEST}`);
      expect(response.status).toBe(404);
      expect(await errorCodes(response)).toEqual(['BLOB_UPLOAD_UNKNOWN']);
    }
  });
});

describe('PUT /v2/<name>/blobs/uploads/<id>?digest=', () => {
  it.each([
    ['all bytes', 0],
    ['a last chunk', 9],
    ['no bytes', 16],
  ])('seals the blob with %s', async (_what, start) => {
    const client = new PushClient();
    const location = await client.startUpload('team/app');
    if (start > 0) await client.send('PATCH', location, { body: BYTES.slice(0, start) });
    const response = await client.send('PUT', `${location}?digest=${DIGEST}`, { body: BYTES.slice(start) });
    expect(response.status).toBe(201);
    expect(response.headers.get('Docker-Content-Digest')).toBe(DIGEST);
    const pulled = await client.send('GET', response.headers.get('Location') ?? '');
    expect(new Uint8Array(await pulled.arrayBuffer())).toEqual(BYTES);
    expect((await client.send('GET', location)).status).toBe(404);
  });

  it('learns of sha512 only here', async () => {
    const client = new PushClient();
    const location = await client.startUpload('team/app');
    await client.send('PATCH', location, { body: BYTES });
    const digest = digestOf(BYTES, 'sha512');
    expect((await client.send('PUT', `${location}?digest=${digest}`)).status).toBe(201);
  });

  it('seals a blob without a byte', async () => {
    const client = new PushClient();
    const location = await client.startUpload('team/app');
    expect((await client.send('PUT', `${location}?digest=${digestOf(new Uint8Array())}`)).status).toBe(201);
  });

  it('answers 400 DIGEST_INVALID and keeps nothing when the bytes hash to another digest', async () => {
    const client = new PushClient();
    const location = await client.startUpload('team/app');
    const response = await client.send('PUT', `${location}?digest=${DIGEST}`, { body: 'other' });
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual(['DIGEST_INVALID']);
    expect((await client.send('GET', location)).status).toBe(404);
  });

  it.each(['', '?digest=', '?digest=sha256:00'])(
    'leaves the session as it is where there is no digest: %s',
    async (query) => {
      const client = new PushClient();
      const location = await client.startUpload('team/app');
      const response = await client.send('PUT', location + query, { body: BYTES });
      expect(response.status).toBe(400);
      expect((await client.send('PUT', `${location}?digest=${DIGEST}`, { body: BYTES })).status).toBe(201);
    },
  );

  it('answers 416 to a last chunk that does not go on from where the session is', async () => {
    const client = new PushClient();
    const location = await client.startUpload('team/app');
    const sent = { body: BYTES.slice(4), headers: { 'Content-Range': '4-15' } };
    const response = await client.send('PUT', `${location}?digest=${DIGEST}`, sent);
    expect([response.status, response.headers.get('Location')]).toEqual([416, location]);
  });
});

describe('DELETE /v2/<name>/blobs/uploads/<id>', () => {
  it('ends the session', async () => {
    const client = new PushClient({ deletes: false });
    const location = await client.startUpload('team/app');
    expect((await client.send('DELETE', location)).status).toBe(204);
    expect((await client.send('DELETE', location)).status).toBe(404);
  });
});
