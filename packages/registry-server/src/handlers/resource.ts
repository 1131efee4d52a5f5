import type { Exchange } from '../exchange.js';

export type Handler<R> = (exchange: Exchange, route: R) => Response | Promise<Response>;

/** What one kind of address can be asked for, by method. A HEAD is answered by the handler of GET. */
export type Resource<R> = Readonly<Partial<Record<'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', Handler<R>>>>;

/**
 * Answers with the handler for the request's method.
 *
 * OPTIONS is answered for every resource, and never asks for a login: it is what a browser sends ahead of a request from
 * another origin, without credentials. It gives no leave to other origins; who embeds the registry decides on that.
 */
export function answer<R>(resource: Resource<R>, exchange: Exchange, route: R): Response | Promise<Response> {
  const { method } = exchange;
  if (method === 'OPTIONS') return exchange.empty(204, { Allow: allowedMethods(resource) });
  const handler = findHandler(resource, method);
  if (handler !== undefined) return handler(exchange, route);
  const message = `${method} is not supported here`;
  return exchange.error('UNSUPPORTED', message, { headers: { Allow: allowedMethods(resource) } });
}

function findHandler<R>(resource: Resource<R>, method: string): Handler<R> | undefined {
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

function allowedMethods<R>(resource: Resource<R>): string {
  const methods = Object.keys(resource).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  return [...methods, 'OPTIONS'].join(', ');
}
