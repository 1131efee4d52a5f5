import type { KeyObject } from 'node:crypto';

/**
 * How tokens may be signed: with a private key, and checked with its public one. HMAC is not among them, for whoever can
 * check such a signature can make one, nor is `none`.
 * Source: RFC 7518, section 3.1; RFC 8037 for EdDSA.
 */
export const TOKEN_ALGORITHMS = [
  'EdDSA',
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
] as const;
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

/** RFC 7518, section 3.3. */
const MIN_RSA_BITS = 2048;

const CURVE_ALGORITHMS: Readonly<Record<string, TokenAlgorithm>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

/**
 * What a key may be used with, the usual choice first; none for a key of another kind, or one that is too short. It is the
 * key that decides, never the header of a token: taking a header's word is how a public key once became an HMAC secret.
 */
export function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly TokenAlgorithm[] {
  switch (asymmetricKeyType) {
    case 'ed25519':
      return ['EdDSA'];
    case 'ec': {
      const algorithm = CURVE_ALGORITHMS[asymmetricKeyDetails?.namedCurve ?? ''];
      return algorithm === undefined ? [] : [algorithm];
    }
    case 'rsa':
      return (asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS
        ? []
        : ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
    default:
      return [];
  }
}

/** What {@link algorithmsOf} knows algorithms for, in words. */
export const TOKEN_KEY_EXPECTED = `an Ed25519 key, a P-256, P-384 or P-521 key, or an RSA key of ${MIN_RSA_BITS} bits or more`;
