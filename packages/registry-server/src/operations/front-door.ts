import type { TokenEndpoint } from '../access/token-endpoint.js';
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
  readonly log: Pick<Log, 'info' | 'error'>;
}

/** The registry, and what stands beside it at the same address: health, and the endpoint where clients log in. */
export function createFrontDoor({ registry, health, tokens, log }: FrontDoorOptions): Registry {
  return {
    fetch(request, transport) {
      const target = requestTarget(request, transport);
      if (target.startsWith('/v2/')) return registry.fetch(request, transport);
      const path = pathOf(target);
      if (path === tokens?.path) return answerTokens(tokens, request, transport, log);
      return health.answer(path, request.method) ?? registry.fetch(request, transport);
    },
  };
}

/** Its query names an account and what it wants; the log gets neither, for nobody has been identified yet. */
async function answerTokens(
  tokens: TokenEndpoint,
  request: Request,
  transport: Transport | undefined,
  log: FrontDoorOptions['log'],
): Promise<Response> {
  const remoteAddress = transport?.incoming?.socket?.remoteAddress;
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
