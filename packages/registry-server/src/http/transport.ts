import type { IncomingStream } from './incoming-body.js';
import type { OutgoingBody } from './outgoing-body.js';

/**
 * What the platform below tells of a connection, beyond the web-standard `Request`.
 * `@hono/node-server` hands over Node's own pair; elsewhere there may be nothing.
 */
export interface Transport {
  readonly incoming?: TransportRequest | undefined;
  readonly outgoing?: { destroy(): unknown } | undefined;
  /**
   * The request that stands for `incoming`. Bytes are read from `incoming` only while it is the one at hand: an
   * application around the registry may have wrapped it in another one, which reads `incoming` itself.
   */
  readonly request?: Request | undefined;
  /**
   * Where the body of a response is put, for a platform that writes it to the connection by itself. A response that was
   * replaced on its way is not in there, and its stream is what counts.
   */
  readonly bodies?: WeakMap<Response, OutgoingBody> | undefined;
}

/** The parts of Node's `IncomingMessage` that are made use of. */
export interface TransportRequest extends Partial<IncomingStream> {
  readonly url?: string | undefined;
  readonly socket?: { readonly remoteAddress?: string | undefined } | undefined;
}
