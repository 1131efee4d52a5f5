import { digestOf } from '@quinistry/oci-image';
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../storage/memory/memory-store.js';
import { bytesOf, errorCodes, PushClient } from '../testing/push-client.js';

const BYTES = bytesOf('the bytes of a layer');
const DIGEST = digestOf(BYTES);
const UPLOADS = '/v2/team/app/blobs/uploads/';

describe('POST /v2/<name>/blobs/uploads/', () => {
  it.each(['', '?digest-algorithm=sha512', '?digest-algorithm=sha256'])(
    'begins a session: its Location is a path, and docker finds no 0--1%s',
    async (query) => {
      const response = await new PushClient().send('POST', UPLOADS + query);
      expect(response.status).toBe(202);
      const id = response.headers.get('Docker-Upload-UUID');
      expect(id).toMatch(/^[\w-]{16,}$/);
      expect(response.headers.get('Location')).toBe(UPLOADS + id);
      expect(response.headers.get('Range')).toBe('0-0');
    },
  );

  it.each(['?digest=sha256:../x', '?mount=sha256:00', '?digest=md5:00', '?digest-algorithm=md5', '?digest='])(
    'answers 400 DIGEST_INVALID to %s',
    async (query) => {
      const response = await new PushClient().send('POST', UPLOADS + query);
      expect(response.status).toBe(400);
      expect(await errorCodes(response)).toEqual(['DIGEST_INVALID']);
    },
  );

  it('answers 507 and tells the operator where the disk is full', async () => {
    const client = new PushClient({ storage: createMemoryStore({ maxBytes: 4 }) });
    const response = await client.send('POST', `${UPLOADS}?digest=${DIGEST}`, { body: BYTES });
    expect(response.status).toBe(507);
    expect(await errorCodes(response)).toEqual(['UNAVAILABLE']);
    expect(client.errors).toEqual([expect.objectContaining({ code: 'NO_SPACE' })]);
  });

  it('answers 500 where the store fails, and tells why to the operator alone', async () => {
    const storage = createMemoryStore();
    const failure = new Error('secret path');
    storage.createUpload = () => Promise.reject(failure);
    const client = new PushClient({ storage });
    const response = await client.send('POST', UPLOADS);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
    expect(client.errors).toEqual([failure]);
  });
});

describe('POST /v2/<name>/blobs/uploads/?digest=', () => {
  it.each([
    ['a blob', BYTES, 'sha256'],
    ['a blob under its sha512', BYTES, 'sha512'],
    ['a blob without a byte', new Uint8Array(), 'sha256'],
    ['the empty document', bytesOf('{}'), 'sha256'],
  ] as const)('takes %s in one request, and its Location can be pulled', async (_what, bytes, algorithm) => {
    const client = new PushClient();
    const digest = digestOf(bytes, algorithm);
    const response = await client.send('POST', `${UPLOADS}?digest=${digest}`, { body: bytes });
    expect(response.status).toBe(201);
    expect(response.headers.get('Docker-Content-Digest')).toBe(digest);
    const pulled = await client.send('GET', response.headers.get('Location') ?? '');
    expect(new Uint8Array(await pulled.arrayBuffer())).toEqual(Uint8Array.from(bytes));
    expect(client.events).toMatchObject([{ action: 'push', kind: 'blob', digest, size: bytes.byteLength }]);
  });

  it('answers 400 DIGEST_INVALID and keeps nothing when the bytes hash to another digest', async () => {
    const client = new PushClient({ limits: { maxUploads: 1 } });
    for (let attempt = 0; attempt < 2; attempt++) {
      const response = await client.send('POST', `${UPLOADS}?digest=${DIGEST}`, { body: 'other bytes' });
      expect(response.status).toBe(400);
      expect(await errorCodes(response)).toEqual(['DIGEST_INVALID']);
    }
    expect(await client.store.statBlob('team/app', DIGEST)).toBeUndefined();
    expect(client.events).toEqual([]);
  });

  it.each([
    ['with Content-Length', BYTES],
    ['without', new Blob([BYTES]).stream()],
  ])('answers 413 above the limit, %s, and leaves no session', async (_how, body) => {
    const client = new PushClient({ limits: { maxBlobBytes: BYTES.byteLength - 1, maxUploads: 1 } });
    const response = await client.send('POST', `${UPLOADS}?digest=${DIGEST}`, { body });
    expect(response.status).toBe(413);
    expect(await errorCodes(response)).toEqual(['SIZE_INVALID']);
    expect((await client.send('POST', UPLOADS)).status).toBe(202);
  });
});

describe('POST /v2/<name>/blobs/uploads/?mount=', () => {
  it('makes a blob of another repository one of this one', async () => {
    const client = new PushClient();
    const { digest, size } = await client.pushBlob('base/os', 'shared');
    const response = await client.send('POST', `${UPLOADS}?mount=${digest}&from=base/os`);
    expect(response.status).toBe(201);
    expect(response.headers.get('Docker-Content-Digest')).toBe(digest);
    expect((await client.send('GET', response.headers.get('Location') ?? '')).status).toBe(200);
    expect(client.events.at(-1)).toMatchObject({ action: 'mount', repository: 'team/app', from: 'base/os', size });
  });

  it('finds a source by itself where none is named, as regctl asks', async () => {
    const client = new PushClient();
    const { digest } = await client.pushBlob('base/os', 'shared');
    expect((await client.send('POST', `${UPLOADS}?mount=${digest}`)).status).toBe(201);
  });

  it.each([`&from=base/empty`, '&from=../etc', '&from=UPPER', '', `&from=base/empty&digest=${DIGEST}`])(
    'falls back to a session that can be used where nothing is found%s',
    async (query) => {
      const client = new PushClient();
      const response = await client.send('POST', `${UPLOADS}?mount=${DIGEST}${query}`);
      expect(response.status).toBe(202);
      const location = response.headers.get('Location') ?? '';
      expect((await client.send('PUT', `${location}?digest=${DIGEST}`, { body: BYTES })).status).toBe(201);
    },
  );
});
