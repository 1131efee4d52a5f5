import type { TokenEndpoint } from '../access/token-endpoint.js';
import type { TrustedProxies } from '../client/trusted-proxies.js';
import { type CorsOptions, corsHeaders } from '../http/cors.js';
import { REQUEST_ID_HEADER, requestIdOf } from '../http/request-id.js';
import { requestTarget } from '../http/request-target.js';
import type { Transport } from '../http/transport.js';
import type { Log } from '../log/create-log.js';
import type { Registry } from '../registry.js';
import type { Health } from './health.js';
import { pathOf } from './operations-endpoint.js';

export interface FrontDoorOptions {
  readonly registry: Registry;
  readonly health: Health;
  /** Absent where the registry makes out no tokens. */
  readonly tokens: TokenEndpoint | undefined;
  /** As of the registry: a script that may use it has to be able to log in. */
  readonly cors: CorsOptions;
  readonly proxies: TrustedProxies;
  readonly log: Pick<Log, 'info' | 'error'>;
}

/** The registry, and what stands beside it at the same address: health, and the endpoint where clients log in. */
export function createFrontDoor(options: FrontDoorOptions): Registry {
  const { registry, health, tokens } = options;
  return {
    fetch(request, transport) {
      const target = requestTarget(request, transport);
      if (target.startsWith('/v2/')) return registry.fetch(request, transport);
      const path = pathOf(target);
      if (path === tokens?.path) return answerScripts(tokens, request, transport, options);
      return health.answer(path, request.method) ?? registry.fetch(request, transport);
    },
  };
}

/** Adds what browsers want to hear, and tells them ahead of a request whether they will. */
async function answerScripts(
  tokens: TokenEndpoint,
  request: Request,
  transport: Transport | undefined,
  options: FrontDoorOptions,
): Promise<Response> {
  const isPreflight = request.method === 'OPTIONS';
  const response = isPreflight
    ? new Response(null, { status: 204, headers: { Allow: 'GET, POST, OPTIONS' } })
    : await answerTokens(tokens, request, transport, options);
  const added = corsHeaders(options.cors, request.headers.get('Origin'), isPreflight);
  for (const [name, value] of Object.entries(added)) response.headers.set(name, value);
  return response;
}

/** Its query names an account and what it wants; the log gets neither, for nobody has been identified yet. */
async function answerTokens(
  tokens: TokenEndpoint,
  request: Request,
  transport: Transport | undefined,
  { proxies, log }: FrontDoorOptions,
): Promise<Response> {
  const remoteAddress = proxies.clientAddress(request, transport);
  const requestId = requestIdOf(request.headers.get(REQUEST_ID_HEADER));
  const { method } = request;
  const response = await tokens.fetch(request, remoteAddress).catch((err: unknown) => {
    log.error({ err, requestId }, 'failing at token');
    return new Response(null, { status: 500 });
  });
  response.headers.set(REQUEST_ID_HEADER, requestId);
  const { status } = response;
  log.info(
    { method, target: tokens.path, status, remoteAddress, requestId },
    status === 200 ? 'making out token' : 'refusing token',
  );
  return response;
}
