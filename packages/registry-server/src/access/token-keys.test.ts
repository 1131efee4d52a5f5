import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateSigningKey, readSigningKey } from './signing-key.js';
import { readTokenKeys } from './token-keys.js';

const ed25519 = generateKeyPairSync('ed25519');
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const shortRsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
const p256k = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
const x25519 = generateKeyPairSync('x25519');

let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'token-keys-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(content: string | object): Promise<string> {
  count += 1;
  const path = join(folder, `key-${count}`);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const publicPem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();
const privatePem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

describe('readTokenKeys', () => {
  it('reads all public keys of a PEM file, with the algorithms that fit each', async () => {
    const path = await write(
      `a comment\n${[ed25519, p256, rsa].map(({ publicKey }) => publicPem(publicKey)).join('\n')}`,
    );
    expect((await readTokenKeys(path)).map(({ id, algorithms }) => [id, algorithms[0]])).toEqual([
      [undefined, 'EdDSA'],
      [undefined, 'ES256'],
      [undefined, 'RS256'],
    ]);
  });

  it('reads a JSON Web Key Set, with names, and with the algorithm alone that a key is meant for', async () => {
    const path = await write({
      keys: [
        { ...(await exportJWK(rsa.publicKey)), kid: 'one', alg: 'PS256', use: 'sig', 'x-vendor': 1 },
        { ...(await exportJWK(ed25519.publicKey)), kid: 'two' },
      ],
    });
    expect(await readTokenKeys(path)).toMatchObject([
      { id: 'one', algorithms: ['PS256'] },
      { id: 'two', algorithms: ['EdDSA'] },
    ]);
  });

  it('refuses a private key, in PEM and in a set, without repeating it', async () => {
    const jwk = await exportJWK(ed25519.privateKey);
    const pem = privatePem(ed25519.privateKey);
    for (const content of [pem, { keys: [jwk] }]) {
      const error = await readTokenKeys(await write(content)).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ code: 'DOCUMENT_INVALID', message: expect.stringMatching(/block 1|keys\[0\]\.d/) });
      expect(String(error)).not.toContain(jwk.d);
      expect(String(error)).not.toContain(pem.split('\n')[1]);
    }
  });

  it.each([
    ['a secret, with which everybody who checks tokens could make them', { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }],
    ['an empty set', { keys: [] }],
    ['no set', {}],
    ['a key for encryption', { keys: [{ kty: 'RSA', use: 'enc', n: 'AQAB', e: 'AQAB' }] }],
    ['a key that is none', { keys: [{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }] }],
    ['text', 'secret'],
    ['broken PEM', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'],
    ['a short RSA key', publicPem(shortRsa.publicKey)],
    ['a curve without an algorithm', publicPem(p256k.publicKey)],
    ['a key that cannot sign', publicPem(x25519.publicKey)],
  ])('refuses %s', async (_, content) => {
    const path = await write(content);
    await expect(readTokenKeys(path)).rejects.toMatchObject({
      code: 'DOCUMENT_INVALID',
      message: expect.stringContaining(path),
    });
  });

  it('refuses an algorithm that the key cannot be used with', async () => {
    const path = await write({ keys: [{ ...(await exportJWK(p256.publicKey)), alg: 'HS256' }] });
    await expect(readTokenKeys(path)).rejects.toMatchObject({
      issues: [{ path: 'keys[0].alg', message: 'expected ES256' }],
    });
  });

  it('names a file that cannot be read', async () => {
    await expect(readTokenKeys(join(folder, 'none'))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining(join(folder, 'none')),
    });
  });
});

describe('readSigningKey', () => {
  it.each([
    ['EdDSA', ed25519],
    ['ES256', p256],
    ['RS256', rsa],
  ])('reads a private key for %s', async (algorithm, { privateKey }) => {
    const key = await readSigningKey(await write(privatePem(privateKey)));
    expect(key).toMatchObject({ algorithm, verificationKey: { algorithms: [algorithm], key: { type: 'public' } } });
  });

  it('names a key by its thumbprint, the same each time', async () => {
    const [one, other] = await Promise.all(
      [0, 1].map(async () => readSigningKey(await write(privatePem(p256.privateKey)))),
    );
    expect(one?.verificationKey.id).toMatch(/^[\w-]{43}$/);
    expect(one?.verificationKey.id).toBe(other?.verificationKey.id);
  });

  it('refuses public keys, short ones, and those behind a passphrase', async () => {
    const locked = p256.privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    });
    for (const content of [publicPem(p256.publicKey), privatePem(shortRsa.privateKey), locked.toString(), '']) {
      await expect(readSigningKey(await write(content))).rejects.toMatchObject({
        code: 'DOCUMENT_INVALID',
        message: expect.stringContaining('expected a private key in PEM, without a passphrase'),
      });
    }
  });
});

describe('generateSigningKey', () => {
  it('makes a new one each time', async () => {
    const [one, other] = await Promise.all([generateSigningKey(), generateSigningKey()]);
    expect(one.verificationKey.id).not.toBe(other.verificationKey.id);
  });
});
