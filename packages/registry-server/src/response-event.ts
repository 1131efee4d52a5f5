import type { Route } from './route.js';

/** What an answer was about; `config` and `layer` are blobs whose media type the store knows. */
export type ResponseKind =
  | 'root'
  | 'base'
  | 'catalog'
  | 'tags'
  | 'manifest'
  | 'config'
  | 'layer'
  | 'blob'
  | 'referrers'
  | 'upload'
  | 'unknown';

/** A request that has been answered, told once its body is with the connection or was broken off. */
export interface ResponseEvent {
  readonly kind: ResponseKind;
  readonly method: string;
  /** As it came over the wire; never to be trusted. */
  readonly target: string;
  readonly status: number;
  /** Of the body, as far as it went out. */
  readonly bytes: number;
  /** Of the request's body, as far as it was read. */
  readonly receivedBytes: number;
  /** `false` where the client left, or the store failed, before the last byte of either body. */
  readonly complete: boolean;
  readonly durationMs: number;
  /** As it stands in X-Request-Id of the answer. */
  readonly requestId: string;
  /** The account; absent for anonymous requests. */
  readonly identity?: string | undefined;
  /** The client's address, where the platform tells: that of the connection, or what a trusted proxy says. */
  readonly remoteAddress?: string | undefined;
  readonly repository?: string | undefined;
  /** The tag or digest that was asked for. */
  readonly reference?: string | undefined;
}

/** What goes wrong while a request is answered. Its client reads of a 500 and nothing more. */
export interface FailureContext {
  readonly method: string;
  readonly target: string;
  readonly requestId: string;
}

/** The parts of an event that the route tells. */
export function describeRoute(route: Route): Pick<ResponseEvent, 'kind' | 'repository' | 'reference'> {
  const kind = route.kind === 'uploads' ? 'upload' : route.kind;
  if (!('repository' in route)) return { kind };
  const { repository } = route;
  if (route.kind === 'manifest') return { kind, repository, reference: route.digest ?? route.tag };
  return 'digest' in route ? { kind, repository, reference: route.digest } : { kind, repository };
}
