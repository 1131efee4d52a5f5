/**
 * Scopes as clients write them to a token endpoint, and as tokens hold them: `repository:a/b:pull,push` and
 * `registry:catalog:*`.
 * Source: distribution's token specification, "Token Scope" and "Token Authentication Implementation" (the `access` claim).
 */
import { isRepositoryName } from '@quinistry/oci-image/spec';
import * as z from 'zod';
import type { AccessScope, RegistryAction } from '../policy/access-control.js';

const REPOSITORY_ACTIONS = ['pull', 'push', 'delete'] as const satisfies readonly RegistryAction[];

/** Stands for every action. crane and regctl ask for the catalog with it, and some token servers grant deletes that way. */
const EVERY_ACTION = '*';

/** An entry of the claim `access`. Other types of resources and other actions pass, and grant nothing here. */
export const tokenAccessSchema = z.array(
  z.object({ type: z.string(), name: z.string(), actions: z.array(z.string()) }),
);
export type TokenAccess = z.infer<typeof tokenAccessSchema>;

/** A plugin's scope has a class after the type: `repository(plugin):a/b:pull`. */
const REPOSITORY_SCOPE = /^repository(?:\([a-z0-9]+\))?:(.+):([a-z*,]+)$/;
const CATALOG_SCOPE = /^registry:catalog:(.+)$/;

/** @returns `undefined` for what this registry has nothing of, or knows no action of: nothing can be granted there. */
export function parseTokenScope(text: string): AccessScope | undefined {
  const [, repository, listed] = REPOSITORY_SCOPE.exec(text) ?? [];
  if (isRepositoryName(repository) && listed !== undefined) {
    const actions = actionsOf(listed.split(','));
    return actions.length === 0 ? undefined : { repository, actions };
  }
  return CATALOG_SCOPE.test(text) ? { actions: ['catalog'] } : undefined;
}

/** Scopes of one repository become one. Separated by spaces, as in a challenge and in OAuth 2 (RFC 6749, section 3.3). */
export function formatTokenScopes(scopes: readonly AccessScope[]): string {
  return toTokenAccess(scopes)
    .map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`)
    .join(' ');
}

export function toTokenAccess(scopes: readonly AccessScope[]): TokenAccess {
  const actions = new Map<string | undefined, Set<RegistryAction>>();
  for (const scope of scopes) {
    const merged = actions.get(scope.repository) ?? new Set();
    for (const action of scope.actions) merged.add(action);
    if (merged.size > 0) actions.set(scope.repository, merged);
  }
  return [...actions].map(([name, granted]) =>
    name === undefined
      ? { type: 'registry', name: 'catalog', actions: [EVERY_ACTION] }
      : { type: 'repository', name, actions: REPOSITORY_ACTIONS.filter((action) => granted.has(action)) },
  );
}

/** Whether a token with this claim is good for `action`. */
export function grants(access: TokenAccess, action: RegistryAction, repository: string | undefined): boolean {
  if (action === 'catalog') {
    return access.some(
      ({ type, name, actions }) => type === 'registry' && name === 'catalog' && actions.includes(EVERY_ACTION),
    );
  }
  return access.some(
    ({ type, name, actions }) => type === 'repository' && name === repository && actionsOf(actions).includes(action),
  );
}

function actionsOf(listed: readonly string[]): readonly RegistryAction[] {
  return listed.includes(EVERY_ACTION)
    ? REPOSITORY_ACTIONS
    : REPOSITORY_ACTIONS.filter((action) => listed.includes(action));
}
