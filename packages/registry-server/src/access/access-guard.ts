import type {
  AccessControl,
  AccessScope,
  Authentication,
  ChallengeContext,
  Credentials,
  Identity,
} from '../policy/access-control.js';
import type { AccessRules } from './access-rule.js';
import { parseAuthorization } from './authorization.js';
import { formatBasicChallenge, formatBearerChallenge } from './challenge.js';
import type { HtpasswdFile } from './htpasswd-file.js';
import type { LoginOutcome, PasswordCredentials, PasswordLogin } from './password-login.js';
import { TOKEN_PATH } from './token-endpoint.js';
import type { TokenIssuer } from './token-issuer.js';
import { formatTokenScopes, grants } from './token-scope.js';
import type { TokenVerifier, VerifiedToken } from './token-verifier.js';

/** Credentials that were not taken. Holds nothing that a password could have been typed into. */
export interface RefusedCredentials {
  readonly scheme: 'basic' | 'bearer' | 'unknown';
  /** For people. */
  readonly reason: string;
  /** Only one that exists: people type passwords into the field for the name. */
  readonly account?: string | undefined;
  readonly address?: string | undefined;
}

export interface AccessObserver {
  readonly onRefused?: ((refused: RefusedCredentials) => void) | undefined;
  /** Told why a change of the password file was not taken over; the accounts stay what they were. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

export interface Passwords {
  readonly file: HtpasswdFile;
  readonly login: PasswordLogin;
}

/** Tokens, and where clients fetch them. */
export interface Bearer {
  readonly verifier: TokenVerifier;
  readonly service: string;
  /** Of the configuration; `undefined` for {@link TOKEN_PATH} at the address that a request was sent to. */
  readonly realm: string | undefined;
  /** Absent where another server makes out the tokens. */
  readonly issuer: TokenIssuer | undefined;
}

export interface AccessGuardOptions {
  readonly realm: string;
  readonly rules: AccessRules;
  readonly passwords: Passwords | undefined;
  readonly bearer: Bearer | undefined;
  readonly observer: AccessObserver;
}

const UNAUTHORIZED: Authentication = { refused: 'unauthorized' };

/** Asks passwords, tokens and rules. */
export class AccessGuard implements AccessControl {
  readonly asksForLogin = true;
  readonly #options: AccessGuardOptions;

  constructor(options: AccessGuardOptions) {
    this.#options = options;
  }

  async authenticate({ authorization, address }: Credentials): Promise<Authentication> {
    const shown = parseAuthorization(authorization);
    switch (shown.scheme) {
      case 'none':
        return { identity: this.#identify(undefined) };
      case 'basic': {
        const outcome = await this.checkPassword({ name: shown.name, password: shown.password, address });
        if (outcome.kind === 'throttled') return { refused: 'throttled', retryAfterSeconds: outcome.retryAfterSeconds };
        return outcome.kind === 'accepted' ? { identity: this.#identify(shown.name) } : UNAUTHORIZED;
      }
      case 'bearer':
        return this.#authenticateToken(shown.token, address);
      case 'invalid':
        return this.#refuse({ scheme: 'unknown', reason: 'it is neither Basic nor Bearer', address });
    }
  }

  challenge(scopes: readonly AccessScope[], { origin = '', error }: ChallengeContext = {}): string {
    const { realm, bearer } = this.#options;
    if (bearer === undefined) return formatBasicChallenge(realm);
    return formatBearerChallenge({
      realm: bearer.realm ?? `${origin}${TOKEN_PATH}`,
      service: bearer.service,
      scope: formatTokenScopes(scopes),
      error,
    });
  }

  /** Where there are no accounts, no password is right. */
  async checkPassword(credentials: PasswordCredentials): Promise<LoginOutcome> {
    const { passwords, observer } = this.#options;
    const { name, address } = credentials;
    if (passwords === undefined) {
      this.#refuse({ scheme: 'basic', reason: 'there are no accounts here', address });
      return { kind: 'refused' };
    }
    const outcome = await passwords.login.check(credentials);
    if (outcome.kind !== 'accepted' && observer.onRefused !== undefined) {
      const account = (await passwords.file.accounts()).has(name) ? name : undefined;
      const reason = outcome.kind === 'throttled' ? 'too many failed logins' : 'wrong user name or password';
      this.#refuse({ scheme: 'basic', reason, account, address });
    }
    return outcome;
  }

  async #authenticateToken(token: string, address: string | undefined): Promise<Authentication> {
    const { bearer } = this.#options;
    const verdict = (await bearer?.verifier.verify(token)) ?? { refused: 'no tokens are taken here' };
    if ('refused' in verdict) return this.#refuse({ scheme: 'bearer', reason: verdict.refused, address });
    return { identity: this.#identifyToken(verdict.token) };
  }

  #identify(account: string | undefined): Identity {
    const { rules } = this.#options;
    return { name: account, may: (action, repository) => rules.allow(account, action, repository) };
  }

  /**
   * A token is good for what it says, and for what needs no login at all. The rules say what an account that it was made
   * out to here finds in the catalog; of another server's accounts they know nothing, and it finds everything.
   */
  #identifyToken({ account, access }: VerifiedToken): Identity {
    const { rules, bearer } = this.#options;
    const isOurs = bearer?.issuer !== undefined;
    return {
      name: account,
      scoped: true,
      may: (action, repository) => grants(access, action, repository) || rules.allow(undefined, action, repository),
      maySee: (repository) => !isOurs || rules.allow(account, 'pull', repository),
    };
  }

  #refuse(refused: RefusedCredentials): Authentication {
    this.#options.observer.onRefused?.(refused);
    return UNAUTHORIZED;
  }
}
