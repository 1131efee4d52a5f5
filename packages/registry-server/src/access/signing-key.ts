/** The private key that tokens of the registry's own are signed with. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { DocumentError } from '@quinistry/oci-image';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { algorithmsOf, TOKEN_KEY_EXPECTED, type TokenAlgorithm } from './token-algorithm.js';
import { readKeyFile, type TokenKey } from './token-keys.js';

export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly algorithm: TokenAlgorithm;
  /** For whoever checks the tokens. Its `id` is the key's thumbprint (RFC 7638). */
  readonly verificationKey: TokenKey;
}

/** A new Ed25519 key. Tokens that are signed with it are good for this process, and die with it. */
export function generateSigningKey(): Promise<SigningKey> {
  return makeSigningKey(generateKeyPairSync('ed25519').privateKey, 'EdDSA');
}

/**
 * @param path - of a private key in PEM, without a passphrase.
 * @throws {OciError} `FILE_UNREADABLE`
 * @throws {DocumentError} for anything else than such a key.
 */
export async function readSigningKey(path: string): Promise<SigningKey> {
  const key = parsePrivateKey(await readKeyFile(path));
  const [algorithm] = key === undefined ? [] : algorithmsOf(key);
  if (key === undefined || algorithm === undefined) {
    const message = `expected a private key in PEM, without a passphrase: ${TOKEN_KEY_EXPECTED}`;
    throw new DocumentError(`signing key, ${path}`, [{ path: '', message }]);
  }
  return makeSigningKey(key, algorithm);
}

async function makeSigningKey(privateKey: KeyObject, algorithm: TokenAlgorithm): Promise<SigningKey> {
  const key = createPublicKey(privateKey);
  const id = await calculateJwkThumbprint(await exportJWK(key));
  return { privateKey, algorithm, verificationKey: { id, key, algorithms: [algorithm] } };
}

function parsePrivateKey(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}
