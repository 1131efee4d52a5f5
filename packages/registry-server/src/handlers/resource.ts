import type { Exchange } from '../exchange.js';
import type { GuardedStore } from '../policy/guarded-store.js';
import { authorize } from './authorize.js';
import { refuse } from './refusal.js';

export type Handler<R> = (exchange: Exchange, route: R) => Response | Promise<Response>;
export type WritingHandler<R> = (exchange: Exchange, route: R, store: GuardedStore) => Response | Promise<Response>;

/**
 * One method of a resource. What it needs stands beside it as data, so that no handler can forget to ask: `greeting` is
 * what docker logs in by, and `undefined` needs nothing.
 */
export type Operation<R> =
  | { readonly needs: 'pull' | 'catalog' | 'greeting' | undefined; readonly handle: Handler<R> }
  | { readonly needs: 'push' | 'delete'; readonly write: WritingHandler<R> };

/** What one kind of address can be asked for, by method. A HEAD is answered by the handler of GET. */
export type Resource<R> = Readonly<Partial<Record<'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', Operation<R>>>>;

/**
 * Answers with the handler for the request's method.
 *
 * OPTIONS is answered for every resource, and never asks for a login: it is what a browser sends ahead of a request from
 * another origin, without credentials.
 */
export function answer<R extends { readonly kind: string; readonly repository?: string }>(
  resource: Resource<R>,
  exchange: Exchange,
  route: R,
): Response | Promise<Response> {
  const { method } = exchange;
  if (method === 'OPTIONS') return exchange.empty(204, { Allow: allowedMethods(resource, exchange) });
  const operation = findOperation(resource, method);
  if (operation === undefined || !isOffered(operation, exchange)) {
    const headers = { Allow: allowedMethods(resource, exchange) };
    return exchange.error('UNSUPPORTED', `${method} is not supported here`, { headers });
  }
  const refused = authorize(exchange, operation.needs, route.repository);
  if (refused === undefined) return run(operation, exchange, route);
  return refused.then((refusal) => refusal ?? run(operation, exchange, route));
}

function run<R>(operation: Operation<R>, exchange: Exchange, route: R): Response | Promise<Response> {
  if ('handle' in operation) return operation.handle(exchange, route);
  const { store } = exchange.context;
  if (store === undefined) return exchange.error('UNSUPPORTED', 'this registry takes no pushes');
  return runWriting(operation.write, exchange, route, store);
}

async function runWriting<R>(write: WritingHandler<R>, exchange: Exchange, route: R, store: GuardedStore) {
  try {
    return await write(exchange, route, store);
  } catch (error) {
    return refuse(exchange, error);
  }
}

/** What the policy rules out is not there at all, and `Allow` does not promise it. */
function isOffered(operation: Operation<never>, { context }: Exchange): boolean {
  switch (operation.needs) {
    case 'push':
      return context.store !== undefined;
    case 'delete':
      return context.store !== undefined && context.policy.deletes;
    default:
      return true;
  }
}

function findOperation<R>(resource: Resource<R>, method: string): Operation<R> | undefined {
  switch (method) {
    case 'GET':
    case 'HEAD':
      return resource.GET;
    case 'POST':
    case 'PUT':
    case 'PATCH':
    case 'DELETE':
      return resource[method];
    default:
      return undefined;
  }
}

function allowedMethods<R>(resource: Resource<R>, exchange: Exchange): string {
  const offered = Object.entries(resource).filter(([, operation]) => isOffered(operation, exchange));
  const methods = offered.flatMap(([method]) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  return [...methods, 'OPTIONS'].join(', ');
}
