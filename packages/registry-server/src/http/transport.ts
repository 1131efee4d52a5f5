/**
 * What the platform below tells of a connection, beyond the web-standard `Request`.
 * `@hono/node-server` hands over Node's own pair; elsewhere there may be nothing.
 */
export interface Transport {
  readonly incoming?: { readonly url?: string | undefined } | undefined;
  readonly outgoing?: { destroy(): unknown } | undefined;
}
