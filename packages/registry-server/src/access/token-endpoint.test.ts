import fc from 'fast-check';
import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { RegistryAction } from '../policy/access-control.js';
import { AccessRules } from './access-rule.js';
import type { LoginOutcome, PasswordCredentials } from './password-login.js';
import { generateSigningKey, type SigningKey } from './signing-key.js';
import { createTokenEndpoint } from './token-endpoint.js';
import { TokenIssuer } from './token-issuer.js';

const rules = new AccessRules([
  { repositories: ['public/**'], users: ['anonymous'], actions: ['pull'] },
  { repositories: ['team/**'], users: ['bob'], actions: ['pull', 'push'] },
  { repositories: ['**'], users: ['bob'], actions: ['catalog'] },
]);
const ORIGIN = 'http://registry.example';
const LOGIN = `Basic ${Buffer.from('bob:right').toString('base64')}`;

let key: SigningKey;
beforeAll(async () => {
  key = await generateSigningKey();
});

function setUp() {
  const check = vi.fn(
    async ({ name, password }: PasswordCredentials): Promise<LoginOutcome> =>
      password === 'slow'
        ? { kind: 'throttled', retryAfterSeconds: 7 }
        : { kind: name === 'bob' && password === 'right' ? 'accepted' : 'refused' },
  );
  const endpoint = createTokenEndpoint({
    issuer: new TokenIssuer(key, { issuer: 'auth', service: 'registry' }, 300),
    realm: 'a registry',
    check,
    allow: (account, action: RegistryAction, repository) => rules.allow(account, action, repository),
  });
  const get = (query: string, headers: Record<string, string> = {}) =>
    endpoint.fetch(new Request(`${ORIGIN}/token?${query}`, { headers }), '10.0.0.1');
  const post = (form: Record<string, string> | string, type = 'application/x-www-form-urlencoded') =>
    endpoint.fetch(
      new Request(`${ORIGIN}/token`, {
        method: 'POST',
        headers: { 'Content-Type': type },
        body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
      }),
      '10.0.0.1',
    );
  return { check, endpoint, get, post };
}

async function accessIn(response: Response): Promise<unknown> {
  expect(response.status).toBe(200);
  const { token } = (await response.json()) as { token: string };
  return decodeJwt(token).access;
}

describe('GET /token', () => {
  it('answers with the token under both of its names, when it was made out, and for how long', async () => {
    const response = await setUp().get('service=registry&scope=repository:team/app:pull&account=bob', {
      Authorization: LOGIN,
    });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const body = (await response.json()) as Record<string, string>;
    expect(body).toMatchObject({ expires_in: 300, token_type: 'Bearer', scope: 'repository:team/app:pull' });
    expect(body.access_token).toBe(body.token);
    expect(Number.isNaN(Date.parse(body.issued_at ?? ''))).toBe(false);
    const claims = decodeJwt(body.token ?? '');
    expect(claims).toMatchObject({ iss: 'auth', aud: 'registry', sub: 'bob' });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(300);
  });

  it('grants of what is asked for what the rules allow, and nothing that was not asked for', async () => {
    const { get } = setUp();
    const scopes = ['repository:team/app:pull,push,delete', 'repository:other/app:pull', 'registry:catalog:*', 'junk'];
    const query = scopes.map((scope) => `scope=${encodeURIComponent(scope)}`).join('&');
    expect(await accessIn(await get(query, { Authorization: LOGIN }))).toEqual([
      { type: 'repository', name: 'team/app', actions: ['pull', 'push'] },
      { type: 'registry', name: 'catalog', actions: ['*'] },
    ]);
    expect(await accessIn(await get('scope=repository:team/app:pull', { Authorization: LOGIN }))).toEqual([
      { type: 'repository', name: 'team/app', actions: ['pull'] },
    ]);
    expect(await accessIn(await get('', { Authorization: LOGIN }))).toEqual([]);
  });

  it('reads several scopes out of one parameter as well', async () => {
    const query = `scope=${encodeURIComponent('repository:team/a:pull repository:team/b:*')}`;
    expect(await accessIn(await setUp().get(query, { Authorization: LOGIN }))).toEqual([
      { type: 'repository', name: 'team/a', actions: ['pull'] },
      { type: 'repository', name: 'team/b', actions: ['pull', 'push'] },
    ]);
  });

  it('gives those without a login a token for what needs none', async () => {
    const { get, check } = setUp();
    const query = 'scope=repository:public/a:pull,push&scope=repository:team/app:pull';
    for (const headers of [{}, { Authorization: 'Basic Og==' }]) {
      expect(await accessIn(await get(query, headers))).toEqual([
        { type: 'repository', name: 'public/a', actions: ['pull'] },
      ]);
    }
    expect(check).not.toHaveBeenCalled();
  });

  it('answers 401 to a wrong password, also where no login would be needed', async () => {
    const { get, check } = setUp();
    const response = await get('scope=repository:public/a:pull', {
      Authorization: `Basic ${Buffer.from('bob:hunter2').toString('base64')}`,
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="a registry"');
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] });
    expect(text).not.toContain('hunter2');
    expect(check).toHaveBeenCalledWith({ name: 'bob', password: 'hunter2', address: '10.0.0.1' });
  });

  it('answers 401 to a token, which makes no further ones', async () => {
    for (const Authorization of ['Bearer abc', 'Negotiate abc', 'Basic ???']) {
      expect((await setUp().get('', { Authorization })).status).toBe(401);
    }
  });

  it('answers 429 with Retry-After to whoever guesses', async () => {
    const Authorization = `Basic ${Buffer.from('bob:slow').toString('base64')}`;
    const response = await setUp().get('', { Authorization });
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7']);
    expect(await response.json()).toMatchObject({ errors: [{ code: 'TOOMANYREQUESTS' }] });
  });

  it('answers 400 to another service, and to more scopes than fit into a header', async () => {
    const { get } = setUp();
    expect((await get('service=other')).status).toBe(400);
    const many = Array.from({ length: 400 }, (_, n) => `scope=repository:public/${n}:pull`).join('&');
    expect((await get(many)).status).toBe(400);
  });

  it('makes out tokens that fit into the headers that Node takes', async () => {
    const { get } = setUp();
    const scopes = Array.from({ length: 120 }, (_, n) => `repository:public/${n}:pull`);
    const response = await get(`scope=${encodeURIComponent(scopes.join(' '))}`);
    expect(response.status).toBe(200);
    const { token } = (await response.json()) as { token: string };
    expect(token.length).toBeLessThan(12 * 1024);
  });
});

describe('POST /token', () => {
  const grant = { grant_type: 'password', username: 'bob', password: 'right', service: 'registry', client_id: 'x' };

  it('answers a password grant like a GET', async () => {
    const scope = 'repository:team/app:pull,push repository:other/a:pull';
    const response = await setUp().post({ ...grant, scope, access_type: 'offline' });
    const body = (await response.clone().json()) as Record<string, unknown>;
    expect(body).toMatchObject({ token_type: 'Bearer', scope: 'repository:team/app:pull,push' });
    expect(body.refresh_token).toBeUndefined();
    expect(await accessIn(response)).toEqual([{ type: 'repository', name: 'team/app', actions: ['pull', 'push'] }]);
  });

  it('answers in the words of OAuth 2 where it refuses', async () => {
    const { post } = setUp();
    const refusals = [
      [{ ...grant, password: 'hunter2' }, 401, 'invalid_grant'],
      [{ ...grant, username: '' }, 401, 'invalid_grant'],
      [{ grant_type: 'password' }, 401, 'invalid_grant'],
      [{ ...grant, password: 'slow' }, 429, 'slow_down'],
      [{ grant_type: 'refresh_token', refresh_token: 'hunter2' }, 400, 'unsupported_grant_type'],
      [{}, 400, 'unsupported_grant_type'],
      [{ ...grant, service: 'other' }, 400, 'invalid_target'],
    ] as const;
    for (const [form, status, error] of refusals) {
      const response = await post(form);
      const text = await response.text();
      expect([response.status, JSON.parse(text)]).toEqual([status, { error, error_description: expect.any(String) }]);
      expect(text).not.toContain('hunter2');
    }
  });

  it('answers 400 to what is no form, and to one that has no end', async () => {
    const { post, endpoint } = setUp();
    expect((await post(JSON.stringify(grant), 'application/json')).status).toBe(400);
    expect((await post(`${new URLSearchParams(grant)}&x=${'a'.repeat(70_000)}`)).status).toBe(400);
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        controller.enqueue(new Uint8Array(1024).fill(0x61));
      },
    });
    const request = new Request(`${ORIGIN}/token`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: endless,
      duplex: 'half',
    });
    expect((await endpoint.fetch(request)).status).toBe(400);
    expect(sent).toBeLessThan(100);
  });
});

describe('PUT /token', () => {
  it('answers 405 and tells what is allowed', async () => {
    const response = await setUp().endpoint.fetch(new Request(`${ORIGIN}/token`, { method: 'PUT' }));
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST']);
  });
});

describe('createTokenEndpoint', () => {
  it('answers below 500 whatever the query, the form and the header are', async () => {
    const { get, post } = setUp();
    const header = fc.string().map((text) => `Basic ${Buffer.from(text).toString('base64')}`);
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.webQueryParameters(), header, async (form, query, Authorization) => {
        expect((await get(query, { Authorization })).status).toBeLessThan(500);
        expect((await post(form)).status).toBeLessThan(500);
        expect((await post(`grant_type=password&${form}`)).status).toBeLessThan(500);
      }),
    );
  });
});
