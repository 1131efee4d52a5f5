import { describe, expect, it } from 'vitest';
import type { AccessControl } from './policy/access-control.js';
import { createLayeredStore } from './storage/layered-storage.js';
import { createMemoryStore } from './storage/memory/memory-store.js';
import { createFixtureStorage } from './testing/fixture-storage.js';
import { errorCodes, PushClient, type PushClientOptions } from './testing/push-client.js';

const UI = 'https://ui.example.org';

describe('X-Request-Id', () => {
  it('is that of the request in answer, events and failures, or one of its own', async () => {
    const seen: unknown[] = [];
    const client = new PushClient({
      onResponse: ({ requestId }) => seen.push(requestId),
      onError: (_error, { requestId }) => seen.push(requestId),
    });
    const headers = { 'X-Request-Id': 'from-a-proxy' };
    client.store.listTags = () => Promise.reject(new Error('disk'));
    const response = await client.send('GET', '/v2/team/app/tags/list', { headers });
    expect(response.headers.get('X-Request-Id')).toBe('from-a-proxy');
    expect(seen).toEqual(['from-a-proxy', 'from-a-proxy']);
    const other = await client.send('GET', '/v2/');
    expect(other.headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('trustedProxies', () => {
  const ALICE = '203.0.113.7';
  const headers = { 'X-Forwarded-For': ALICE, 'X-Forwarded-Proto': 'https' };

  /** Sends a request from 10.0.0.1, and tells which address the event and the access control get, and which origin. */
  async function observe(options: PushClientOptions) {
    const seen: unknown[] = [];
    const access: AccessControl = {
      asksForLogin: true,
      authenticate: async ({ address }) => {
        seen.push(address);
        return { identity: { name: undefined, may: () => true } };
      },
      challenge: (_scopes, { origin } = {}) => `Test ${origin}`,
    };
    const client = new PushClient({ access, onResponse: ({ remoteAddress }) => seen.push(remoteAddress), ...options });
    const response = await client.send('GET', '/v2/', { headers, peer: '10.0.0.1' });
    return [...seen, response.headers.get('WWW-Authenticate')];
  }

  it('says whose word on the client counts, for events, logins and challenges', async () => {
    const trusting = await observe({ trustedProxies: ['10.0.0.0/8'] });
    expect(trusting).toEqual([ALICE, ALICE, 'Test https://registry.test']);
  });

  it('lets nobody say who it is, where it is left out or names others', async () => {
    for (const options of [{}, { trustedProxies: [] }, { trustedProxies: ['10.0.0.2'] }]) {
      expect(await observe(options)).toEqual(['10.0.0.1', '10.0.0.1', 'Test http://registry.test']);
    }
  });
});

describe('cors', () => {
  it('gives leave in answers and preflights, and names Origin beside what else an answer varies by', async () => {
    const client = new PushClient({ cors: { origins: [UI] } });
    await client.pushImage('team/app', 'v1');
    const target = '/v2/team/app/manifests/v1';
    const pulled = await client.send('GET', target, { headers: { Origin: UI } });
    expect(pulled.headers.get('Access-Control-Allow-Origin')).toBe(UI);
    expect(pulled.headers.get('Vary')).toBe('Accept, Origin');
    const preflight = await client.send('OPTIONS', target, {
      headers: { Origin: UI, 'Access-Control-Request-Method': 'PUT' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('Access-Control-Allow-Methods')).toContain('PUT');
  });

  it('says nothing without it, and gives other origins no leave', async () => {
    const headers = { Origin: 'https://evil.example' };
    for (const client of [new PushClient(), new PushClient({ cors: { origins: [UI] } })]) {
      const response = await client.send('GET', '/v2/', { headers });
      expect(response.headers.has('Access-Control-Allow-Origin')).toBe(false);
    }
  });
});

describe('onEvent', () => {
  it('cannot undo a push by failing', async () => {
    const failure = new Error('webhook');
    const client = new PushClient({
      onEvent: () => {
        throw failure;
      },
    });
    const { digest } = await client.pushBlob('team/app', 'layer');
    expect((await client.send('HEAD', `/v2/team/app/blobs/${digest}`)).status).toBe(200);
    expect(client.errors).toEqual([failure]);
  });
});

describe('an answer without a body', () => {
  it('says so, where HTTP lets it', async () => {
    const client = new PushClient();
    const begun = await client.send('POST', '/v2/team/app/blobs/uploads/');
    expect(begun.headers.get('Content-Length')).toBe('0');
    const told = await client.send('GET', begun.headers.get('Location') ?? '');
    expect(told.headers.has('Content-Length')).toBe(false);
  });
});

describe('a repository that is made here', () => {
  it('is listed and pulled beside what is pushed, and answers a push with 403 DENIED', async () => {
    const overlay = { repositories: ['demo/app'], storage: createFixtureStorage() };
    const client = new PushClient({ storage: createLayeredStore(overlay, createMemoryStore()) });
    await client.pushImage('a/first', 'v1');
    expect(await (await client.send('GET', '/v2/_catalog?n=2')).json()).toEqual({
      repositories: ['a/first', 'demo/app'],
    });
    expect((await client.send('GET', '/v2/demo/app/manifests/latest')).status).toBe(200);
    for (const [method, target] of [
      ['POST', '/v2/demo/app/blobs/uploads/'],
      ['DELETE', '/v2/demo/app/manifests/latest'],
    ] as const) {
      const response = await client.send(method, target);
      expect(response.status).toBe(403);
      expect(await errorCodes(response)).toEqual(['DENIED']);
    }
  });
});
