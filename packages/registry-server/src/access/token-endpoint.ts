/**
 * Where clients fetch tokens.
 * Source: distribution's "Token Authentication Specification" for GET, its "OAuth2 Token Authentication" for POST, and
 * RFC 6749, sections 4.3, 5.1 and 5.2.
 */
import { formatWireError, type WireErrorCode } from '@quinistry/oci-image/spec';
import type { AccessScope, RegistryAction } from '../policy/access-control.js';
import { parseAuthorization } from './authorization.js';
import { formatBasicChallenge } from './challenge.js';
import { readForm } from './form-body.js';
import type { LoginOutcome, PasswordCredentials } from './password-login.js';
import type { TokenIssuer } from './token-issuer.js';
import { formatTokenScopes, parseTokenScope, toTokenAccess } from './token-scope.js';

/** Where the endpoint is to be mounted. No path of the protocol, which all begin with `/v2/`. */
export const TOKEN_PATH = '/token';

/**
 * Of the claim `access`, as JSON. A token comes back in a header, Base64 makes four characters of three, and Node takes
 * 16 KiB of headers.
 */
const MAX_ACCESS_CHARACTERS = 8 * 1024;

export interface TokenEndpoint {
  /** {@link TOKEN_PATH} */
  readonly path: string;
  /**
   * Answers every request, and rejects only where the accounts cannot be told.
   *
   * @param address - the client's; `TrustedProxies.clientAddress` tells it where proxies stand in between.
   */
  fetch(request: Request, address?: string): Promise<Response>;
}

export interface TokenEndpointOptions {
  readonly issuer: TokenIssuer;
  /** Names what wants a password, in the challenge. */
  readonly realm: string;
  readonly check: (credentials: PasswordCredentials) => Promise<LoginOutcome>;
  /** @param account - `undefined` for whoever shows no credentials. */
  readonly allow: (account: string | undefined, action: RegistryAction, repository?: string) => boolean;
}

/** What a request wants, whichever way it said so. */
interface TokenRequest {
  readonly credentials: Pick<PasswordCredentials, 'name' | 'password'> | undefined;
  readonly service: string | null;
  readonly scopes: readonly string[];
}

/** What goes back where no token does. */
interface Refusal {
  readonly code: WireErrorCode;
  /** The same in the words of RFC 6749, section 5.2. */
  readonly oauth: string;
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Grants what is asked for as far as the account may have it, and be it nothing: the registry then says no. */
export function createTokenEndpoint(options: TokenEndpointOptions): TokenEndpoint {
  const { issuer, realm, check, allow } = options;

  async function answer(wanted: TokenRequest, address: string | undefined): Promise<Response | Refusal> {
    const { credentials, service } = wanted;
    if (service !== null && service !== issuer.parties.service) return WRONG_SERVICE;
    if (credentials !== undefined) {
      const outcome = await check({ ...credentials, address });
      if (outcome.kind === 'throttled') return throttled(outcome.retryAfterSeconds);
      if (outcome.kind === 'refused') return wrongPassword(realm);
    }
    const account = credentials?.name;
    const granted = wanted.scopes.flatMap((text) => grant(parseTokenScope(text), account));
    if (JSON.stringify(toTokenAccess(granted)).length > MAX_ACCESS_CHARACTERS) return TOO_MANY_SCOPES;
    const { token, expiresInSeconds, issuedAt } = await issuer.issue(account, granted);
    return json(200, {
      token,
      access_token: token,
      token_type: 'Bearer',
      expires_in: expiresInSeconds,
      issued_at: issuedAt.toISOString(),
      scope: formatTokenScopes(granted),
    });
  }

  function grant(scope: AccessScope | undefined, account: string | undefined): readonly AccessScope[] {
    if (scope === undefined) return [];
    const actions = scope.actions.filter((action) => allow(account, action, scope.repository));
    return actions.length === 0 ? [] : [{ ...scope, actions }];
  }

  async function get(request: Request, address: string | undefined): Promise<Response> {
    const wanted = readQuery(request, realm);
    const answered = 'code' in wanted ? wanted : await answer(wanted, address);
    return answered instanceof Response ? answered : wireError(answered);
  }

  async function post(request: Request, address: string | undefined): Promise<Response> {
    const wanted = await readGrant(request);
    const answered = 'code' in wanted ? wanted : await answer(wanted, address);
    return answered instanceof Response ? answered : oauthError(answered);
  }

  return {
    path: TOKEN_PATH,
    async fetch(request, address) {
      if (request.method === 'GET') return get(request, address);
      if (request.method === 'POST') return post(request, address);
      return wireError(WRONG_METHOD);
    },
  };
}

const NOBODY = { name: '', password: '' };

/** `account` is in there too, and says nothing that the credentials do not say. */
function readQuery(request: Request, realm: string): TokenRequest | Refusal {
  const authorization = parseAuthorization(request.headers.get('authorization'));
  if (authorization.scheme === 'bearer' || authorization.scheme === 'invalid') return wrongPassword(realm);
  const query = new URL(request.url).searchParams;
  const { name, password } = authorization.scheme === 'basic' ? authorization : NOBODY;
  return {
    credentials: name === '' && password === '' ? undefined : { name, password },
    service: query.get('service'),
    scopes: splitScopes(query.getAll('scope')),
  };
}

/**
 * The grant is `password`. There are no refresh tokens to be had: docker and containerd go on with the password where they
 * get none.
 */
async function readGrant(request: Request): Promise<TokenRequest | Refusal> {
  const form = await readForm(request);
  if (form === undefined) return NO_FORM;
  if (form.get('grant_type') !== 'password') return UNKNOWN_GRANT;
  return {
    credentials: { name: form.get('username') ?? '', password: form.get('password') ?? '' },
    service: form.get('service'),
    scopes: splitScopes(form.getAll('scope')),
  };
}

/** One parameter for each scope, or one for all of them with spaces between: clients do either. */
function splitScopes(parameters: readonly string[]): readonly string[] {
  return parameters.flatMap((parameter) => parameter.split(' ')).filter((scope) => scope !== '');
}

const WRONG_SERVICE = refusal('UNSUPPORTED', 'invalid_target', 400, 'tokens for this service are not made out here');
const TOO_MANY_SCOPES = refusal('UNSUPPORTED', 'invalid_scope', 400, 'these are more scopes than fit into a token');
const NO_FORM = refusal('UNSUPPORTED', 'invalid_request', 400, 'expected a form: application/x-www-form-urlencoded');
const UNKNOWN_GRANT = refusal('UNSUPPORTED', 'unsupported_grant_type', 400, 'expected the grant type "password"');
const WRONG_METHOD = refusal('UNSUPPORTED', 'invalid_request', 405, 'tokens are fetched by GET or POST', {
  Allow: 'GET, POST',
});

/**
 * 401 for POST as well, though RFC 6749 has 400 there. After either, containerd tries once more by GET, and 401 is what
 * the other clients show as a failed login.
 */
function wrongPassword(realm: string): Refusal {
  return refusal('UNAUTHORIZED', 'invalid_grant', 401, 'wrong user name or password', {
    'WWW-Authenticate': formatBasicChallenge(realm),
  });
}

function throttled(seconds: number): Refusal {
  return refusal('TOOMANYREQUESTS', 'slow_down', 429, 'too many failed logins; try again later', {
    'Retry-After': String(seconds),
  });
}

function refusal(
  code: WireErrorCode,
  oauth: string,
  status: number,
  message: string,
  headers?: Refusal['headers'],
): Refusal {
  return { code, oauth, status, message, headers };
}

function wireError({ code, status, message, headers }: Refusal): Response {
  return respond(status, formatWireError({ code, message }), headers);
}

function oauthError({ oauth, status, message, headers }: Refusal): Response {
  return json(status, { error: oauth, error_description: message }, headers);
}

function json(status: number, value: unknown, headers?: Refusal['headers']): Response {
  return respond(status, JSON.stringify(value), headers);
}

/** RFC 6749, section 5.1: nobody keeps a token that is on its way. */
function respond(status: number, body: string, headers: Refusal['headers'] = {}): Response {
  const always = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', Pragma: 'no-cache' };
  return new Response(body, { status, headers: { ...always, ...headers } });
}
