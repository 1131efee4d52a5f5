import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { RequestBody } from './request-body.js';

const post = (body?: RequestInit['body'], headers: Record<string, string> = {}) =>
  new Request('http://registry.test/', { method: 'POST', headers, ...(body !== undefined && { body }) });

async function textOf(body: RequestBody): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('RequestBody', () => {
  it('reads the request, and counts', async () => {
    const body = new RequestBody(post('some bytes'), undefined);
    expect([await textOf(body), body.received, body.broken]).toEqual(['some bytes', 10, false]);
    expect(await textOf(new RequestBody(post(), undefined))).toBe('');
  });

  it('reads the connection where the request stands for it, and does not destroy it by stopping', async () => {
    const request = post('by way of the request');
    const incoming = Readable.from([Buffer.from('by way of '), Buffer.from('the connection')]);
    const body = new RequestBody(request, { incoming, request });
    for await (const _chunk of body) break;
    expect([body.received, incoming.destroyed, request.bodyUsed]).toEqual([10, false, false]);
  });

  it('reads the request where it is not the one that stands for the connection', async () => {
    const incoming = Readable.from([Buffer.from('by way of the connection')]);
    const body = new RequestBody(post('by way of the request'), { incoming, request: post() });
    expect(await textOf(body)).toBe('by way of the request');
  });

  it('tells a connection that broke from a reader that failed', async () => {
    const request = post();
    const incoming = new Readable({
      read() {
        this.destroy(new Error('aborted'));
      },
    });
    const cut = new RequestBody(request, { incoming, request });
    await expect(textOf(cut)).rejects.toThrow('aborted');
    expect(cut.broken).toBe(true);
    const failing = new RequestBody(post('bytes'), undefined);
    const reading = (async () => {
      for await (const _chunk of failing) throw new Error('disk full');
    })();
    await expect(reading).rejects.toThrow('disk full');
    expect(failing.broken).toBe(false);
  });

  it.each([
    [{ 'Content-Length': '12' }, 12],
    [{ 'Content-Length': 'x' }, undefined],
    [{}, undefined],
  ])('knows what %j announces', (headers, bytes) => {
    expect(new RequestBody(post(undefined, headers as Record<string, string>), undefined).announcedBytes).toBe(bytes);
  });
});
