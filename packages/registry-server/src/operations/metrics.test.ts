import { describe, expect, it } from 'vitest';
import type { ResponseEvent } from '../response-event.js';
import { createMetrics } from './metrics.js';

const RESPONSE: ResponseEvent = {
  kind: 'layer',
  method: 'GET',
  target: '/v2/demo/app/blobs/x',
  status: 200,
  bytes: 2000,
  receivedBytes: 0,
  complete: true,
  durationMs: 1500,
  requestId: 'r-1',
};

describe('createMetrics', () => {
  it('counts answers, their bytes and their time', async () => {
    const metrics = createMetrics();
    metrics.countResponse(RESPONSE);
    metrics.countResponse({ ...RESPONSE, complete: false, bytes: 10 });
    metrics.countResponse({ ...RESPONSE, kind: 'upload', method: 'PATCH', status: 202, bytes: 0, receivedBytes: 700 });
    const { text, contentType } = await metrics.render();
    expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toContain('quinistry_requests_total{kind="layer",method="GET",status="200"} 2\n');
    expect(text).toContain('quinistry_sent_bytes_total{kind="layer"} 2010\n');
    expect(text).toContain('quinistry_received_bytes_total{kind="upload"} 700\n');
    expect(text).toContain('quinistry_broken_off_total{kind="layer"} 1\n');
    expect(text).toContain('quinistry_request_duration_seconds_bucket{le="0.5",kind="layer",method="GET"} 0\n');
    expect(text).toContain('quinistry_request_duration_seconds_bucket{le="2.5",kind="layer",method="GET"} 2\n');
    expect(text).toContain('process_resident_memory_bytes');
  });

  it('counts what the store acknowledged, what garbage freed, and what became of notifications', async () => {
    const metrics = createMetrics();
    metrics.countEvent({ action: 'push', kind: 'manifest', repository: 'a', tags: ['b'], requestId: 'r-1' });
    metrics.countGarbage({ kind: 'blob', repository: 'a', name: 'sha256:0', size: 512 });
    metrics.countDelivery('dropped');
    metrics.countError();
    metrics.watchWebhookQueue(() => 7);
    const { text } = await metrics.render();
    expect(text).toContain('quinistry_events_total{action="push",kind="manifest"} 1\n');
    expect(text).toContain('quinistry_garbage_collected_total{kind="blob"} 1\n');
    expect(text).toContain('quinistry_garbage_freed_bytes_total 512\n');
    expect(text).toContain('quinistry_webhook_deliveries_total{outcome="dropped"} 1\n');
    expect(text).toContain('quinistry_errors_total 1\n');
    expect(text).toContain('quinistry_webhook_queue_length 7\n');
  });

  it('makes no time series out of what clients make up', async () => {
    const metrics = createMetrics();
    for (const method of ['PROPFIND', 'M-SEARCH']) metrics.countResponse({ ...RESPONSE, kind: 'unknown', method });
    const { text } = await metrics.render();
    expect(text).toContain('quinistry_requests_total{kind="unknown",method="other",status="200"} 2\n');
  });

  it('keeps the numbers of two servers in one process apart', async () => {
    createMetrics().countResponse(RESPONSE);
    expect((await createMetrics().render()).text).not.toContain('method="GET"');
  });
});
