/**
 * Paging of lists: `tags/list`, `_catalog` and referrers.
 * Source: distribution-spec v1.1, "Listing Tags".
 */
import type { Page } from '../storage/registry-storage.js';

/**
 * Most entries in one answer, and the number where a client does not say. More is never refused but cut to this: what a
 * client asks for must not decide how much memory an answer takes. Every client follows `Link`.
 */
export const MAX_PAGE_ENTRIES = 1000;

/** @returns `undefined` where `n` is no number. */
export function parsePageQuery(query: URLSearchParams): Page | undefined {
  const n = query.get('n') ?? String(MAX_PAGE_ENTRIES);
  if (!/^\d+$/.test(n)) return undefined;
  return { limit: Math.min(Number(n), MAX_PAGE_ENTRIES), last: query.get('last') || undefined };
}

/** The page that answers `page`, taken from a list that holds one entry more where there are more. */
export function cutPage(entries: readonly string[], page: Page, path: string): { entries: string[]; link?: string } {
  const cut = entries.slice(0, page.limit);
  const last = cut.at(-1);
  // `n=0` asks for nothing, and nothing comes after nothing: no Link, or a client would turn round for ever.
  if (last === undefined || entries.length === cut.length) return { entries: cut };
  return { entries: cut, link: formatNextLink(path, { n: page.limit, last }) };
}

/** The value of `Link` that leads to the next page. */
export function formatNextLink(path: string, query: Readonly<Record<string, string | number>>): string {
  const text = Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return `<${path}?${text.join('&')}>; rel="next"`;
}
