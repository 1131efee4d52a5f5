import { API_VERSION_HEADER } from '@quinistry/oci-image/spec';
import type { Exchange } from '../exchange.js';
import type { AccessControl, AccessScope, ChallengeContext, RegistryAction } from '../policy/access-control.js';

/**
 * Finds out who asks, and whether it may.
 *
 * Who shows no credentials and lacks the right is asked for a login with 401; who shows good ones and lacks it gets 403,
 * for another attempt with the same account would end the same way.
 *
 * @returns the answer that refuses; `undefined`, or a promise of it, where there is nothing to refuse.
 */
export function authorize(
  exchange: Exchange,
  needs: RegistryAction | 'greeting' | undefined,
  repository: string | undefined,
): Promise<Response | undefined> | undefined {
  const { access } = exchange.context;
  if (access === undefined || needs === undefined) return undefined;
  return judge(exchange, access, needs, repository);
}

async function judge(
  exchange: Exchange,
  access: AccessControl,
  needs: RegistryAction | 'greeting',
  repository: string | undefined,
): Promise<Response | undefined> {
  const scopes = needs === 'greeting' ? [] : [{ repository, actions: actionsFor(needs) }];
  const { remoteAddress: address } = exchange;
  const outcome = await access.authenticate({ authorization: exchange.header('Authorization'), address });
  if ('refused' in outcome) {
    if (outcome.refused === 'unauthorized') {
      return challenge(exchange, access, scopes, 'these credentials are not valid', 'invalid_token');
    }
    const headers = { 'Retry-After': String(outcome.retryAfterSeconds) };
    return exchange.error('TOOMANYREQUESTS', 'too many failed logins; try again later', { headers });
  }
  const { identity } = outcome;
  exchange.identity = identity;
  // A token may stand for nobody as well: it was asked for, so the login has been looked at.
  const isAnonymous = identity.name === undefined && !identity.scoped;
  if (needs === 'greeting') {
    return isAnonymous && access.asksForLogin ? challenge(exchange, access, scopes, 'a login is wanted') : undefined;
  }
  if (identity.may(needs, repository)) return undefined;
  if (isAnonymous || identity.scoped) {
    const error = identity.scoped ? 'insufficient_scope' : undefined;
    return challenge(exchange, access, scopes, 'this needs a login with that right', error);
  }
  return exchange.error('DENIED', `this account has no right to ${needs}${repository ? ` ${repository}` : ''}`);
}

/** Whoever pushes looks at what is there as well: docker and containerd ask for one token that serves both. */
function actionsFor(action: RegistryAction): readonly RegistryAction[] {
  return action === 'push' ? ['pull', 'push'] : [action];
}

function challenge(
  exchange: Exchange,
  access: AccessControl,
  scopes: readonly AccessScope[],
  message: string,
  error?: ChallengeContext['error'],
): Response {
  const { origin } = exchange;
  return exchange.error('UNAUTHORIZED', message, {
    headers: {
      'WWW-Authenticate': access.challenge(scopes, { origin, error }),
      // Old docker daemons take a 401 without it for the answer of something that is no registry.
      [API_VERSION_HEADER.name]: API_VERSION_HEADER.value,
    },
  });
}
