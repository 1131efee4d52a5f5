/** Public keys that tokens are checked with, from files. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { DocumentError, OciError } from '@quinistry/oci-image';
import { parseDocument } from '@quinistry/oci-image/spec';
import * as z from 'zod';
import { algorithmsOf, TOKEN_KEY_EXPECTED, type TokenAlgorithm } from './token-algorithm.js';

export interface TokenKey {
  /** Names the key in the header of a token; absent for a key that came without a name. */
  readonly id?: string | undefined;
  readonly key: KeyObject;
  readonly algorithms: readonly TokenAlgorithm[];
}

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----/gs;
const PUBLIC_BLOCKS: readonly string[] = ['PUBLIC KEY', 'RSA PUBLIC KEY', 'CERTIFICATE'];

/** RFC 7517. Members that only private keys have are not wanted here, see {@link readTokenKeys}. */
const keySetSchema = z.looseObject({
  keys: z
    .array(
      z.looseObject({
        kty: z.enum(['EC', 'OKP', 'RSA'], 'expected a public key: EC, OKP or RSA'),
        kid: z.string().min(1).exactOptional(),
        alg: z.string().exactOptional(),
        use: z.literal('sig', 'expected a key for signatures').exactOptional(),
        d: z.never('expected the public key alone; this is a private one').exactOptional(),
      }),
    )
    .min(1, 'expected at least one key'),
});

/**
 * Reads a JSON Web Key Set, or public keys and certificates in PEM. Of a certificate nothing counts but its key: it stands
 * in the configuration, and is trusted for that.
 *
 * A file with a private key is refused. Whoever checks tokens needs none, and it has no place on one more machine.
 *
 * @throws {OciError} `FILE_UNREADABLE`
 * @throws {DocumentError} that says which key is wrong, and what was expected.
 */
export async function readTokenKeys(path: string): Promise<readonly TokenKey[]> {
  const text = await readKeyFile(path);
  const document = `file of token keys, ${path}`;
  return text.trimStart().startsWith('{') ? parseKeySet(text, document) : parsePublicPem(text, document);
}

/** @throws {OciError} `FILE_UNREADABLE` */
export async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new OciError('FILE_UNREADABLE', `cannot read the key file ${path}: ${problem}`, { cause });
  }
}

function parseKeySet(text: string, document: string): readonly TokenKey[] {
  const { keys } = parseDocument(keySetSchema, document, text);
  return keys.map((jwk, index) => {
    const path = `keys[${index}]`;
    const made = makeTokenKey(() => createPublicKey({ key: jwk, format: 'jwk' }), document, path, jwk.kid);
    if (jwk.alg === undefined) return made;
    const algorithms = made.algorithms.filter((algorithm) => algorithm === jwk.alg);
    if (algorithms.length > 0) return { ...made, algorithms };
    throw new DocumentError(document, [{ path: `${path}.alg`, message: `expected ${made.algorithms.join(', ')}` }]);
  });
}

function parsePublicPem(text: string, document: string): readonly TokenKey[] {
  const blocks = [...text.matchAll(PEM_BLOCK)];
  if (blocks.length === 0) {
    throw new DocumentError(document, [{ path: '', message: 'expected a JSON Web Key Set, or public keys in PEM' }]);
  }
  return blocks.map(([block, label = ''], index) => {
    const path = `block ${index + 1}`;
    if (!PUBLIC_BLOCKS.includes(label)) {
      throw new DocumentError(document, [
        { path, message: `expected one of ${PUBLIC_BLOCKS.join(', ')}, not ${label}` },
      ]);
    }
    return makeTokenKey(() => createPublicKey(block), document, path);
  });
}

function makeTokenKey(create: () => KeyObject, document: string, path: string, id?: string): TokenKey {
  const key = attempt(create);
  const algorithms = key === undefined ? [] : algorithmsOf(key);
  if (key !== undefined && algorithms.length > 0) return { id, key, algorithms };
  throw new DocumentError(document, [{ path, message: `expected ${TOKEN_KEY_EXPECTED}` }]);
}

/** What OpenSSL says of a key that it cannot read helps nobody. */
function attempt(create: () => KeyObject): KeyObject | undefined {
  try {
    return create();
  } catch {
    return undefined;
  }
}
