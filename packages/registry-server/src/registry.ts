import { Hono } from 'hono';
import { TrustedProxies } from './client/trusted-proxies.js';
import { Exchange, type RegistryContext, type RegistryObserver } from './exchange.js';
import { base } from './handlers/base.js';
import { blob } from './handlers/blob.js';
import { catalog } from './handlers/catalog.js';
import { manifest } from './handlers/manifest.js';
import { referrers } from './handlers/referrers.js';
import { answer } from './handlers/resource.js';
import { root } from './handlers/root.js';
import { tags } from './handlers/tags.js';
import { upload } from './handlers/upload.js';
import { uploads } from './handlers/uploads.js';
import type { CorsOptions } from './http/cors.js';
import { requestTarget } from './http/request-target.js';
import type { Transport } from './http/transport.js';
import type { AccessControl } from './policy/access-control.js';
import { GuardedStore } from './policy/guarded-store.js';
import { createPolicy, type PolicyOptions } from './policy/registry-policy.js';
import { describeRoute } from './response-event.js';
import { parseRoute, type Route } from './route.js';
import type { RegistryStorage } from './storage/registry-storage.js';
import type { RegistryStore } from './storage/registry-store.js';

export interface RegistryOptions extends RegistryObserver, PolicyOptions {
  /** With a {@link RegistryStore}, the registry takes pushes, unless it is `readOnly`; with less, it only serves. */
  readonly storage: RegistryStorage | RegistryStore;
  /** Who may do what. @defaultValue everybody everything */
  readonly access?: AccessControl | undefined;
  /** Origins whose scripts may talk to the registry from a browser. @defaultValue none */
  readonly cors?: CorsOptions | undefined;
  /**
   * Proxies in front of the registry: addresses, and ranges such as `10.0.0.0/8`. What they say of a client in
   * `X-Forwarded-For` and `X-Forwarded-Proto` is believed. @defaultValue none
   */
  readonly trustedProxies?: readonly string[] | undefined;
}

/**
 * A registry, as a function from a web-standard request to its response.
 *
 * It wants the root of a host, for the protocol's paths begin with `/v2/` and leave no room for a prefix. Inside a Hono
 * application: `app.mount('/', registry.fetch)`.
 */
export interface Registry {
  /** @param env - what the platform tells of the connection; `@hono/node-server` passes it. */
  fetch(request: Request, env?: Transport): Response | Promise<Response>;
}

/**
 * A registry over what `storage` holds. It answers every request, never rejects, and tells `onError` why it could not.
 *
 * @throws {InvalidValueError} `REFERENCE_INVALID` for what is no pattern of tags.
 * @throws {OciError} `ARGUMENT_INVALID` for a trusted proxy that is neither an address nor a range.
 */
export function createRegistry(options: RegistryOptions): Registry {
  const context = createContext(options);
  // Hono's own path has been decoded and folded. Routes are told apart by the raw target instead: see parseRoute.
  const app = new Hono<{ Bindings: Transport }>({ getPath: () => '/' });
  app.all('*', async ({ env: transport, req: { raw: request } }) => {
    const exchange = new Exchange(request, requestTarget(request, transport), context, transport);
    try {
      return await respond(exchange);
    } catch (error) {
      return exchange.failure(error);
    }
  });
  return { fetch: (request, env) => app.fetch(request, env ?? {}) };
}

function createContext(options: RegistryOptions): RegistryContext {
  const { storage, access, cors, onResponse, onError, onEvent } = options;
  const policy = createPolicy(options);
  const store = isStore(storage) && !policy.readOnly ? new GuardedStore(storage, policy) : undefined;
  const proxies = new TrustedProxies(options.trustedProxies);
  return { storage, store, policy, access, cors, proxies, observer: { onResponse, onError, onEvent } };
}

function isStore(storage: RegistryStorage | RegistryStore): storage is RegistryStore {
  return 'createUpload' in storage;
}

function respond(exchange: Exchange): Response | Promise<Response> {
  const route = parseRoute(exchange.target);
  if (route.kind === 'invalid') return exchange.error(route.code, route.message, { status: route.status });
  exchange.subject = describeRoute(route);
  return dispatch(exchange, route);
}

function dispatch(exchange: Exchange, route: Route): Response | Promise<Response> {
  switch (route.kind) {
    case 'root':
      return answer(root, exchange, route);
    case 'base':
      return answer(base, exchange, route);
    case 'catalog':
      return answer(catalog, exchange, route);
    case 'tags':
      return answer(tags, exchange, route);
    case 'manifest':
      return answer(manifest, exchange, route);
    case 'blob':
      return answer(blob, exchange, route);
    case 'referrers':
      return answer(referrers, exchange, route);
    case 'uploads':
      return answer(uploads, exchange, route);
    case 'upload':
      return answer(upload, exchange, route);
  }
}
