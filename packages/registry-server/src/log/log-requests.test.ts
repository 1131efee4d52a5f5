import { describe, expect, it } from 'vitest';
import type { ResponseEvent } from '../response-event.js';
import { createLog } from './create-log.js';
import { logRequests } from './log-requests.js';

function recordOf(event: Partial<ResponseEvent>): Record<string, unknown> {
  const lines: string[] = [];
  const { onResponse } = logRequests(createLog({ level: 'info', format: 'json', write: (line) => lines.push(line) }));
  onResponse({
    kind: 'manifest',
    method: 'GET',
    target: '/v2/quinistry/manifests/latest',
    status: 200,
    bytes: 592,
    receivedBytes: 0,
    complete: true,
    durationMs: 1.2345,
    requestId: 'r-1',
    ...event,
  });
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '');
}

describe('logRequests().onResponse', () => {
  it('tells method, target, status, bytes and duration', () => {
    expect(recordOf({})).toMatchObject({
      msg: 'serving manifest',
      method: 'GET',
      target: '/v2/quinistry/manifests/latest',
      status: 200,
      bytes: 592,
      durationMs: 1.2,
    });
  });

  it.each([
    [{ kind: 'base' }, 'info', 'acknowledging V2 API'],
    [{ kind: 'manifest' }, 'info', 'serving manifest'],
    [{ kind: 'config' }, 'info', 'serving config'],
    [{ kind: 'layer', status: 206 }, 'info', 'serving layer'],
    [{ kind: 'tags' }, 'info', 'serving tag list'],
    [{ kind: 'manifest', status: 404 }, 'info', 'not finding manifest'],
    [{ kind: 'upload', status: 405, method: 'POST' }, 'warn', 'refusing push'],
    [{ kind: 'unknown', status: 400 }, 'warn', 'refusing request'],
    [{ kind: 'blob', status: 204, method: 'OPTIONS' }, 'info', 'explaining blob'],
    [{ kind: 'layer', status: 500 }, 'error', 'failing at layer'],
  ] as const)('tells %j as %s "%s"', (event, level, msg) => {
    expect(recordOf(event)).toMatchObject({ level, msg });
  });

  it('says so where the client left before the last byte', () => {
    expect(recordOf({ kind: 'layer', complete: false })).toMatchObject({ level: 'info', complete: false });
    expect(recordOf({ kind: 'layer' })).not.toHaveProperty('complete');
  });

  it('lets no target forge a line or fill the log', () => {
    const { target } = recordOf({ target: `/v2/\u0085{"level":"fatal"}\u001b[2J${'a'.repeat(20_000)}` });
    expect(target).toMatch(/^\/v2\/\\u\{85\}\{"level":"fatal"\}\\u\{1b\}\[2Ja+…$/);
    expect(String(target).length).toBeLessThan(1000);
  });
});

describe('logRequests().onError', () => {
  it('tells the error with the request it happened in', () => {
    const lines: string[] = [];
    const { onError } = logRequests(createLog({ level: 'info', format: 'json', write: (line) => lines.push(line) }));
    onError(new Error('disk on fire'), { method: 'GET', target: '/v2/a/blobs/b', requestId: 'r-1' });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'error',
      msg: 'something went wrong',
      method: 'GET',
      target: '/v2/a/blobs/b',
      err: { message: 'disk on fire' },
    });
  });
});
