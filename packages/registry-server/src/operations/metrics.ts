/** What goes on, in numbers, for Prometheus. Labels take few values only: no client can make up a new time series. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { RegistryEvent } from '../registry-event.js';
import type { ResponseEvent } from '../response-event.js';
import type { Garbage } from '../storage/registry-store.js';

export interface Metrics {
  countResponse(event: ResponseEvent): void;
  countEvent(event: RegistryEvent): void;
  countError(): void;
  countGarbage(garbage: Garbage): void;
  countDelivery(outcome: 'delivered' | 'retried' | 'dropped'): void;
  /** @param read - asked whenever the metrics are. */
  watchWebhookQueue(read: () => number): void;
  /** The text format of Prometheus, and its media type. */
  render(): Promise<{ readonly text: string; readonly contentType: string }>;
}

/** From a manifest out of memory to a layer of some gigabytes over a slow line. */
const DURATION_BUCKETS_SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 300, 1800];

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const requests = new Counter({
    name: 'quinistry_requests_total',
    help: 'Requests that were answered, by what they were about, method and status.',
    labelNames: ['kind', 'method', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'quinistry_request_duration_seconds',
    help: 'From the headers of a request to the last byte of its answer.',
    labelNames: ['kind', 'method'],
    buckets: DURATION_BUCKETS_SECONDS,
    registers,
  });
  const counter = <const L extends readonly string[]>(name: string, help: string, ...labelNames: L) =>
    new Counter<L[number]>({ name: `quinistry_${name}`, help, labelNames, registers });
  const sent = counter('sent_bytes_total', 'Bytes of the bodies of answers.', 'kind');
  const received = counter('received_bytes_total', 'Bytes of the bodies of requests.', 'kind');
  const broken = counter('broken_off_total', 'Requests and answers that broke off before their last byte.', 'kind');
  const events = counter('events_total', 'Pushes, mounts and deletes that the store acknowledged.', 'action', 'kind');
  const errors = counter('errors_total', 'Failures that no client can be blamed for.');
  const collected = counter('garbage_collected_total', 'Pieces of content that were removed as garbage.', 'kind');
  const freed = counter('garbage_freed_bytes_total', 'Bytes that the removal of garbage has freed.');
  const deliveries = counter('webhook_deliveries_total', 'Attempts to deliver a notification, by outcome.', 'outcome');

  return {
    countResponse({ kind, method, status, bytes, receivedBytes, complete, durationMs }) {
      const known = METHODS.has(method) ? method : 'other';
      requests.inc({ kind, method: known, status });
      durations.observe({ kind, method: known }, durationMs / 1000);
      sent.inc({ kind }, bytes);
      received.inc({ kind }, receivedBytes);
      if (!complete) broken.inc({ kind });
    },
    countEvent: ({ action, kind }) => events.inc({ action, kind }),
    countError: () => errors.inc(),
    countGarbage({ kind, size }) {
      collected.inc({ kind });
      freed.inc(size);
    },
    countDelivery: (outcome) => deliveries.inc({ outcome }),
    watchWebhookQueue(read) {
      new Gauge({
        name: 'quinistry_webhook_queue_length',
        help: 'Notifications that wait for their delivery.',
        registers,
        collect() {
          this.set(read());
        },
      });
    },
    async render() {
      return { text: await registry.metrics(), contentType: registry.contentType };
    },
  };
}
