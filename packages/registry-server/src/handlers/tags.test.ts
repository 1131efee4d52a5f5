import { describe, expect, it } from 'vitest';
import { MAX_PAGE_ENTRIES } from '../http/page-query.js';
import { createRegistry } from '../registry.js';
import { createFixtureStorage, TAGS } from '../testing/fixture-storage.js';

const registry = createRegistry({ storage: createFixtureStorage() });

async function get(query: string, repository = 'demo/app'): Promise<Response> {
  return registry.fetch(new Request(`http://registry.test/v2/${repository}/tags/list${query}`));
}

describe('GET /v2/<name>/tags/list', () => {
  it('lists all tags by bytes, without Link', async () => {
    const response = await get('');
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('application/json');
    expect(response.headers.has('Link')).toBe(false);
    expect(await response.json()).toEqual({ name: 'demo/app', tags: TAGS });
  });

  it('can be walked page by page along its Links', async () => {
    const seen: string[] = [];
    let next: string | undefined = '/v2/demo/app/tags/list?n=2';
    let pages = 0;
    while (next !== undefined) {
      const response: Response = await registry.fetch(new Request(`http://registry.test${next}`));
      const { tags } = (await response.json()) as { tags: string[] };
      seen.push(...tags);
      pages += 1;
      next = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('Link') ?? '')?.[1];
    }
    expect(seen).toEqual(TAGS);
    expect(pages).toBe(3);
  });

  it('has no Link on a page that ends with the last tag', async () => {
    expect((await get(`?n=${TAGS.length}`)).headers.has('Link')).toBe(false);
  });

  it('begins after last, which need not exist', async () => {
    expect(await (await get('?last=9')).json()).toMatchObject({ tags: ['Latest', 'docker-only', 'latest'] });
    expect(await (await get('?last=M')).json()).toMatchObject({ tags: ['docker-only', 'latest'] });
    expect(await (await get('?last=zzz')).json()).toMatchObject({ tags: [] });
  });

  it('gives nothing and no Link for n=0', async () => {
    const response = await get('?n=0');
    expect(response.status).toBe(200);
    expect(response.headers.has('Link')).toBe(false);
    expect(await response.json()).toEqual({ name: 'demo/app', tags: [] });
  });

  it.each(['?n=-1', '?n=abc', '?n=1e9', '?n=', '?n=1.5'])('answers 400 to %s', async (query) => {
    const response = await get(query);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ code: 'PAGINATION_NUMBER_INVALID' }] });
  });

  it('cuts a page that is asked for too large, and says where it goes on', async () => {
    const all = Array.from({ length: 3 * MAX_PAGE_ENTRIES }, (_, index) => `t${String(index).padStart(5, '0')}`);
    const asked: number[] = [];
    const storage = createFixtureStorage({
      listTags: async (_, { limit }) => {
        asked.push(limit);
        return all.slice(0, limit);
      },
    });
    for (const query of ['', '?n=1000000000', `?n=${'9'.repeat(400)}`]) {
      const request = new Request(`http://registry.test/v2/demo/app/tags/list${query}`);
      const response = await createRegistry({ storage }).fetch(request);
      const { tags } = (await response.json()) as { tags: string[] };
      expect(tags).toHaveLength(MAX_PAGE_ENTRIES);
      expect(response.headers.get('Link')).toBe(`</v2/demo/app/tags/list?n=1000&last=t00999>; rel="next"`);
    }
    expect(Math.max(...asked)).toBe(MAX_PAGE_ENTRIES + 1);
  });

  it('answers 404 NAME_UNKNOWN for an unknown repository', async () => {
    const response = await get('', 'unknown/repository');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ errors: [{ code: 'NAME_UNKNOWN' }] });
  });
});
