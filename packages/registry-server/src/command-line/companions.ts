/** What runs beside the server for as long as it does, and is stopped after it. */
import type { Configuration } from '../config/configuration.js';
import type { RunningServer, startServer } from '../node-server.js';
import type { Health } from '../operations/health.js';
import type { Metrics } from '../operations/metrics.js';
import type { TlsFiles } from '../operations/tls-files.js';
import type { RegistryStore } from '../storage/registry-store.js';
import type { ServeStory } from './serve-story.js';
import type { ServerParts } from './server-parts.js';

/** Time for the notifications of the last requests, and for whoever asks for metrics at this moment. */
const CLOSE_TIMEOUT_MS = 1_000;

export interface Companion {
  stop(): Promise<void>;
}

/** What companions work with. */
export interface Surroundings {
  readonly server: RunningServer;
  readonly parts: ServerParts;
  readonly health: Health;
  readonly story: ServeStory;
  readonly startServer: typeof startServer;
}

/** @throws {ListenError} where metrics cannot be had at their address. */
export async function startCompanions(configuration: Configuration, around: Surroundings): Promise<Companion[]> {
  const { server, operations, garbageCollection } = configuration;
  const { metrics, webhook, store } = around.parts;
  const companions: Companion[] = [];
  // It may fail, so it comes first: there is nothing to stop yet.
  if (operations.metrics && metrics) companions.push(await serveMetrics(operations.metrics, metrics, around));
  if (server.tls) companions.push(await renewTls(server.tls, around));
  if (store && garbageCollection.interval > 0) {
    companions.push(await collectGarbage(garbageCollection, store, around));
  }
  if (webhook) companions.push({ stop: () => webhook.close({ timeoutMs: CLOSE_TIMEOUT_MS }) });
  return companions;
}

async function serveMetrics(
  { host, port }: { readonly host: string; readonly port: number },
  metrics: Metrics,
  { health, story, startServer }: Surroundings,
): Promise<Companion> {
  const { createOperationsEndpoint } = await import('../operations/operations-endpoint.js');
  const registry = createOperationsEndpoint(health, metrics);
  const server = await startServer({ registry, host, port, onError: story.requests.onError });
  story.tellMetrics(host, server.port);
  return { stop: () => server.close({ timeoutMs: CLOSE_TIMEOUT_MS }) };
}

async function renewTls(files: TlsFiles, { server, story: { log } }: Surroundings): Promise<Companion> {
  const { watchTlsFiles } = await import('../operations/tls-files.js');
  const stop = watchTlsFiles(files, {
    onChange(credentials) {
      server.renewTls(credentials);
      log.info({ expires: credentials.expires }, 'renewed the certificate');
    },
    onError: (err) => log.error({ err }, 'keeping the certificate there was'),
  });
  return { stop: async () => stop() };
}

async function collectGarbage(
  { interval, grace, untagged }: Configuration['garbageCollection'],
  store: RegistryStore,
  { parts, story: { log } }: Surroundings,
): Promise<Companion> {
  const { scheduleGarbageCollection } = await import('../operations/garbage-schedule.js');
  const onGarbage: Metrics['countGarbage'] = (garbage) => parts.metrics?.countGarbage(garbage);
  const stop = scheduleGarbageCollection({ store, intervalMs: interval, graceMs: grace, untagged, log, onGarbage });
  return { stop };
}
