import { describe, expect, it } from 'vitest';
import type { AccessControl, Authentication, Identity, RegistryAction } from '../policy/access-control.js';
import { errorCodes, PushClient } from '../testing/push-client.js';

type Rights = Readonly<Record<string, readonly RegistryAction[]>>;

/** What accounts may do in which repository; the one without a name is anonymous. */
const ACCOUNTS: Readonly<Record<string, Rights>> = {
  '': { 'public/os': ['pull'] },
  alice: { '': ['catalog'], 'team/app': ['pull', 'push', 'delete'], 'public/os': ['pull'] },
  bob: { '': ['catalog'], 'team/app': ['pull', 'push'], 'public/os': ['pull'] },
  token: { 'team/app': ['pull'] },
};

function identityOf(name: string): Identity | undefined {
  const rights = ACCOUNTS[name];
  if (rights === undefined) return undefined;
  return {
    name: name || undefined,
    scoped: name === 'token',
    may: (action, repository = '') => rights[repository]?.includes(action) ?? false,
  };
}

function createAccess(more: Partial<AccessControl> = {}): AccessControl {
  return {
    asksForLogin: true,
    async authenticate({ authorization }): Promise<Authentication> {
      const identity = identityOf(authorization ?? '');
      return identity === undefined ? { refused: 'unauthorized' } : { identity };
    },
    challenge: (scopes) =>
      `Test ${scopes.map(({ repository, actions }) => `${repository}:${actions.join(',')}`).join(' ')}`,
    ...more,
  };
}

const as = (name: string) => ({ headers: { Authorization: name } });
const createClient = () => new PushClient({ access: createAccess() });

describe('GET /v2/ with access control', () => {
  it('answers 401 and a challenge without credentials, for docker sends them only then', async () => {
    const response = await createClient().send('GET', '/v2/');
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toBe('Test');
    expect(response.headers.get('Docker-Distribution-API-Version')).toBe('registry/2.0');
    expect(await errorCodes(response)).toEqual(['UNAUTHORIZED']);
  });

  it('answers 200 with good ones, or where no login is asked for', async () => {
    expect((await createClient().send('GET', '/v2/', as('bob'))).status).toBe(200);
    const open = new PushClient({ access: createAccess({ asksForLogin: false }) });
    expect((await open.send('GET', '/v2/')).status).toBe(200);
  });
});

describe('a right that is missing', () => {
  it.each([
    ['GET', '/v2/team/app/tags/list', 'team/app:pull'],
    ['GET', '/v2/team/app/manifests/v1', 'team/app:pull'],
    ['PUT', '/v2/team/app/manifests/v1', 'team/app:pull,push'],
    ['DELETE', '/v2/team/app/manifests/v1', 'team/app:delete'],
    ['POST', '/v2/team/app/blobs/uploads/', 'team/app:pull,push'],
    ['GET', '/v2/_catalog', 'undefined:catalog'],
  ])('is answered with 401 and what it takes, without credentials: %s %s', async (method, target, scope) => {
    const response = await createClient().send(method, target);
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toBe(`Test ${scope}`);
  });

  it('is answered with 403 DENIED to an account', async () => {
    const client = createClient();
    for (const [method, target] of [
      ['DELETE', '/v2/team/app/manifests/v1'],
      ['POST', '/v2/public/os/blobs/uploads/'],
    ] as const) {
      const response = await client.send(method, target, as('bob'));
      expect(response.status).toBe(403);
      expect(await errorCodes(response)).toEqual(['DENIED']);
    }
  });

  it('is answered with another challenge to a token, which may be exchanged for a better one', async () => {
    const response = await createClient().send('PUT', '/v2/team/app/manifests/v1', as('token'));
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toBe('Test team/app:pull,push');
  });
});

describe('bad credentials', () => {
  it('are answered with 401 where none would be needed as well', async () => {
    const client = createClient();
    for (const target of ['/v2/', '/v2/public/os/tags/list']) {
      expect((await client.send('GET', target, as('mallory'))).status).toBe(401);
    }
  });

  it('are answered with 429 where there were too many', async () => {
    const access = createAccess({ authenticate: async () => ({ refused: 'throttled', retryAfterSeconds: 7 }) });
    const response = await new PushClient({ access }).send('GET', '/v2/', as('mallory'));
    expect([response.status, response.headers.get('Retry-After')]).toEqual([429, '7']);
  });
});

describe('an access control that fails', () => {
  it('lets nobody in', async () => {
    const access = createAccess({ authenticate: () => Promise.reject(new Error('no such file')) });
    const client = new PushClient({ access });
    const response = await client.send('GET', '/v2/public/os/tags/list');
    expect(response.status).toBe(500);
    expect(client.errors).toHaveLength(1);
  });
});

describe('OPTIONS with access control', () => {
  it('asks for no login', async () => {
    const response = await createClient().send('OPTIONS', '/v2/team/app/manifests/v1');
    expect(response.status).toBe(204);
  });
});

describe('GET /v2/_catalog with access control', () => {
  it('shows only what the caller may pull, and pages on past the rest', async () => {
    const client = createClient();
    const seed = new PushClient({ storage: client.store });
    for (const name of ['a/secret', 'public/os', 'team/app', 'z/secret']) await seed.pushImage(name, 'v1');
    const seen: string[] = [];
    let target = '/v2/_catalog?n=1';
    for (let pages = 0; target !== ''; pages++) {
      expect(pages).toBeLessThan(5);
      const response = await client.send('GET', target, as('bob'));
      const { repositories } = (await response.json()) as { repositories: string[] };
      seen.push(...repositories);
      target = /<(.*)>/.exec(response.headers.get('Link') ?? '')?.[1] ?? '';
    }
    expect(seen).toEqual(['public/os', 'team/app']);
  });
});

describe('POST ?mount= with access control', () => {
  it('takes nothing from a repository that the caller may not read, named or not', async () => {
    const client = createClient();
    const seed = new PushClient({ storage: client.store });
    const secret = await seed.pushBlob('a/secret', 'secret');
    const open = await seed.pushBlob('public/os', 'open');
    const statuses = [];
    for (const query of [
      `${secret.digest}&from=a/secret`,
      secret.digest,
      open.digest,
      `${open.digest}&from=public/os`,
    ]) {
      const response = await client.send('POST', `/v2/team/app/blobs/uploads/?mount=${query}`, as('bob'));
      statuses.push(response.status);
    }
    expect(statuses).toEqual([202, 202, 201, 201]);
  });
});

describe('another account’s upload', () => {
  it.each(['GET', 'PATCH', 'PUT', 'DELETE'])('is answered with 404: %s', async (method) => {
    const client = createClient();
    const location = await client.startUpload('team/app', as('alice').headers);
    const response = await client.send(method, location, as('bob'));
    expect(response.status).toBe(404);
    expect(await errorCodes(response)).toEqual(['BLOB_UPLOAD_UNKNOWN']);
    expect((await client.send('GET', location, as('alice'))).status).toBe(204);
  });
});

describe('events with access control', () => {
  it('name the account and the request', async () => {
    const client = createClient();
    const location = await client.startUpload('team/app', as('alice').headers);
    const digest = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    const headers = { ...as('alice').headers, 'X-Request-Id': 'r-7' };
    const response = await client.send('PUT', `${location}?digest=${digest}`, { headers });
    expect(response.headers.get('X-Request-Id')).toBe('r-7');
    expect(client.events).toMatchObject([{ identity: 'alice', requestId: 'r-7', digest }]);
  });
});
