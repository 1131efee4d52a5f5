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
    [{ kind: 'base', status: 401 }, 'info', 'asking for a login'],
    [{ kind: 'manifest', status: 403 }, 'warn', 'refusing manifest'],
    [{ kind: 'upload', status: 405, method: 'POST' }, 'warn', 'refusing push'],
    [{ kind: 'unknown', status: 400 }, 'warn', 'refusing request'],
    [{ kind: 'blob', status: 204, method: 'OPTIONS' }, 'info', 'explaining blob'],
    [{ kind: 'layer', status: 500 }, 'error', 'failing at layer'],
  ] as const)('tells %j as %s "%s"', (event, level, msg) => {
    expect(recordOf(event)).toMatchObject({ level, msg });
  });

  it.each([
    ['POST', 202, 'opening upload'],
    ['PATCH', 202, 'receiving blob'],
    ['PUT', 201, 'sealing blob'],
    ['GET', 204, 'telling of upload'],
    ['DELETE', 204, 'cancelling upload'],
  ])('tells a %s of an upload that is answered with %i as "%s"', (method, status, msg) => {
    expect(recordOf({ kind: 'upload', method, status })).toMatchObject({ level: 'info', msg });
  });

  it('tells a blob that is mounted from one that comes in one piece', () => {
    const event = { kind: 'upload', method: 'POST', status: 201 } as const;
    expect(recordOf({ ...event, target: '/v2/a/blobs/uploads/?mount=sha256:0&from=b' }).msg).toBe('mounting blob');
    expect(recordOf({ ...event, target: '/v2/a/blobs/uploads/?digest=sha256:0' }).msg).toBe('receiving blob');
  });

  it('tells what is deleted', () => {
    const event = { method: 'DELETE', status: 202 } as const;
    expect(recordOf({ ...event, kind: 'manifest', reference: 'v1' }).msg).toBe('deleting tag');
    expect(recordOf({ ...event, kind: 'manifest', reference: 'sha256:0' }).msg).toBe('deleting manifest');
    expect(recordOf({ ...event, kind: 'blob', reference: 'sha256:0' }).msg).toBe('deleting blob');
    expect(recordOf({ kind: 'manifest', method: 'PUT', status: 201 }).msg).toBe('accepting manifest');
  });

  it('tells the request, who sent it and from where', () => {
    const who = { identity: 'alice', remoteAddress: '192.0.2.7', receivedBytes: 700 };
    expect(recordOf(who)).toMatchObject({ ...who, requestId: 'r-1' });
    expect(recordOf({})).not.toHaveProperty('identity');
  });

  it('says so where the client left before the last byte', () => {
    expect(recordOf({ kind: 'layer', complete: false })).toMatchObject({ level: 'info', complete: false });
    expect(recordOf({ kind: 'layer' })).not.toHaveProperty('complete');
    const cut = { kind: 'upload', method: 'PATCH', status: 400, complete: false } as const;
    expect(recordOf(cut)).toMatchObject({ level: 'warn', msg: 'breaking off push', complete: false });
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
      requestId: 'r-1',
      err: { message: 'disk on fire' },
    });
  });
});

describe('logRequests().onRefused', () => {
  it('warns of credentials that were not taken', () => {
    const lines: string[] = [];
    const { onRefused } = logRequests(createLog({ level: 'info', format: 'json', write: (line) => lines.push(line) }));
    onRefused({ scheme: 'basic', reason: 'wrong password', account: 'alice', address: '192.0.2.7' });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'warn',
      msg: 'refusing login',
      reason: 'wrong password',
      identity: 'alice',
      remoteAddress: '192.0.2.7',
    });
  });
});
