import { describe, expect, it } from 'vitest';
import { createRegistry } from '../registry.js';
import { createFixtureStorage } from '../testing/fixture-storage.js';

const registry = createRegistry({ storage: createFixtureStorage() });

async function get(query: string): Promise<Response> {
  return registry.fetch(new Request(`http://registry.test/v2/_catalog${query}`));
}

describe('GET /v2/_catalog', () => {
  it('lists the repositories', async () => {
    const response = await get('');
    expect(response.status).toBe(200);
    expect(response.headers.has('Link')).toBe(false);
    expect(await response.json()).toEqual({ repositories: ['demo/app', 'other/private'] });
  });

  it('links to the next page, whose address is escaped', async () => {
    const response = await get('?n=1');
    expect(await response.json()).toEqual({ repositories: ['demo/app'] });
    expect(response.headers.get('Link')).toBe('</v2/_catalog?n=1&last=demo%2Fapp>; rel="next"');
    expect(await (await get('?n=1&last=demo%2Fapp')).json()).toEqual({ repositories: ['other/private'] });
  });

  it('answers 400 to n that is no number', async () => {
    expect((await get('?n=many')).status).toBe(400);
  });
});
