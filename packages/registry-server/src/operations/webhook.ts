/**
 * Sends notifications one after the other, in the order of the events. Requests never wait for it: what does not fit into
 * the queue, and what the receiver does not take in the end, is dropped, counted and logged.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log/create-log.js';
import type { RegistryEvent } from '../registry-event.js';
import { formatNotification } from './notification.js';
import { webhookHeaders } from './webhook-signature.js';

const MAX_QUEUED = 1000;
const ATTEMPTS = 10;
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 60_000;
const ATTEMPT_TIMEOUT_MS = 10_000;

export interface WebhookOptions {
  readonly url: URL;
  /** Left out, notifications are not signed. */
  readonly secret?: Uint8Array | undefined;
  readonly log: Pick<Log, 'error' | 'debug'>;
  readonly onDelivery?: ((outcome: 'delivered' | 'retried' | 'dropped') => void) | undefined;
  /** Notifications that may wait. @defaultValue 1000 */
  readonly maxQueued?: number | undefined;
  /** Before the second attempt; it doubles from there, to a minute at most. @defaultValue 500 */
  readonly firstDelayMs?: number | undefined;
  /** Time for one attempt. @defaultValue 10 seconds */
  readonly attemptTimeoutMs?: number | undefined;
}

interface Notification {
  readonly id: string;
  readonly body: string;
  readonly event: Pick<RegistryEvent, 'action' | 'kind' | 'repository' | 'requestId'>;
}

export class Webhook {
  readonly #options: WebhookOptions;
  readonly #queue: Notification[] = [];
  /** Ends the waiting between attempts; everything that is left gets one more. */
  readonly #closing = new AbortController();
  readonly #cut = new AbortController();
  #sending: Promise<void> | undefined;

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  get queued(): number {
    return this.#queue.length;
  }

  notify(event: RegistryEvent): void {
    if (this.#queue.length >= (this.#options.maxQueued ?? MAX_QUEUED)) {
      this.#drop(event, 'too many notifications are waiting');
      return;
    }
    this.#queue.push({ id: `msg_${randomUUID()}`, body: formatNotification(event, new Date()), event });
    this.#sending ??= this.#sendAll();
  }

  /** Tries once more to deliver what waits; what `timeoutMs` does not suffice for is dropped. */
  async close({ timeoutMs }: { readonly timeoutMs: number }): Promise<void> {
    this.#closing.abort();
    const timer = setTimeout(() => this.#cut.abort(), timeoutMs);
    await this.#sending;
    clearTimeout(timer);
  }

  async #sendAll(): Promise<void> {
    // It stays in the queue while it is being sent, so that the queue's length is what is not delivered yet.
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const failure = await this.#deliver(next);
      this.#queue.shift();
      if (failure === undefined) this.#options.onDelivery?.('delivered');
      else this.#drop(next.event, failure);
    }
    // At the moment when the queue is found empty: what comes later starts anew.
    this.#sending = undefined;
  }

  /** @returns what went wrong in the end. */
  async #deliver(notification: Notification): Promise<string | undefined> {
    const { requestId } = notification.event;
    for (let attempt = 1; ; attempt += 1) {
      const { failure, final } = await this.#attempt(notification);
      if (failure === undefined) return undefined;
      if (final || attempt === ATTEMPTS || this.#closing.signal.aborted) return failure;
      this.#options.onDelivery?.('retried');
      this.#options.log.debug({ requestId, attempt, failure }, 'trying the webhook again');
      await this.#pause(attempt);
    }
  }

  async #attempt({ id, body }: Notification): Promise<{ failure?: string; final?: boolean }> {
    if (this.#cut.signal.aborted) return { failure: 'the server has stopped', final: true };
    const { url, secret, attemptTimeoutMs = ATTEMPT_TIMEOUT_MS } = this.#options;
    const signal = AbortSignal.any([AbortSignal.timeout(attemptTimeoutMs), this.#cut.signal]);
    const headers = webhookHeaders(id, body, new Date(), secret);
    try {
      // A redirect would take the notification to where nobody has looked at the address.
      const response = await fetch(url, { method: 'POST', body, headers, redirect: 'manual', signal });
      await response.body?.cancel();
      if (response.ok) return {};
      return { failure: `the receiver answered ${response.status}`, final: !isWorthAnother(response.status) };
    } catch (error) {
      return { failure: describe(error) };
    }
  }

  async #pause(attempt: number): Promise<void> {
    const longest = Math.min((this.#options.firstDelayMs ?? FIRST_DELAY_MS) * 2 ** (attempt - 1), MAX_DELAY_MS);
    // Spread, so that registries that lost one receiver together do not come back together.
    await delay(longest * (0.5 + Math.random() / 2), undefined, { signal: this.#closing.signal }).catch(() => {});
  }

  #drop({ action, kind, repository, requestId }: Notification['event'], why: string): void {
    this.#options.onDelivery?.('dropped');
    this.#options.log.error({ action, kind, repository, requestId, why }, 'dropping notification');
  }
}

/** The receiver may come to itself; what it refuses for good it would refuse again. */
function isWorthAnother(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

function describe(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  const reason = cause instanceof Error ? cause : error;
  return reason instanceof Error ? reason.message || reason.name : String(reason);
}
