/**
 * The request target as it came over the wire.
 *
 * A web-standard `Request` holds a URL that has been through the WHATWG parser: `..` and `%2e%2e` are folded away and `\`
 * has become `/`, so that `/v2/a/../../etc` looks like an honest path. A registry has to see what was really asked for.
 */
import type { Transport } from './transport.js';

/**
 * Path and query. Where nothing but the `Request` is at hand, its URL has to do.
 *
 * @see RFC 9112, section 3.2: origin-form is the usual one; a server accepts absolute-form as well.
 */
export function requestTarget(request: Request, transport: Transport | undefined): string {
  const target = transport?.incoming?.url ?? request.url;
  if (target.startsWith('/')) return target;
  const authority = /^https?:\/\/[^/?]*/i.exec(target);
  if (authority === null) return target;
  const rest = target.slice(authority[0].length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}
