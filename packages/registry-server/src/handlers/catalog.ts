import { CATALOG_PATH } from '@quinistry/oci-image/spec';
import { cutPage, parsePageQuery } from '../http/page-query.js';
import type { Resource } from './resource.js';

/** `GET /v2/_catalog`: from Docker's registry rather than the specification, and what people try first. */
export const catalog: Resource<unknown> = {
  async GET(exchange) {
    const page = parsePageQuery(exchange.query);
    if (page === undefined) return exchange.error('PAGINATION_NUMBER_INVALID', 'n is not a number of entries');
    const found = await exchange.storage.listRepositories({ ...page, limit: page.limit + 1 });
    const { entries, link } = cutPage(found, page, CATALOG_PATH);
    return exchange.json(200, { repositories: entries }, link === undefined ? {} : { Link: link });
  },
};
