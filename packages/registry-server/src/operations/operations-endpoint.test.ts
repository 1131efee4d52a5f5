import { describe, expect, it } from 'vitest';
import { Health } from './health.js';
import { createMetrics } from './metrics.js';
import { createOperationsEndpoint } from './operations-endpoint.js';

function ask(path: string, init?: RequestInit): Response | Promise<Response> {
  return createOperationsEndpoint(new Health([]), createMetrics()).fetch(
    new Request(`http://metrics.test${path}`, init),
  );
}

describe('createOperationsEndpoint', () => {
  it('answers /metrics in the text format of Prometheus', async () => {
    const answer = await ask('/metrics');
    expect(answer.headers.get('Content-Type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await answer.text()).toMatch(/^# HELP quinistry_requests_total /m);
  });

  it('answers for the health of the server', async () => {
    expect((await ask('/readyz')).status).toBe(200);
  });

  it('has nothing else, and takes nothing', async () => {
    expect((await ask('/v2/')).status).toBe(404);
    expect((await ask('/metrics', { method: 'POST' })).status).toBe(405);
  });
});
