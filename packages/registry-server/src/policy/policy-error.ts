/** Why the registry's policy refuses what the store would do. */
export type PolicyErrorCode =
  | 'DELETES_OFF'
  | 'TAG_IMMUTABLE'
  /** The repository has no room left of what it may hold. */
  | 'QUOTA_EXCEEDED'
  /** As many uploads are open, in all or of one client, as may be at once. */
  | 'TOO_MANY_UPLOADS';

export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly code: PolicyErrorCode;

  constructor(code: PolicyErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
