import { MEDIA_TYPES, wireErrorSchema } from '@quinistry/oci-image/spec';
import fc from 'fast-check';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { createRegistry } from './registry.js';
import type { ResponseEvent } from './response-event.js';
import {
  CONFIG_DIGEST,
  createFixtureStorage,
  DOCKER_MANIFEST,
  LAYER_BYTES,
  LAYER_DIGEST,
} from './testing/fixture-storage.js';

const registry = createRegistry({ storage: createFixtureStorage() });

function request(target: string, init?: RequestInit): Request {
  return new Request(`http://registry.test${target}`, init);
}

/** A request as it is under Node, where the raw target is at hand. */
async function fetchRaw(url: string, init?: RequestInit): Promise<Response> {
  return registry.fetch(request('/', init), { incoming: { url } });
}

async function errorCode(response: Response): Promise<string | undefined> {
  expect(response.headers.get('Content-Type')).toBe('application/json');
  return wireErrorSchema.parse(await response.json()).errors[0]?.code;
}

describe('GET /', () => {
  it('says what this is', async () => {
    const response = await registry.fetch(request('/'));
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('registry');
  });
});

describe('GET /v2/', () => {
  it.each(['/v2/', '/v2'])('acknowledges the protocol at %s', async (target) => {
    const response = await registry.fetch(request(target));
    expect(response.status).toBe(200);
    expect(response.headers.get('Docker-Distribution-API-Version')).toBe('registry/2.0');
  });

  it('answers while the store is not ready yet', async () => {
    const never = new Promise<never>(() => {});
    const storage = createFixtureStorage({ resolveTag: () => never, listRepositories: () => never });
    const response = await createRegistry({ storage }).fetch(request('/v2/'));
    expect(response.status).toBe(200);
  });
});

describe('an unknown target', () => {
  it.each(['/favicon.ico', '/v1/_ping', '/v2/demo/app', '/v2/demo/app/manifests/'])(
    'is answered with 404 and a JSON error: %s',
    async (target) => {
      const response = await registry.fetch(request(target));
      expect(response.status).toBe(404);
      expect(await errorCode(response)).toBe('UNSUPPORTED');
    },
  );

  it('is judged as it came over the wire', async () => {
    const response = await fetchRaw('/v2/demo/app/../app/manifests/latest');
    expect(response.status).toBe(400);
    expect(await errorCode(response)).toBe('NAME_INVALID');
  });

  it('is answered with 400 DIGEST_INVALID where a digest is malformed', async () => {
    for (const word of ['manifests', 'blobs', 'referrers']) {
      const response = await fetchRaw(`/v2/demo/app/${word}/sha256:../x`);
      expect(response.status).toBe(400);
      expect(await errorCode(response)).toBe('DIGEST_INVALID');
    }
  });
});

describe('methods that push', () => {
  it.each([
    ['POST', '/v2/demo/app/blobs/uploads/', 'OPTIONS'],
    ['PATCH', '/v2/demo/app/blobs/uploads/1', 'OPTIONS'],
    ['PUT', '/v2/demo/app/manifests/latest', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/v2/demo/app/manifests/latest', 'GET, HEAD, OPTIONS'],
    ['DELETE', `/v2/demo/app/blobs/${LAYER_DIGEST}`, 'GET, HEAD, OPTIONS'],
    ['POST', '/v2/', 'GET, HEAD, OPTIONS'],
    ['QUERY', '/v2/', 'GET, HEAD, OPTIONS'],
  ])('are answered with 405 UNSUPPORTED: %s %s', async (method, target, allow) => {
    const response = await registry.fetch(request(target, { method }));
    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe(allow);
    expect(await errorCode(response)).toBe('UNSUPPORTED');
  });
});

describe('OPTIONS', () => {
  it('tells what is allowed and asks for no login', async () => {
    const response = await registry.fetch(request('/v2/demo/app/manifests/latest', { method: 'OPTIONS' }));
    expect(response.status).toBe(204);
    expect(response.headers.get('Allow')).toBe('GET, HEAD, OPTIONS');
    expect(response.headers.has('WWW-Authenticate')).toBe(false);
  });
});

describe('HEAD', () => {
  it.each([
    '/',
    '/v2/',
    '/v2/_catalog',
    '/v2/demo/app/tags/list',
    '/v2/demo/app/manifests/latest',
    `/v2/demo/app/manifests/${DOCKER_MANIFEST.digest}`,
    `/v2/demo/app/blobs/${LAYER_DIGEST}`,
    `/v2/demo/app/referrers/${LAYER_DIGEST}`,
    '/v2/demo/app/manifests/unknown',
    '/v2/UPPER/manifests/latest',
    '/unknown',
  ])('has status and headers of the GET, and no body: %s', async (target) => {
    const headers = { 'X-Request-Id': 'r-1' };
    const got = await registry.fetch(request(target, { headers }));
    const head = await registry.fetch(request(target, { method: 'HEAD', headers }));
    expect(head.status).toBe(got.status);
    expect([...head.headers]).toEqual([...got.headers]);
    expect(head.headers.get('Content-Length')).toBe(String((await got.arrayBuffer()).byteLength));
    expect(await head.text()).toBe('');
  });
});

describe('a store that fails', () => {
  const failure = new Error('secret path /var/lib/registry');
  const broken = {
    resolveTag: () => Promise.reject(failure),
    openBlob: () => {
      throw failure;
    },
  };

  it.each(['/v2/demo/app/manifests/latest', `/v2/demo/app/blobs/${LAYER_DIGEST}`])(
    'is answered with 500 UNKNOWN, and told to onError alone: %s',
    async (target) => {
      const errors: unknown[] = [];
      const response = await createRegistry({
        storage: createFixtureStorage(broken),
        onError: (error, context) => errors.push([error, context]),
      }).fetch(request(target));
      expect(response.status).toBe(500);
      expect(await response.clone().text()).not.toContain('secret');
      expect(await errorCode(response)).toBe('UNKNOWN');
      expect(errors).toEqual([[failure, { method: 'GET', target, requestId: expect.any(String) }]]);
    },
  );
});

describe('onResponse', () => {
  async function eventsOf(target: string, init?: RequestInit): Promise<ResponseEvent[]> {
    const events: ResponseEvent[] = [];
    const watched = createRegistry({ storage: createFixtureStorage(), onResponse: (event) => events.push(event) });
    const response = await watched.fetch(request(target, init));
    await response.arrayBuffer();
    return events;
  }

  it.each([
    ['/', 'root', undefined, undefined],
    ['/v2/', 'base', undefined, undefined],
    ['/v2/_catalog', 'catalog', undefined, undefined],
    ['/v2/demo/app/tags/list', 'tags', 'demo/app', undefined],
    ['/v2/demo/app/manifests/latest', 'manifest', 'demo/app', 'latest'],
    [`/v2/demo/app/manifests/${DOCKER_MANIFEST.digest}`, 'manifest', 'demo/app', DOCKER_MANIFEST.digest],
    [`/v2/demo/app/blobs/${CONFIG_DIGEST}`, 'config', 'demo/app', CONFIG_DIGEST],
    [`/v2/demo/app/blobs/${LAYER_DIGEST}`, 'layer', 'demo/app', LAYER_DIGEST],
    [`/v2/demo/app/referrers/${LAYER_DIGEST}`, 'referrers', 'demo/app', LAYER_DIGEST],
    ['/v2/demo/app/blobs/uploads/', 'upload', 'demo/app', undefined],
    ['/nowhere', 'unknown', undefined, undefined],
  ])('tells of %s as %s, once', async (target, kind, repository, reference) => {
    const events = await eventsOf(target);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ kind, method: 'GET', target, complete: true, durationMs: expect.any(Number) });
    expect(events[0]?.repository).toBe(repository);
    expect(events[0]?.reference).toBe(reference);
  });

  it('counts the bytes of the body', async () => {
    expect(await eventsOf('/v2/demo/app/manifests/latest')).toMatchObject([
      { status: 200, bytes: DOCKER_MANIFEST.bytes.byteLength },
    ]);
    expect(await eventsOf(`/v2/demo/app/blobs/${LAYER_DIGEST}`)).toMatchObject([{ status: 200, bytes: 2000 }]);
    const headers = { Range: 'bytes=0-9' };
    expect(await eventsOf(`/v2/demo/app/blobs/${LAYER_DIGEST}`, { headers })).toMatchObject([
      { status: 206, bytes: 10 },
    ]);
    const method = 'HEAD';
    expect(await eventsOf(`/v2/demo/app/blobs/${LAYER_DIGEST}`, { method })).toMatchObject([{ status: 200, bytes: 0 }]);
  });

  it('tells of a layer when its client has left, not when the answer began', async () => {
    const events: ResponseEvent[] = [];
    const watched = createRegistry({ storage: createFixtureStorage(), onResponse: (event) => events.push(event) });
    const response = await watched.fetch(request(`/v2/demo/app/blobs/${LAYER_DIGEST}`));
    expect(events).toEqual([]);
    await response.body?.cancel();
    expect(events).toMatchObject([{ kind: 'layer', status: 200, bytes: 0, complete: false }]);
  });
});

describe('createRegistry', () => {
  it('can be mounted in a Hono application', async () => {
    const app = new Hono();
    app.get('/health', (c) => c.text('fine'));
    app.mount('/', registry.fetch);
    expect(await (await app.request('/health')).text()).toBe('fine');
    const response = await app.request(`/v2/demo/app/blobs/${LAYER_DIGEST}`);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(LAYER_BYTES);
  });

  it('answers anything below 500', async () => {
    const method = fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE');
    const reference = fc.oneof(fc.string(), fc.constantFrom('latest', LAYER_DIGEST, CONFIG_DIGEST));
    const word = fc.constantFrom('manifests', 'blobs', 'tags', 'referrers', 'blobs/uploads');
    const query = fc.oneof(
      fc.constant(''),
      fc.string().map((text) => `?n=${text}&last=${text}&artifactType=${text}`),
    );
    const target = fc.oneof(
      fc.string(),
      fc.tuple(word, reference, query).map(([a, b, c]) => `/v2/demo/app/${a}/${b}${c}`),
      query.map((text) => `/v2/_catalog${text}`),
    );
    const value = fc.stringMatching(/^[ -~]*$/);
    const headers = fc.record(
      {
        Accept: value,
        Range: fc.oneof(
          value,
          value.map((text) => `bytes=${text}`),
        ),
        'If-None-Match': value,
        'If-Range': value,
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(target, method, headers, async (url, verb, sent) => {
        const response = await fetchRaw(url, { method: verb, headers: sent });
        await response.arrayBuffer();
        expect(response.status).toBeLessThan(500);
      }),
    );
  });

  it('serves the exact media type, to which no charset is added', async () => {
    const response = await registry.fetch(request('/v2/demo/app/manifests/latest'));
    expect(response.headers.get('Content-Type')).toBe(MEDIA_TYPES.docker.manifest);
  });
});
