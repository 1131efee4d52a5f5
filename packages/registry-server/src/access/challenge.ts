/**
 * The value of WWW-Authenticate. There is one challenge in it, never a choice: docker answers every challenge that it knows
 * the scheme of, and the last one wins.
 * Source: RFC 9110, section 11.6.1; RFC 6750, section 3; for `service` and `scope` distribution's token specification.
 */
export interface BearerChallenge {
  /** Absolute URL of the token endpoint. */
  readonly realm: string;
  readonly service: string;
  /** Scopes, separated by spaces; empty where none is named. */
  readonly scope: string;
  readonly error?: string | undefined;
}

export function formatBasicChallenge(realm: string): string {
  return `Basic realm=${quoted(realm)}`;
}

/** Parameters are separated by a comma alone, the way distribution has always written them, for clients have parsers of their own. */
export function formatBearerChallenge({ realm, service, scope, error }: BearerChallenge): string {
  const parameters = [`realm=${quoted(realm)}`, `service=${quoted(service)}`];
  if (scope !== '') parameters.push(`scope=${quoted(scope)}`);
  if (error !== undefined) parameters.push(`error=${quoted(error)}`);
  return `Bearer ${parameters.join(',')}`;
}

function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`;
}
