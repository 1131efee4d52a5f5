/** Patterns that say which tags stay what they are. */
import { InvalidValueError } from '@quinistry/oci-image';
import { matchesGlob } from './glob.js';

const PATTERN_GRAMMAR = /^(?:[a-z0-9._/*?-]+:)?[A-Za-z0-9._*?-]+$/;

export type TagMatcher = (repository: string, tag: string) => boolean;

/**
 * Reads a pattern: `v*` for tags of every repository, `team/*:v*` for those of some. A star stands for any characters
 * but a slash, two stars for any at all, and `?` for one.
 *
 * @throws {InvalidValueError} `REFERENCE_INVALID`
 */
export function parseTagPattern(pattern: string): TagMatcher {
  if (!PATTERN_GRAMMAR.test(pattern)) {
    throw new InvalidValueError('REFERENCE_INVALID', pattern, 'a pattern of tags: v*, or team/*:v*');
  }
  const colon = pattern.indexOf(':');
  const tags = pattern.slice(colon + 1);
  if (colon === -1) return (_repository, tag) => matchesGlob(tags, tag);
  const repositories = pattern.slice(0, colon);
  return (repository, tag) => matchesGlob(tags, tag) && matchesGlob(repositories, repository);
}
