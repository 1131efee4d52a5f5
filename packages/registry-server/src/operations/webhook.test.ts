import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLog } from '../log/create-log.js';
import type { RegistryEvent } from '../registry-event.js';
import { Webhook, type WebhookOptions } from './webhook.js';
import { webhookHeaders } from './webhook-signature.js';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver that answers with one status after the other; with 204 when it has run out of them, and not at all to 0. */
async function startReceiver(statuses: readonly number[] = []) {
  const received: Received[] = [];
  const left = [...statuses];
  const server = createServer(async (request, response) => {
    received.push({ headers: request.headers, body: await text(request) });
    const status = left.shift() ?? 204;
    if (status !== 0) response.writeHead(status, { Location: '/elsewhere' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { received, url: new URL(`http://127.0.0.1:${port}/hook`) };
}

function startWebhook(options: Pick<WebhookOptions, 'url'> & Partial<WebhookOptions>) {
  const lines: string[] = [];
  const outcomes: string[] = [];
  const webhook = new Webhook({
    log: createLog({ level: 'debug', format: 'json', write: (line) => lines.push(line) }),
    onDelivery: (outcome) => outcomes.push(outcome),
    firstDelayMs: 1,
    ...options,
  });
  onTestFinished(() => webhook.close({ timeoutMs: 0 }));
  return { webhook, outcomes, records: () => lines.map((line) => JSON.parse(line)) };
}

function push(tag: string): RegistryEvent {
  return { action: 'push', kind: 'manifest', repository: 'team/app', tags: [tag], requestId: `request-${tag}` };
}

describe('Webhook', () => {
  it('posts each event, in their order, signed', async () => {
    const { received, url } = await startReceiver();
    const secret = Buffer.from('s3cret');
    const { webhook, outcomes } = startWebhook({ url, secret });
    for (const tag of ['a', 'b', 'c']) webhook.notify(push(tag));
    await vi.waitFor(() => expect(outcomes).toEqual(['delivered', 'delivered', 'delivered']));
    expect(received.map(({ body }) => JSON.parse(body).events[0].target.tag)).toEqual(['a', 'b', 'c']);
    for (const { headers, body } of received) {
      const at = new Date(Number(headers['webhook-timestamp']) * 1000);
      const expected = webhookHeaders(String(headers['webhook-id']), body, at, secret);
      expect(headers['webhook-signature']).toBe(expected['webhook-signature']);
      expect(headers['content-type']).toBe('application/vnd.docker.distribution.events.v1+json');
    }
    expect(webhook.queued).toBe(0);
  });

  it('sends what comes just as the last notification has been delivered', async () => {
    const { url } = await startReceiver();
    for (let steps = 0; steps < 8; steps++) {
      const delivered: string[] = [];
      const later = async (): Promise<void> => {
        for (let step = 0; step < steps; step++) await undefined; // so many turns of the microtask queue later
        webhook.notify(push('b'));
      };
      const { webhook } = startWebhook({ url, onDelivery: (outcome) => delivered.push(outcome) === 1 && void later() });
      webhook.notify(push('a'));
      await vi.waitFor(() => expect(delivered).toEqual(['delivered', 'delivered']));
    }
  });

  it.each([500, 503, 429, 408])('tries again after %i, under the same id', async (status) => {
    const { received, url } = await startReceiver([status, status]);
    const { webhook, outcomes } = startWebhook({ url });
    webhook.notify(push('a'));
    await vi.waitFor(() => expect(outcomes).toEqual(['retried', 'retried', 'delivered']));
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('tries again where nobody answers in time', async () => {
    const { url } = await startReceiver([0]);
    const { webhook, outcomes } = startWebhook({ url, attemptTimeoutMs: 50 });
    webhook.notify(push('a'));
    await vi.waitFor(() => expect(outcomes).toEqual(['retried', 'delivered']));
  });

  it.each([400, 401, 404, 410, 302])('drops and logs what is answered with %i', async (status) => {
    const { received, url } = await startReceiver([status]);
    const { webhook, outcomes, records } = startWebhook({ url });
    webhook.notify(push('a'));
    webhook.notify(push('b'));
    await vi.waitFor(() => expect(outcomes).toEqual(['dropped', 'delivered']));
    expect(received).toHaveLength(2); // the redirect was not followed
    expect(records()).toMatchObject([
      { level: 'error', msg: 'dropping notification', requestId: 'request-a', why: `the receiver answered ${status}` },
    ]);
  });

  it('gives up after ten attempts', async () => {
    const { received, url } = await startReceiver(Array(10).fill(500));
    const { webhook, outcomes } = startWebhook({ url, firstDelayMs: 0 });
    webhook.notify(push('a'));
    await vi.waitFor(() => expect(outcomes).toContain('dropped'));
    expect(received).toHaveLength(10);
  });

  it('drops what does not fit into the queue, and goes on with what waits', async () => {
    const { received, url } = await startReceiver([0]);
    const { webhook, outcomes, records } = startWebhook({ url, maxQueued: 2, attemptTimeoutMs: 100 });
    for (const tag of ['a', 'b', 'c']) webhook.notify(push(tag));
    expect(outcomes).toEqual(['dropped']);
    expect(records()[0]).toMatchObject({ requestId: 'request-c', why: 'too many notifications are waiting' });
    await vi.waitFor(() => expect(outcomes).toEqual(['dropped', 'retried', 'delivered', 'delivered']));
    expect(received).toHaveLength(3);
  });
});

describe('Webhook.close', () => {
  it('waits no longer for another attempt, tries what is left once more, and drops what fails', async () => {
    const { received, url } = await startReceiver([500, 500]);
    const { webhook, outcomes } = startWebhook({ url, firstDelayMs: 60_000 });
    webhook.notify(push('a'));
    webhook.notify(push('b'));
    await vi.waitFor(() => expect(outcomes).toEqual(['retried']));
    await webhook.close({ timeoutMs: 10_000 });
    expect(outcomes).toEqual(['retried', 'dropped', 'delivered']);
    expect(received).toHaveLength(3);
  });

  it('cuts a receiver that does not answer, and drops the rest unsent', async () => {
    const { received, url } = await startReceiver([0]);
    const { webhook, outcomes } = startWebhook({ url });
    webhook.notify(push('a'));
    webhook.notify(push('b'));
    await vi.waitFor(() => expect(received).toHaveLength(1));
    await webhook.close({ timeoutMs: 10 });
    expect(outcomes).toEqual(['dropped', 'dropped']);
    expect(received).toHaveLength(1);
  });
});
