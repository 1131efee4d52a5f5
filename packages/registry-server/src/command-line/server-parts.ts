/** What stands around a registry: where it keeps things, who may use it, and who is told. */
import { readFile } from 'node:fs/promises';
import { OciError } from '@quinistry/oci-image';
import type { OpenAccess } from '../access/open-access-control.js';
import type { Configuration } from '../config/configuration.js';
import type { Log } from '../log/create-log.js';
import type { RequestLog } from '../log/log-requests.js';
import type { Metrics } from '../operations/metrics.js';
import type { CheckedTls } from '../operations/tls-files.js';
import type { Webhook } from '../operations/webhook.js';
import type { ScratchBlobStore } from '../storage/directory/scratch-blob-store.js';
import type { RegistryStore } from '../storage/registry-store.js';
import { openStore } from './open-store.js';

/** Each is absent where the configuration does not ask for it; its code is not even run then. */
export interface ServerParts {
  readonly store: RegistryStore | undefined;
  /** Where the image of the server is kept, for it is tens of megabytes; in memory where this is absent. */
  readonly scratch: ScratchBlobStore | undefined;
  readonly access: OpenAccess | undefined;
  readonly tls: CheckedTls | undefined;
  readonly metrics: Metrics | undefined;
  readonly webhook: Webhook | undefined;
}

/**
 * Opens the parts; the store last, so that nothing is left open where another one fails.
 *
 * @throws {OciError} `FILE_UNREADABLE`, `STORE_IN_USE`; {@link DocumentError} for a file that is not what it should be.
 */
export async function openServerParts(
  { server, storage, access, operations }: Configuration,
  { log, requests }: { readonly log: Log; readonly requests: RequestLog },
): Promise<ServerParts> {
  const tls = server.tls && (await openTls(server.tls));
  const metrics = operations.metrics && (await openMetrics());
  const opened = access && (await openAccess(access, requests));
  const webhook = operations.webhook && (await openWebhook(operations.webhook, { log, metrics }));
  const onWarning = (message: string, err: unknown) => log.warn({ err }, message);
  const { store, scratch } = (await openStore(storage, { onWarning })) ?? {};
  return { tls, metrics, access: opened, webhook, store, scratch };
}

async function openTls(files: { readonly certificate: string; readonly key: string }): Promise<CheckedTls> {
  const { readTlsFiles } = await import('../operations/tls-files.js');
  return readTlsFiles(files);
}

async function openMetrics(): Promise<Metrics> {
  const { createMetrics } = await import('../operations/metrics.js');
  return createMetrics();
}

async function openAccess(options: NonNullable<Configuration['access']>, requests: RequestLog): Promise<OpenAccess> {
  const { openAccessControl } = await import('../access/open-access-control.js');
  return openAccessControl(options, requests);
}

async function openWebhook(
  { url, secretFile }: NonNullable<Configuration['operations']['webhook']>,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics | undefined },
): Promise<Webhook> {
  const { Webhook } = await import('../operations/webhook.js');
  const secret = secretFile === undefined ? undefined : await readSecret(secretFile);
  const webhook = new Webhook({ url, secret, log, onDelivery: (outcome) => metrics?.countDelivery(outcome) });
  metrics?.watchWebhookQueue(() => webhook.queued);
  return webhook;
}

async function readSecret(path: string): Promise<Uint8Array> {
  const { decodeWebhookSecret } = await import('../operations/webhook-signature.js');
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new OciError('FILE_UNREADABLE', `the webhook's secret ${path} cannot be read: ${cause.code}`, { cause });
  });
  const secret = decodeWebhookSecret(text);
  if (secret.byteLength > 0) return secret;
  throw new OciError('FILE_UNREADABLE', `the webhook's secret ${path} is empty`);
}
