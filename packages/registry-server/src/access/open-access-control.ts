/** From the configuration to the access control that a registry asks. */
import type { AccessControl } from '../policy/access-control.js';
import { AccessGuard, type AccessObserver, type Bearer, type Passwords } from './access-guard.js';
import type { AccessOptions } from './access-options.js';
import { AccessRules } from './access-rule.js';
import { HtpasswdFile } from './htpasswd-file.js';
import { PasswordLogin } from './password-login.js';
import { generateSigningKey, readSigningKey, type SigningKey } from './signing-key.js';
import { createTokenEndpoint, type TokenEndpoint } from './token-endpoint.js';
import { TokenIssuer } from './token-issuer.js';
import { readTokenKeys } from './token-keys.js';
import { TokenVerifier } from './token-verifier.js';

/** The claims `aud` and `iss` of tokens that the registry makes out for itself, where the configuration names none. */
export const DEFAULT_TOKEN_PARTY = 'quinistry';

export interface OpenAccess {
  readonly control: AccessControl;
  /** Where the registry makes out tokens itself. It has to answer at its path, or nobody can log in. */
  readonly tokens: TokenEndpoint | undefined;
}

/**
 * Reads the files that `options` names.
 *
 * The challenge is Basic where every request needs a password anyhow. As soon as something is free for all it is Bearer,
 * with tokens of the registry's own if need be: `GET /v2/` has to ask for a login, or docker never sends one; and asked for
 * Basic, docker and containerd give up where they have no password, though pulling would need none.
 *
 * @throws {OciError} `FILE_UNREADABLE`
 * @throws {DocumentError} for a file that is not what it should be.
 */
export async function openAccessControl(options: AccessOptions, observer: AccessObserver = {}): Promise<OpenAccess> {
  const rules = new AccessRules(options.rules);
  const passwords = options.htpasswd === undefined ? undefined : await openPasswords(options.htpasswd, observer);
  const bearer =
    options.token !== undefined || rules.allowAnonymous
      ? await openBearer(options.token, options.htpasswd !== undefined)
      : undefined;
  const guard = new AccessGuard({ realm: options.realm, rules, passwords, bearer, observer });
  const issuer = bearer?.issuer;
  const tokens =
    issuer &&
    createTokenEndpoint({
      issuer,
      realm: options.realm,
      check: (credentials) => guard.checkPassword(credentials),
      allow: (account, action, repository) => rules.allow(account, action, repository),
    });
  return { control: guard, tokens };
}

async function openPasswords(path: string, { onError }: AccessObserver): Promise<Passwords> {
  const file = await HtpasswdFile.open(path, onError);
  return { file, login: new PasswordLogin({ accounts: () => file.accounts() }) };
}

async function openBearer(options: AccessOptions['token'], hasAccounts: boolean): Promise<Bearer> {
  const { keys: keyFiles = [], signingKey: signingKeyFile } = options ?? {};
  const { service = DEFAULT_TOKEN_PARTY, issuer = DEFAULT_TOKEN_PARTY, realm } = options ?? {};
  const keys = (await Promise.all(keyFiles.map(readTokenKeys))).flat();
  const issues = signingKeyFile !== undefined || (keys.length === 0 && hasAccounts);
  const signingKey: SigningKey | undefined = !issues
    ? undefined
    : await (signingKeyFile === undefined ? generateSigningKey() : readSigningKey(signingKeyFile));
  return {
    service,
    realm,
    issuer: signingKey && new TokenIssuer(signingKey, { issuer, service }, options?.expiresInSeconds),
    verifier: new TokenVerifier({
      keys: signingKey === undefined ? keys : [signingKey.verificationKey, ...keys],
      issuer,
      service,
      algorithms: options?.algorithms,
      leewaySeconds: options?.leewaySeconds,
    }),
  };
}
