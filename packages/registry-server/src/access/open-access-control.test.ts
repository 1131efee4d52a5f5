import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { hashSync } from 'bcryptjs';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Identity } from '../policy/access-control.js';
import type { RefusedCredentials } from './access-guard.js';
import { type AccessOptionsInput, accessOptionsSchema } from './access-options.js';
import { ANONYMOUS_PULL } from './access-rule.js';
import { FREE_FAILURES } from './login-throttle.js';
import { openAccessControl } from './open-access-control.js';

const ORIGIN = 'https://registry.example:5000';
const foreignKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let folder: string;
let htpasswd: string;
let keys: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'access-'));
  htpasswd = join(folder, 'htpasswd');
  keys = join(folder, 'keys.pem');
  await writeFile(htpasswd, `bob:${hashSync('right', 4)}\nci:${hashSync('robot', 4)}\n`);
  await writeFile(keys, foreignKey.publicKey.export({ type: 'spki', format: 'pem' }));
});
afterAll(() => rm(folder, { recursive: true }));

const basic = (name: string, password: string) => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

async function setUp(options: AccessOptionsInput) {
  const refused: RefusedCredentials[] = [];
  const errors: unknown[] = [];
  const { control, tokens } = await openAccessControl(accessOptionsSchema.parse(options), {
    onRefused: (event) => refused.push(event),
    onError: (error) => errors.push(error),
  });
  const show = (authorization: string | null) => control.authenticate({ authorization, address: '10.0.0.1' });
  const identify = async (authorization: string | null): Promise<Identity> => {
    const outcome = await show(authorization);
    if ('refused' in outcome) throw new Error(`refused: ${outcome.refused}`);
    return outcome.identity;
  };
  const fetchToken = async (scope: string, authorization?: string): Promise<string> => {
    const headers = authorization === undefined ? {} : { authorization };
    if (tokens === undefined) throw new Error('there is no token endpoint');
    const response = await tokens.fetch(new Request(`${ORIGIN}/token?scope=${scope}`, { headers }));
    const { token } = (await response.json()) as { token: string };
    return `Bearer ${token}`;
  };
  return { control, tokens, show, identify, fetchToken, refused, errors };
}

const pullScope = [{ repository: 'a/b', actions: ['pull'] }] as const;

describe('openAccessControl with accounts alone', () => {
  it('asks for Basic, lets accounts do everything and others nothing, and makes out no tokens', async () => {
    const { control, tokens, identify } = await setUp({ htpasswd });
    expect(control.asksForLogin).toBe(true);
    expect(control.challenge(pullScope, { origin: ORIGIN, error: 'invalid_token' })).toBe('Basic realm="quinistry"');
    expect(tokens).toBeUndefined();
    const bob = await identify(basic('bob', 'right'));
    expect(bob).toMatchObject({ name: 'bob' });
    expect(bob.scoped).not.toBe(true);
    expect(bob.may('delete', 'a/b')).toBe(true);
    expect(bob.may('catalog')).toBe(true);
    for (const authorization of [null, 'Basic Og==']) {
      const nobody = await identify(authorization);
      expect(nobody.name).toBeUndefined();
      expect(nobody.may('pull', 'a/b')).toBe(false);
    }
  });

  it('refuses wrong passwords, other schemes and tokens', async () => {
    const { show } = await setUp({ htpasswd });
    const wrong = [basic('bob', 'robot'), basic('eve', 'right'), basic('bob', ''), basic('', 'right')];
    for (const authorization of [...wrong, '', 'Basic', 'Bearer abc', 'Bearer', 'Digest x']) {
      expect(await show(authorization)).toEqual({ refused: 'unauthorized' });
    }
  });

  it('tells how long to stay away after too many failures', async () => {
    const { show } = await setUp({ htpasswd });
    for (let n = 0; n < FREE_FAILURES; n += 1) await show(basic('bob', `guess ${n}`));
    expect(await show(basic('bob', 'guess'))).toEqual({ refused: 'throttled', retryAfterSeconds: 1 });
  });
});

describe('openAccessControl with something that is free for all', () => {
  it('asks for Bearer, at the address that a request was sent to', async () => {
    const { control } = await setUp({ htpasswd, rules: ANONYMOUS_PULL });
    expect(control.challenge([], { origin: ORIGIN })).toBe(`Bearer realm="${ORIGIN}/token",service="quinistry"`);
    expect(
      control.challenge([{ repository: 'a/b', actions: ['pull', 'push'] }], {
        origin: ORIGIN,
        error: 'insufficient_scope',
      }),
    ).toBe(
      `Bearer realm="${ORIGIN}/token",service="quinistry",scope="repository:a/b:pull,push",error="insufficient_scope"`,
    );
  });

  it('takes its own tokens for what they were made out for, and for what needs no login', async () => {
    const { identify, fetchToken } = await setUp({ htpasswd, rules: ANONYMOUS_PULL });
    const bob = await identify(await fetchToken('repository:a/b:push', basic('bob', 'right')));
    expect(bob).toMatchObject({ name: 'bob', scoped: true });
    expect(bob.may('push', 'a/b')).toBe(true);
    expect(bob.may('delete', 'a/b')).toBe(false);
    expect(bob.may('push', 'a/c')).toBe(false);
    expect(bob.may('pull', 'a/c')).toBe(true);
    const nobody = await identify(await fetchToken('repository:a/b:pull,push'));
    expect(nobody).toMatchObject({ name: undefined, scoped: true });
    expect(nobody.may('push', 'a/b')).toBe(false);
  });

  it('shows a token for the catalog what its account may pull', async () => {
    const rules = [
      { users: 'authenticated', actions: 'catalog' },
      { users: 'bob', actions: 'pull', repositories: 'team/**' },
    ];
    const { identify, fetchToken } = await setUp({ htpasswd, rules, token: {} });
    const [bob, ci, nobody] = await Promise.all([
      fetchToken('registry:catalog:*', basic('bob', 'right')).then(identify),
      fetchToken('registry:catalog:*', basic('ci', 'robot')).then(identify),
      fetchToken('registry:catalog:*').then(identify),
    ]);
    expect([bob, ci, nobody].map((identity) => identity?.may('catalog'))).toEqual([true, true, false]);
    expect(bob?.may('pull', 'team/app')).toBe(false);
    expect([bob, ci].map((identity) => identity?.maySee?.('team/app'))).toEqual([true, false]);
  });

  it('goes on to take passwords, which clients send that were told them by hand', async () => {
    const { identify } = await setUp({ htpasswd, rules: ANONYMOUS_PULL });
    expect((await identify(basic('ci', 'robot'))).may('push', 'a/b')).toBe(true);
  });

  it('takes no token of another process that has a key of its own', async () => {
    const [one, other] = await Promise.all([0, 1].map(() => setUp({ htpasswd, token: {} })));
    const token = await one?.fetchToken('repository:a/b:pull', basic('bob', 'right'));
    expect(await one?.show(token ?? null)).toHaveProperty('identity');
    expect(await other?.show(token ?? null)).toEqual({ refused: 'unauthorized' });
  });

  it('shares tokens among processes that have the same signing key', async () => {
    const signingKey = join(folder, 'signing.pem');
    await writeFile(signingKey, foreignKey.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const options = { htpasswd, token: { signingKey, realm: 'https://auth.example/token', service: 'r' } };
    const [one, other] = await Promise.all([0, 1].map(() => setUp(options)));
    const token = await one?.fetchToken('repository:a/b:pull', basic('bob', 'right'));
    expect((await other?.identify(token ?? null))?.may('pull', 'a/b')).toBe(true);
    expect(other?.control.challenge([], { origin: ORIGIN })).toBe(
      'Bearer realm="https://auth.example/token",service="r"',
    );
  });
});

describe('openAccessControl with keys of another server', () => {
  const parties = { realm: 'https://auth.example/token', issuer: 'auth.example', service: 'registry.example' };
  const sign = (audience = parties.service, name = 'a/b') =>
    new SignJWT({ access: [{ type: 'repository', name, actions: ['pull', 'push'] }] })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer(parties.issuer)
      .setAudience(audience)
      .setSubject('anonymous')
      .setExpirationTime('5m')
      .sign(foreignKey.privateKey);

  it('sends clients there, and takes what that server signed', async () => {
    const { control, tokens, identify } = await setUp({ token: { ...parties, keys } });
    expect(control.challenge(pullScope, { origin: ORIGIN })).toBe(
      'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull"',
    );
    expect(tokens).toBeUndefined();
    const identity = await identify(`Bearer ${await sign()}`);
    expect(identity).toMatchObject({ name: 'anonymous', scoped: true });
    expect(identity.may('push', 'a/b')).toBe(true);
    expect(identity.may('push', 'a/c')).toBe(false);
    expect(identity.may('delete', 'a/b')).toBe(false);
    expect(identity.may('catalog')).toBe(false);
    expect(identity.maySee?.('a/c')).toBe(true);
  });

  it('refuses tokens for another registry, and passwords', async () => {
    const { show, refused } = await setUp({ token: { ...parties, keys } });
    expect(await show(`Bearer ${await sign('other.example')}`)).toEqual({ refused: 'unauthorized' });
    expect(await show(basic('bob', 'right'))).toEqual({ refused: 'unauthorized' });
    expect(refused).toMatchObject([{ scheme: 'bearer', reason: 'its claim aud does not fit' }, { scheme: 'basic' }]);
  });
});

describe('openAccessControl', () => {
  it('does not open over a file that is missing or makes no sense', async () => {
    await expect(setUp({ htpasswd: join(folder, 'none') })).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    await expect(setUp({ htpasswd: keys })).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
    await expect(setUp({ htpasswd, token: { signingKey: keys } })).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
  });

  it('lets no password and no token into what it reports, nor into the name of an account', async () => {
    const { show, fetchToken, refused, errors } = await setUp({ htpasswd, token: {} });
    const token = await fetchToken('repository:a/b:pull', basic('bob', 'right'));
    const forged = `${token.slice(0, -8)}AAAAAAAA`;
    for (let n = 0; n <= FREE_FAILURES; n += 1) await show(basic('bob', 'hunter2'));
    await show(basic('hunter2', 'bob'));
    await show(forged);
    await show('Negotiate hunter2');
    expect(refused.map(({ scheme, account }) => [scheme, account])).toEqual([
      ...Array.from({ length: FREE_FAILURES + 1 }, () => ['basic', 'bob']),
      ['basic', undefined],
      ['bearer', undefined],
      ['unknown', undefined],
    ]);
    const reported = inspect([refused, errors], { depth: Number.POSITIVE_INFINITY });
    expect(reported).not.toContain('hunter2');
    for (const part of forged.slice('Bearer '.length).split('.')) expect(reported).not.toContain(part);
    expect(errors).toEqual([]);
  });

  it('keeps what is secret out of its own inspection, and so out of a log that prints it', async () => {
    const { control, show } = await setUp({ htpasswd, token: {} });
    await show(basic('bob', 'right'));
    const printed = inspect(control, { depth: Number.POSITIVE_INFINITY }) + JSON.stringify(control);
    expect(printed).not.toMatch(/right|\$2[aby]\$|PRIVATE/);
  });

  it('answers every Authorization header, and makes a challenge for every scope', async () => {
    const { control } = await setUp({ htpasswd, token: {} });
    const scheme = fc.constantFrom('Basic ', 'Bearer ', 'basic', 'Bearer  ', '');
    const header = fc.tuple(scheme, fc.uint8Array({ maxLength: 60 })).chain(([prefix, bytes]) => {
      const raw = Buffer.from(bytes);
      return fc.constantFrom(
        ...(['latin1', 'base64', 'base64url'] as const).map((encoding) => prefix + raw.toString(encoding)),
      );
    });
    await fc.assert(
      fc.asyncProperty(header, fc.string(), async (authorization, text) => {
        const outcome = await control.authenticate({ authorization, address: text });
        expect(Object.keys(outcome)[0]).toMatch(/^(identity|refused)$/);
        const challenge = control.challenge([{ repository: text, actions: ['pull'] }], { origin: ORIGIN });
        expect(challenge).toMatch(/^Bearer realm="[^"]+",service="quinistry",scope="[\x20-\x7e]*"$/);
      }),
      { numRuns: 200 },
    );
  });
});
