import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { AccessScope } from '../policy/access-control.js';
import type { SigningKey } from './signing-key.js';
import { toTokenAccess } from './token-scope.js';

/** Long enough for a push with large layers, for a client may fetch its token once; short, as nobody can take one back. */
export const DEFAULT_TOKEN_SECONDS = 15 * 60;
/** docker and containerd take a token that says less to be good for this long. */
export const MIN_TOKEN_SECONDS = 60;
export const MAX_TOKEN_SECONDS = 24 * 60 * 60;

/** Who makes tokens out, and for which registry: the claims `iss` and `aud`. */
export interface TokenParties {
  readonly issuer: string;
  readonly service: string;
}

export interface IssuedToken {
  readonly token: string;
  readonly expiresInSeconds: number;
  readonly issuedAt: Date;
}

/**
 * Makes out tokens.
 * Source: distribution's "Token Authentication Implementation", for the claims; RFC 7519.
 */
export class TokenIssuer {
  readonly parties: TokenParties;
  readonly #key: SigningKey;
  readonly #expiresInSeconds: number;

  constructor(key: SigningKey, parties: TokenParties, expiresInSeconds = DEFAULT_TOKEN_SECONDS) {
    this.parties = parties;
    this.#key = key;
    this.#expiresInSeconds = expiresInSeconds;
  }

  /**
   * @param account - `undefined` for whoever showed no credentials; the token then has an empty subject.
   * @param scopes - what is granted, not what was asked for.
   */
  async issue(account: string | undefined, scopes: readonly AccessScope[]): Promise<IssuedToken> {
    const issuedAt = Math.floor(Date.now() / 1000);
    const { privateKey, algorithm, verificationKey } = this.#key;
    const header = { alg: algorithm, typ: 'JWT', ...(verificationKey.id !== undefined && { kid: verificationKey.id }) };
    const token = await new SignJWT({ access: toTokenAccess(scopes) })
      .setProtectedHeader(header)
      .setIssuer(this.parties.issuer)
      .setAudience(this.parties.service)
      .setSubject(account ?? '')
      .setIssuedAt(issuedAt)
      .setNotBefore(issuedAt)
      .setExpirationTime(issuedAt + this.#expiresInSeconds)
      .setJti(randomUUID())
      .sign(privateKey);
    return { token, expiresInSeconds: this.#expiresInSeconds, issuedAt: new Date(issuedAt * 1000) };
  }
}
