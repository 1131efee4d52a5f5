import { describe, expect, it } from 'vitest';
import type { TokenEndpoint } from '../access/token-endpoint.js';
import { TrustedProxies } from '../client/trusted-proxies.js';
import { createLog } from '../log/create-log.js';
import { createRegistry } from '../registry.js';
import { createFixtureStorage } from '../testing/fixture-storage.js';
import { createFrontDoor } from './front-door.js';
import { Health } from './health.js';

function open(fetchToken: TokenEndpoint['fetch'] = async () => new Response('{"token":"secret"}')) {
  const lines: string[] = [];
  const door = createFrontDoor({
    registry: createRegistry({ storage: createFixtureStorage() }),
    health: new Health(['image']),
    tokens: { path: '/token', fetch: fetchToken },
    cors: { origins: ['https://ui.example.org'] },
    proxies: new TrustedProxies(['10.0.0.1']),
    log: createLog({ level: 'info', format: 'json', write: (line) => lines.push(line) }),
  });
  return {
    ask: (path: string, init?: RequestInit, peer?: string) =>
      door.fetch(new Request(`http://registry.test${path}`, init), { incoming: { socket: { remoteAddress: peer } } }),
    lines,
  };
}

describe('createFrontDoor', () => {
  it('leaves the protocol to the registry', async () => {
    const { ask, lines } = open();
    expect((await ask('/v2/')).status).toBe(200);
    expect((await ask('/v2/demo/app/manifests/latest')).status).toBe(200);
    expect((await ask('/nowhere')).status).toBe(404);
    expect(lines).toEqual([]);
  });

  it('answers for the health of the server', async () => {
    const { ask } = open();
    expect((await ask('/healthz')).status).toBe(200);
    expect((await ask('/readyz?verbose')).status).toBe(503);
  });

  it('answers at the token endpoint, and logs neither account nor token', async () => {
    const { ask, lines } = open();
    const headers = { Authorization: 'Basic YWxpY2U6cGFzcw==', 'X-Request-Id': 'r-1' };
    const answer = await ask('/token?account=alice&scope=repository:a:pull', { headers });
    expect(await answer.json()).toEqual({ token: 'secret' });
    expect(answer.headers.get('X-Request-Id')).toBe('r-1');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: 'making out token', target: '/token', requestId: 'r-1' });
    expect(lines.join('')).not.toMatch(/alice|secret|YWxpY2U6/);
  });

  it('takes the client for whom a trusted proxy names, in logins and in the log', async () => {
    const addresses: unknown[] = [];
    const { ask, lines } = open(async (_request, address) => {
      addresses.push(address);
      return new Response('{}');
    });
    const headers = { 'X-Forwarded-For': '203.0.113.7' };
    for (const peer of ['10.0.0.1', '10.0.0.2']) await ask('/token', { headers }, peer);
    expect(addresses).toEqual(['203.0.113.7', '10.0.0.2']);
    expect(lines.map((line) => JSON.parse(line).remoteAddress)).toEqual(addresses);
  });

  it('lets scripts of the origins that may use the registry log in, and those of others not', async () => {
    const { ask, lines } = open();
    const allowed = async (origin: string, method: string) => {
      const answer = await ask('/token', { method, headers: { Origin: origin } });
      return [answer.status, answer.headers.get('Access-Control-Allow-Origin')];
    };
    const preflight = await ask('/token', { method: 'OPTIONS', headers: { Origin: 'https://ui.example.org' } });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('Access-Control-Allow-Headers')).toContain('Authorization');
    expect(lines).toEqual([]);
    expect(await allowed('https://ui.example.org', 'GET')).toEqual([200, 'https://ui.example.org']);
    expect(await allowed('https://evil.example.org', 'GET')).toEqual([200, null]);
  });

  it('answers 500 where the accounts cannot be told, and logs why', async () => {
    const { ask, lines } = open(() => Promise.reject(new Error('disk on fire')));
    expect((await ask('/token')).status).toBe(500);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', err: { message: 'disk on fire' } });
  });
});
