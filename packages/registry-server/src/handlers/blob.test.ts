import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRegistry } from '../registry.js';
import {
  createFixtureStorage,
  EMPTY_DIGEST,
  LAYER_BYTES,
  LAYER_DIGEST,
  PRIVATE_DIGEST,
  UNKNOWN_DIGEST,
} from '../testing/fixture-storage.js';
import { PushClient } from '../testing/push-client.js';

const registry = createRegistry({ storage: createFixtureStorage() });

async function get(digest: string, headers: Record<string, string> = {}, repository = 'demo/app'): Promise<Response> {
  return registry.fetch(new Request(`http://registry.test/v2/${repository}/blobs/${digest}`, { headers }));
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

describe('GET /v2/<name>/blobs/<digest>', () => {
  it('gives the bytes as bytes, with length and digest', async () => {
    const response = await get(LAYER_DIGEST);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toEqual({
      'accept-ranges': 'bytes',
      'cache-control': 'max-age=31536000, immutable',
      'content-length': '2000',
      'content-type': 'application/octet-stream',
      'docker-content-digest': LAYER_DIGEST,
      etag: `"${LAYER_DIGEST}"`,
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.any(String),
    });
    expect(await bytesOf(response)).toEqual(LAYER_BYTES);
  });

  it('gives an empty blob', async () => {
    const response = await get(EMPTY_DIGEST);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Length')).toBe('0');
    expect(await bytesOf(response)).toHaveLength(0);
  });

  it('answers 404 BLOB_UNKNOWN for what no repository holds', async () => {
    const response = await get(UNKNOWN_DIGEST);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ errors: [{ code: 'BLOB_UNKNOWN' }] });
  });

  it('answers 404 for a blob that another repository holds (zot, CVE-2024-39897)', async () => {
    expect((await get(PRIVATE_DIGEST, {}, 'other/private')).status).toBe(200);
    expect((await get(PRIVATE_DIGEST)).status).toBe(404);
  });

  it('answers 304 without a body to a client that has it, with or without a range', async () => {
    const headers = { 'If-None-Match': `"${LAYER_DIGEST}"` };
    for (const response of [
      await get(LAYER_DIGEST, headers),
      await get(LAYER_DIGEST, { ...headers, Range: 'bytes=0-9' }),
    ]) {
      expect(response.status).toBe(304);
      expect(await response.text()).toBe('');
    }
  });
});

describe('GET /v2/<name>/blobs/<digest> with Range', () => {
  it.each([
    ['bytes=500-1499', 500, 1500],
    ['bytes=500-', 500, 2000],
    ['bytes=-500', 1500, 2000],
    ['bytes=1500-9999', 1500, 2000],
    ['bytes=0-0', 0, 1],
  ])('answers %s with 206 and that part', async (range, start, end) => {
    const response = await get(LAYER_DIGEST, { Range: range });
    expect(response.status).toBe(206);
    expect(response.headers.get('Content-Range')).toBe(`bytes ${start}-${end - 1}/2000`);
    expect(response.headers.get('Content-Length')).toBe(String(end - start));
    expect(await bytesOf(response)).toEqual(LAYER_BYTES.subarray(start, end));
  });

  it.each(['bytes=2000-', 'bytes=500-0', 'bytes=-0'])('answers %s with 416 and the size', async (range) => {
    const response = await get(LAYER_DIGEST, { Range: range });
    expect(response.status).toBe(416);
    expect(response.headers.get('Content-Range')).toBe('bytes */2000');
    expect(await response.json()).toMatchObject({ errors: [{ code: 'RANGE_INVALID' }] });
  });

  it.each(['bytes=0-1,5-6', 'lines=0-1', 'bytes=x'])('ignores %s', async (range) => {
    const response = await get(LAYER_DIGEST, { Range: range });
    expect(response.status).toBe(200);
    expect(await bytesOf(response)).toEqual(LAYER_BYTES);
  });

  it('heeds the range where If-Range names this content, and sends the whole where it does not', async () => {
    const Range = 'bytes=5-';
    expect((await get(LAYER_DIGEST, { Range, 'If-Range': `"${LAYER_DIGEST}"` })).status).toBe(206);
    expect((await get(LAYER_DIGEST, { Range, 'If-Range': `"${UNKNOWN_DIGEST}"` })).status).toBe(200);
  });

  it('gives parts that make up the whole, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1999 }), async (middle) => {
        const first = await bytesOf(await get(LAYER_DIGEST, { Range: `bytes=0-${middle - 1}` }));
        const rest = await bytesOf(await get(LAYER_DIGEST, { Range: `bytes=${middle}-` }));
        expect(Buffer.concat([first, rest]).equals(LAYER_BYTES)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

describe('HEAD /v2/<name>/blobs/<digest>', () => {
  it('tells of the whole, whatever the range, and reads nothing', async () => {
    const storage = createFixtureStorage({
      openBlob: () => {
        throw new Error('opened');
      },
    });
    const request = new Request(`http://registry.test/v2/demo/app/blobs/${LAYER_DIGEST}`, {
      method: 'HEAD',
      headers: { Range: 'bytes=0-9' },
    });
    const response = await createRegistry({ storage }).fetch(request);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Length')).toBe('2000');
  });
});

describe('DELETE /v2/<name>/blobs/<digest>', () => {
  it('takes the blob away at once, in this repository alone', async () => {
    const client = new PushClient();
    const { digest } = await client.pushBlob('team/app', 'layer');
    await client.pushBlob('team/other', 'layer');
    expect((await client.send('DELETE', `/v2/team/app/blobs/${digest}`)).status).toBe(202);
    expect((await client.send('HEAD', `/v2/team/app/blobs/${digest}`)).status).toBe(404);
    expect((await client.send('HEAD', `/v2/team/other/blobs/${digest}`)).status).toBe(200);
    expect((await client.send('DELETE', `/v2/team/app/blobs/${digest}`)).status).toBe(404);
    expect(client.events.at(-1)).toMatchObject({ action: 'delete', kind: 'blob', repository: 'team/app', digest });
  });

  it('is answered with 405 where deletes are off', async () => {
    const client = new PushClient({ deletes: false });
    const { digest } = await client.pushBlob('team/app', 'layer');
    expect((await client.send('DELETE', `/v2/team/app/blobs/${digest}`)).status).toBe(405);
    expect((await client.send('HEAD', `/v2/team/app/blobs/${digest}`)).status).toBe(200);
  });
});
