/**
 * Who may do what. The registry asks; what it asks knows of users, passwords, tokens and rules.
 * Without an access control, everybody may do everything that the policy allows at all.
 */

/** `catalog` is about the registry as a whole, the others about one repository. */
export type RegistryAction = 'pull' | 'push' | 'delete' | 'catalog';

/** What a request needs, as a challenge tells it to the client. */
export interface AccessScope {
  /** Absent for what is about the registry as a whole. */
  readonly repository?: string | undefined;
  readonly actions: readonly RegistryAction[];
}

/** What came with a request that may tell who sends it. */
export interface Credentials {
  /** The value of Authorization, as it came; `null` where there is none. */
  readonly authorization: string | null;
  /** The client's address, where the platform tells. For slowing down those who guess. */
  readonly address?: string | undefined;
}

/** Who sends a request. An identity is good for that request: rules may change until the next one. */
export interface Identity {
  /** Names the account, in events and as the owner of uploads; `undefined` for whoever shows no credentials. */
  readonly name: string | undefined;
  /**
   * Whether the credentials may stand for less than the account: a token is made out for the scopes that were asked for.
   * What such an identity lacks is answered with another challenge rather than a refusal, for docker, containerd and
   * crane fetch a token for pushing when the one for pulling is not enough. @defaultValue `false`
   */
  readonly scoped?: boolean | undefined;
  /** @param repository - absent for `catalog`. */
  may(action: RegistryAction, repository?: string): boolean;
  /**
   * Whether the catalog names the repository to whoever may ask for the catalog. A token that was made out for the catalog
   * says nothing of the repositories in it. @defaultValue whether it may be pulled from
   */
  maySee?(repository: string): boolean;
}

/** Everybody, in a registry without access control. */
export const ANYBODY: Identity = { name: undefined, may: () => true };

/**
 * `unauthorized`: credentials were shown and are no good. `throttled`: too many bad ones came from there; these were not
 * looked at.
 */
export type Authentication =
  | { readonly identity: Identity }
  | { readonly refused: 'unauthorized' }
  | { readonly refused: 'throttled'; readonly retryAfterSeconds: number };

export interface AccessControl {
  /**
   * Whether `GET /v2/` asks whoever shows no credentials for a login, though pulling may need none. docker, podman and
   * skopeo look for a challenge there, and send credentials only if they find one. A client without credentials
   * fetches a token that stands for nobody where the challenge is Bearer; where it is Basic, docker gives up.
   */
  readonly asksForLogin: boolean;

  /**
   * Resolves for credentials of every kind, bad ones included; rejects only where it cannot tell, which is answered
   * with a 500. No credentials give the anonymous identity, and so does Basic with an empty name and an empty password:
   * podman and skopeo send that, where they were asked for a login and have none.
   */
  authenticate(credentials: Credentials): Promise<Authentication>;

  /** The value of WWW-Authenticate for a request that needs `scopes`; none for `GET /v2/`. */
  challenge(scopes: readonly AccessScope[], context?: ChallengeContext): string;
}

/** What a challenge depends on besides the scopes. */
export interface ChallengeContext {
  /**
   * Scheme and authority that the client sent its request to, as `URL.origin` prints them. A token endpoint of the registry's own
   * is told to the client as an absolute URL: docker and containerd take no relative realm.
   */
  readonly origin?: string | undefined;
  /**
   * What was wrong with the credentials that came (RFC 6750, section 3.1): `invalid_token` with a refused authentication,
   * `insufficient_scope` with an identity that may not. containerd keeps its token, and fails once that has expired, unless
   * it is told so.
   */
  readonly error?: 'invalid_token' | 'insufficient_scope' | undefined;
}
