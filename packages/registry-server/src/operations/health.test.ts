import { describe, expect, it } from 'vitest';
import { Health } from './health.js';

describe('GET /healthz', () => {
  it('answers 200 whatever is missing, and while the server stops', async () => {
    const health = new Health(['image', 'storage']);
    health.stop();
    const answer = health.answer('/healthz', 'GET');
    expect(answer?.status).toBe(200);
    expect(await answer?.json()).toEqual({ status: 'alive' });
  });
});

describe('GET /readyz', () => {
  it('answers 503 and names what is missing, until it is there', async () => {
    const health = new Health(['image', 'storage']);
    health.settle('storage');
    const answer = health.answer('/readyz', 'GET');
    expect(answer?.status).toBe(503);
    expect(await answer?.json()).toEqual({ status: 'starting', missing: ['image'] });
    health.settle('image');
    expect(health.answer('/readyz', 'GET')?.status).toBe(200);
  });

  it('answers 503 from when the server is told to stop', async () => {
    const health = new Health([]);
    expect(health.answer('/readyz', 'GET')?.status).toBe(200);
    health.stop();
    expect(health.answer('/readyz', 'GET')?.status).toBe(503);
  });

  it('is never kept by a cache, and a HEAD has no body', async () => {
    const answer = new Health([]).answer('/readyz', 'HEAD');
    expect(answer?.headers.get('Cache-Control')).toBe('no-store');
    expect(await answer?.text()).toBe('');
  });
});

describe('other requests', () => {
  it('answers 405 to other methods, and leaves other paths alone', () => {
    expect(new Health([]).answer('/healthz', 'POST')?.status).toBe(405);
    expect(new Health([]).answer('/v2/', 'GET')).toBeUndefined();
    expect(new Health([]).answer('/healthz/', 'GET')).toBeUndefined();
  });
});
