import { ANONYMOUS } from '../access/access-rule.js';
import type { Configuration } from './configuration.js';
import { ConfigurationError } from './configuration-error.js';
import { isLoopback } from './setting-types.js';

/**
 * Refuses to open a registry that everybody may write to beyond this machine, unless that was asked for by name: within
 * hours, such a registry is found and filled.
 *
 * @throws {ConfigurationError}
 */
export function demandLoginForPush({ server, storage, policy, access }: Configuration): void {
  const takesPushes = storage.kind !== 'none' && !policy.readOnly;
  if (!takesPushes || server.allowAnonymousPush || isLoopback(server.host) || !allowsAnonymousChange(access)) return;
  throw new ConfigurationError([
    `on ${server.host}, others could push to this registry without a login; give it accounts with --htpasswd, ` +
      'make it --read-only, or say that this is meant with --allow-anonymous-push',
  ]);
}

function allowsAnonymousChange(access: Configuration['access']): boolean {
  if (access === undefined) return true;
  return access.rules.some(
    ({ users, actions }) => users.includes(ANONYMOUS) && (actions.includes('push') || actions.includes('delete')),
  );
}
