import { tagListPath } from '@quinistry/oci-image/spec';
import { cutPage, parsePageQuery } from '../http/page-query.js';
import type { TagsRoute } from '../route.js';
import type { Resource } from './resource.js';

/** `GET /v2/<name>/tags/list`: distribution-spec v1.1, "Listing Tags". */
export const tags: Resource<TagsRoute> = {
  GET: {
    needs: 'pull',
    async handle(exchange, { repository }) {
      const page = parsePageQuery(exchange.query);
      if (page === undefined) return exchange.error('PAGINATION_NUMBER_INVALID', 'n is not a number of entries');
      const found = await exchange.storage.listTags(repository, { ...page, limit: page.limit + 1 });
      if (found === undefined) return exchange.error('NAME_UNKNOWN', `there is no repository ${repository}`);
      const { entries, link } = cutPage(found, page, tagListPath(repository));
      return exchange.json(200, { name: repository, tags: entries }, link === undefined ? {} : { Link: link });
    },
  },
};
