import { createHmac, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { exportJWK, type JWTHeaderParameters, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { generateSigningKey, type SigningKey } from './signing-key.js';
import { TokenIssuer } from './token-issuer.js';
import type { TokenKey } from './token-keys.js';
import { TokenVerifier } from './token-verifier.js';

const PARTIES = { issuer: 'auth', service: 'registry' };
const attacker = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsaKey: TokenKey = { key: rsa.publicKey, algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] };
const now = () => Math.floor(Date.now() / 1000);
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

let key: SigningKey;
let verifier: TokenVerifier;

beforeAll(async () => {
  key = await generateSigningKey();
  verifier = new TokenVerifier({ ...PARTIES, keys: [key.verificationKey, rsaKey] });
});

type Claims = Readonly<Record<string, unknown>>;

const goodClaims = (): Claims => ({
  iss: PARTIES.issuer,
  aud: PARTIES.service,
  sub: 'bob',
  exp: now() + 300,
  access: [{ type: 'repository', name: 'a/b', actions: ['pull'] }],
});

/** Signed with the right key, unless `signer` is another one. */
function sign(
  claims: Claims = {},
  header: Partial<JWTHeaderParameters> = {},
  signer = key.privateKey,
): Promise<string> {
  const wanted = Object.entries({ ...goodClaims(), ...claims }).filter(([, value]) => value !== undefined);
  return new SignJWT(Object.fromEntries(wanted)).setProtectedHeader({ alg: 'EdDSA', ...header }).sign(signer);
}

const refusal = { refused: expect.any(String) };

describe('TokenVerifier', () => {
  it('takes the tokens of TokenIssuer, with the account and what was granted', async () => {
    const { token } = await new TokenIssuer(key, PARTIES).issue('bob', [
      { repository: 'a/b', actions: ['push', 'pull'] },
    ]);
    expect(await verifier.verify(token)).toEqual({
      token: { account: 'bob', access: [{ type: 'repository', name: 'a/b', actions: ['pull', 'push'] }] },
    });
  });

  it('takes a token without a subject for one without an account', async () => {
    const { token } = await new TokenIssuer(key, PARTIES).issue(undefined, []);
    expect(await verifier.verify(token)).toEqual({ token: { account: undefined, access: [] } });
    expect(await verifier.verify(await sign({ sub: undefined, access: null }))).toEqual({
      token: { account: undefined, access: [] },
    });
  });

  it('takes an audience among several, and fields that it does not know', async () => {
    expect(await verifier.verify(await sign({ aud: ['other', 'registry'], azp: 'x' }))).toHaveProperty('token');
  });

  it('takes RSA tokens with a key that has no name, whatever name the token gives it', async () => {
    const token = await sign({}, { alg: 'RS256', kid: 'ABCD:EFGH' }, rsa.privateKey);
    expect(await verifier.verify(token)).toHaveProperty('token');
  });

  it('allows the clocks to differ a little', async () => {
    expect(await verifier.verify(await sign({ exp: now() - 30 }))).toHaveProperty('token');
    expect(await verifier.verify(await sign({ nbf: now() + 30 }))).toHaveProperty('token');
    const strict = new TokenVerifier({ ...PARTIES, keys: [key.verificationKey], leewaySeconds: 0 });
    expect(await strict.verify(await sign({ exp: now() - 30 }))).toEqual({ refused: 'it has expired' });
  });

  it.each<[string, Claims]>([
    ['expired', { exp: now() - 90 }],
    ['without an end', { exp: undefined }],
    ['not good yet', { nbf: now() + 3600 }],
    ['of another issuer', { iss: 'other' }],
    ['of no issuer', { iss: undefined }],
    ['for another registry', { aud: 'other' }],
    ['for no registry', { aud: undefined }],
    ['for registries that are none of this', { aud: ['other', 'registry2'] }],
    ['with access that is no list', { access: { type: 'repository' } }],
    ['with access to actions that are no list', { access: [{ type: 'repository', name: 'a', actions: 'pull' }] }],
    ['whose subject would break a line of a log', { sub: 'bob\nroot' }],
    ['whose subject is too long', { sub: 'b'.repeat(300) }],
  ])('refuses a token %s', async (_, claims) => {
    expect(await verifier.verify(await sign(claims))).toEqual(refusal);
  });

  it('refuses alg none, in any spelling, with and without a signature', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', undefined]) {
      const body = `${part({ alg, typ: 'JWT' })}.${part(goodClaims())}`;
      expect(await verifier.verify(`${body}.`)).toEqual(refusal);
      expect(await verifier.verify(`${body}.AAAA`)).toEqual(refusal);
      expect(await verifier.verify(body)).toEqual(refusal);
    }
  });

  it('refuses HMAC with a public key as the secret', async () => {
    for (const { publicKey } of [rsa, { publicKey: key.verificationKey.key }]) {
      for (const secret of [
        publicKey.export({ type: 'spki', format: 'pem' }),
        publicKey.export({ type: 'spki', format: 'der' }),
        JSON.stringify(await exportJWK(publicKey)),
      ]) {
        const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(goodClaims())}`;
        const signature = createHmac('sha256', secret).update(body).digest('base64url');
        expect(await verifier.verify(`${body}.${signature}`)).toEqual(refusal);
      }
    }
  });

  it('refuses a key in the header, even under the name of a trusted one (distribution CVE-2025-24976)', async () => {
    const jwk = { ...(await exportJWK(attacker.publicKey)), kid: key.verificationKey.id ?? '' };
    const headers: Partial<JWTHeaderParameters>[] = [
      { jwk },
      { jwk, kid: key.verificationKey.id ?? '' },
      { jku: 'http://127.0.0.1:1/jwks.json' },
      { x5u: 'http://127.0.0.1:1/chain.pem' },
      { x5c: ['MIIB'] },
    ];
    for (const header of headers) {
      expect(await verifier.verify(await sign({}, header, attacker.privateKey))).toEqual(refusal);
      expect(await verifier.verify(await sign({}, header))).toEqual(refusal);
    }
  });

  it('refuses a signature of another key, with and without the name of a trusted one', async () => {
    const kid = key.verificationKey.id ?? '';
    expect(await verifier.verify(await sign({}, {}, attacker.privateKey))).toEqual(refusal);
    expect(await verifier.verify(await sign({}, { kid }, attacker.privateKey))).toEqual(refusal);
  });

  it('refuses a name that no key has, where all keys have names', async () => {
    const named = new TokenVerifier({ ...PARTIES, keys: [key.verificationKey] });
    expect(await named.verify(await sign({}, { kid: 'other' }))).toEqual(refusal);
    for (const kid of ['../../dev/null', "' OR 1=1", ''])
      expect(await named.verify(await sign({}, { kid }))).toEqual(refusal);
  });

  it('refuses an algorithm that is not on the list, though the key could do it', async () => {
    const picky = new TokenVerifier({ ...PARTIES, keys: [rsaKey], algorithms: ['EdDSA', 'PS256'] });
    expect(await picky.verify(await sign({}, { alg: 'RS256' }, rsa.privateKey))).toEqual(refusal);
    expect(await picky.verify(await sign({}, { alg: 'PS256' }, rsa.privateKey))).toHaveProperty('token');
  });

  it('refuses extensions that it would have to understand', async () => {
    const header = part({ alg: 'EdDSA', crit: ['b64'], b64: false });
    expect(await verifier.verify(`${header}.${part(goodClaims())}.AAAA`)).toEqual(refusal);
  });

  it('refuses a token of which one character was changed', async () => {
    const token = await sign();
    // Not the last one: it has bits that mean nothing.
    const place = fc.nat(token.length - 2);
    await fc.assert(
      fc.asyncProperty(place, fc.constantFrom('A', 'z', '0', '-', '.', '='), async (at, character) => {
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        fc.pre(changed !== token);
        expect(await verifier.verify(changed)).toEqual(refusal);
      }),
    );
  });

  it('resolves for whatever text, and repeats none of it', async () => {
    const text = fc.oneof(
      fc.string({ minLength: 12 }),
      fc
        .tuple(fc.json(), fc.json())
        .map(
          ([header, claims]) =>
            `${Buffer.from(header).toString('base64url')}.${Buffer.from(claims).toString('base64url')}.AAAA`,
        ),
      fc.object().map((header) => `${part({ alg: 'EdDSA', ...header })}.${part(goodClaims())}.AAAA`),
    );
    await fc.assert(
      fc.asyncProperty(text, async (token) => {
        const verdict = await verifier.verify(token);
        expect(verdict).toEqual(refusal);
        expect(JSON.stringify(verdict)).not.toContain(token);
      }),
    );
  });
});
