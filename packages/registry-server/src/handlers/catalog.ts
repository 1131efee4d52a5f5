import { CATALOG_PATH } from '@quinistry/oci-image/spec';
import type { Exchange } from '../exchange.js';
import { formatNextLink, parsePageQuery } from '../http/page-query.js';
import type { Page } from '../storage/registry-storage.js';
import type { Resource } from './resource.js';

/** `GET /v2/_catalog`: from Docker's registry rather than the specification, and what people try first. */
export const catalog: Resource<object> = {
  GET: {
    needs: 'catalog',
    async handle(exchange) {
      const page = parsePageQuery(exchange.query);
      if (page === undefined) return exchange.error('PAGINATION_NUMBER_INVALID', 'n is not a number of entries');
      const { repositories, last } = await readCatalog(exchange, page);
      const headers = last === undefined ? undefined : { Link: formatNextLink(CATALOG_PATH, { n: page.limit, last }) };
      return exchange.json(200, { repositories }, headers);
    },
  },
};

interface CatalogPage {
  readonly repositories: readonly string[];
  /** Where the next page goes on; `undefined` at the end. */
  readonly last?: string | undefined;
}

/**
 * The names that the caller may see, of as many repositories as one page asks for. Where it may see few of many, its
 * pages are short, even empty, and each has a Link to the next: the work of one request does not grow with the registry.
 */
async function readCatalog({ storage, identity }: Exchange, page: Page): Promise<CatalogPage> {
  const found = await storage.listRepositories({ ...page, limit: page.limit + 1 });
  const names = found.slice(0, page.limit);
  const repositories = names.filter((name) => identity.maySee?.(name) ?? identity.may('pull', name));
  return { repositories, last: found.length > names.length ? names.at(-1) : undefined };
}
