import { decodeProtectedHeader, errors, jwtVerify, type ProtectedHeaderParameters } from 'jose';
import * as z from 'zod';
import { TOKEN_ALGORITHMS, type TokenAlgorithm } from './token-algorithm.js';
import type { TokenParties } from './token-issuer.js';
import type { TokenKey } from './token-keys.js';
import { type TokenAccess, tokenAccessSchema } from './token-scope.js';

/** Clocks of two machines differ. Distribution allows as much. */
export const DEFAULT_LEEWAY_SECONDS = 60;

const MAX_SUBJECT_CHARACTERS = 255;

/** Header members by which a token brings a key of its own, or says where there is one (RFC 7515, section 4.1). */
const KEYS_IN_HEADER = ['jwk', 'jku', 'x5c', 'x5u'] as const;

const claimsSchema = z.object({
  sub: z
    .string()
    .max(MAX_SUBJECT_CHARACTERS)
    .regex(/^\P{C}*$/u)
    .default(''),
  access: tokenAccessSchema.nullish(),
});

export interface VerifiedToken {
  /** `undefined` for a token of whoever showed no credentials. */
  readonly account: string | undefined;
  readonly access: TokenAccess;
}

/** `refused` says why, in words of our own: nothing of the token is repeated. */
export type TokenVerdict = { readonly token: VerifiedToken } | { readonly refused: string };

export interface TokenVerifierOptions extends TokenParties {
  /** Whose tokens are believed. */
  readonly keys: readonly TokenKey[];
  /** @defaultValue {@link TOKEN_ALGORITHMS} */
  readonly algorithms?: readonly TokenAlgorithm[] | undefined;
  /** @defaultValue {@link DEFAULT_LEEWAY_SECONDS} */
  readonly leewaySeconds?: number | undefined;
}

/**
 * Checks tokens: a JSON Web Token, signed with one of the configured keys, from the issuer, for this registry, now.
 *
 * No key is ever taken from the token. Distribution once took one out of the header, where that had the name of a trusted
 * key, and did not look whether it was that key (CVE-2025-24976).
 */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions;

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
  }

  /** Resolves whatever `token` is. */
  async verify(token: string): Promise<TokenVerdict> {
    const header = readHeader(token);
    if (header === undefined) return { refused: 'it is no JSON Web Token' };
    const brought = KEYS_IN_HEADER.find((member) => member in header);
    if (brought !== undefined) return { refused: `it brings a key of its own (${brought})` };
    const keys = this.#keysFor(header);
    if (keys.length === 0) return { refused: 'no key that is configured goes with its header' };
    for (const { key } of keys) {
      const payload = await this.#verifyWith(key, header, token);
      if (payload === undefined) continue;
      if ('refused' in payload) return payload;
      return readClaims(payload.claims);
    }
    return { refused: 'no key that is configured made its signature' };
  }

  /** A token that names a key is checked with that one, or with those that have no name. */
  #keysFor({ alg, kid }: ProtectedHeaderParameters): readonly TokenKey[] {
    const { keys, algorithms = TOKEN_ALGORITHMS } = this.#options;
    const algorithm = algorithms.find((allowed) => allowed === alg);
    if (algorithm === undefined) return [];
    return keys.filter(
      (key) => key.algorithms.includes(algorithm) && (kid === undefined || key.id === undefined || key.id === kid),
    );
  }

  /** @returns `undefined` where the signature is not this key's. */
  async #verifyWith(
    key: TokenKey['key'],
    { alg = '' }: ProtectedHeaderParameters,
    token: string,
  ): Promise<{ readonly claims: unknown } | { readonly refused: string } | undefined> {
    const { issuer, service, leewaySeconds = DEFAULT_LEEWAY_SECONDS } = this.#options;
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [alg],
        issuer,
        audience: service,
        clockTolerance: leewaySeconds,
        requiredClaims: ['exp'],
      });
      return { claims: payload };
    } catch (error) {
      if (error instanceof errors.JWSSignatureVerificationFailed) return undefined;
      if (error instanceof errors.JWTExpired) return { refused: 'it has expired' };
      if (error instanceof errors.JWTClaimValidationFailed) return { refused: `its claim ${error.claim} does not fit` };
      return { refused: 'it is no JSON Web Token that can be checked' };
    }
  }
}

function readHeader(token: string): ProtectedHeaderParameters | undefined {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return undefined;
  }
}

function readClaims(claims: unknown): TokenVerdict {
  const read = claimsSchema.safeParse(claims);
  if (!read.success) return { refused: 'its claims sub and access are not what tokens of registries hold' };
  const { sub, access } = read.data;
  return { token: { account: sub === '' ? undefined : sub, access: access ?? [] } };
}
