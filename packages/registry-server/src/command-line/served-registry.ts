import type { Configuration } from '../config/configuration.js';
import type { RegistryObserver } from '../exchange.js';
import type { RequestLog } from '../log/log-requests.js';
import type { Quine } from '../quine/build-quine.js';
import { createQuineStorage, QUINE_REPOSITORY } from '../quine/quine-storage.js';
import { createRegistry, type Registry } from '../registry.js';
import { createLayeredStore } from '../storage/layered-storage.js';
import type { ServerParts } from './server-parts.js';

/** The quine alone, or beside what people keep in the store. */
export function createServedRegistry(
  quine: Promise<Quine>,
  { policy, cors, server }: Configuration,
  { parts, requests }: { readonly parts: ServerParts; readonly requests: RequestLog },
): Registry {
  const overlay = { repositories: [QUINE_REPOSITORY], storage: createQuineStorage(quine) };
  const { limits, ...rest } = policy;
  return createRegistry({
    ...rest,
    limits: {
      maxManifestBytes: limits.maxManifestSize,
      maxBlobBytes: limits.maxBlobSize,
      maxUploads: limits.maxUploads,
      maxUploadsPerClient: limits.maxUploadsPerClient,
      maxRepositoryBytes: limits.maxRepositorySize,
    },
    storage: parts.store === undefined ? overlay.storage : createLayeredStore(overlay, parts.store),
    access: parts.access?.control,
    cors: cors.origins.length === 0 ? undefined : cors,
    trustedProxies: server.trustedProxies,
    ...observe(parts, requests),
  });
}

function observe({ metrics, webhook }: ServerParts, requests: RequestLog): RegistryObserver {
  return {
    onResponse(event) {
      requests.onResponse(event);
      metrics?.countResponse(event);
    },
    onError(error, context) {
      requests.onError(error, context);
      metrics?.countError();
    },
    onEvent(event) {
      metrics?.countEvent(event);
      webhook?.notify(event);
    },
  };
}
