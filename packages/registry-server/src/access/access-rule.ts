/** Rules: which accounts may do what, in which repositories. */
import type { RegistryAction } from '../policy/access-control.js';
import { matchesGlob } from '../policy/glob.js';

/** Stands for whoever shows no credentials, and so for everybody: what needs no login is not lost by one. */
export const ANONYMOUS = 'anonymous';
/** Stands for every account. */
export const AUTHENTICATED = 'authenticated';

export const REGISTRY_ACTIONS = ['pull', 'push', 'delete', 'catalog'] as const satisfies readonly RegistryAction[];

/**
 * Allows `actions` in the repositories that one of the patterns matches, to each of `users`: names of accounts,
 * {@link ANONYMOUS} or {@link AUTHENTICATED}. An action implies no other.
 */
export interface AccessRule {
  readonly repositories: readonly string[];
  readonly users: readonly string[];
  readonly actions: readonly RegistryAction[];
}

const EVERY_REPOSITORY = ['**'];

/** Every account may do everything, and nobody else anything: who asks for passwords does not mean to publish. */
export const DEFAULT_RULES: readonly AccessRule[] = [
  { repositories: EVERY_REPOSITORY, users: [AUTHENTICATED], actions: REGISTRY_ACTIONS },
];

/** Everybody may pull, and every account may do everything. */
export const ANONYMOUS_PULL: readonly AccessRule[] = [
  { repositories: EVERY_REPOSITORY, users: [ANONYMOUS], actions: ['pull', 'catalog'] },
  ...DEFAULT_RULES,
];

export class AccessRules {
  readonly #rules: readonly AccessRule[];

  constructor(rules: readonly AccessRule[]) {
    this.#rules = rules;
  }

  /**
   * Whether one rule or another allows it. Rules only ever allow, so their order means nothing, and one more never takes
   * something away.
   *
   * @param account - `undefined` for whoever shows no credentials.
   * @param repository - absent for `catalog`, which is about the registry as a whole.
   */
  allow(account: string | undefined, action: RegistryAction, repository?: string): boolean {
    return this.#rules.some(
      ({ users, actions, repositories }) =>
        actions.includes(action) &&
        isMeant(users, account) &&
        (action === 'catalog' ||
          (repository !== undefined && repositories.some((pattern) => matchesGlob(pattern, repository)))),
    );
  }

  /** Whether anything at all is allowed without a login. */
  get allowAnonymous(): boolean {
    return this.#rules.some(({ users }) => users.includes(ANONYMOUS));
  }
}

/** An account that is called `anonymous` is an account all the same; the file of accounts takes none by such a name. */
function isMeant(users: readonly string[], account: string | undefined): boolean {
  if (users.includes(ANONYMOUS)) return true;
  return account !== undefined && (users.includes(AUTHENTICATED) || users.includes(account));
}
