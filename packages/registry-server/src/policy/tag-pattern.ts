/** Patterns that say which tags stay what they are. */
import { InvalidValueError } from '@quinistry/oci-image';

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
  const tags = compileGlob(pattern.slice(colon + 1));
  if (colon === -1) return (_repository, tag) => tags.test(tag);
  const repositories = compileGlob(pattern.slice(0, colon));
  return (repository, tag) => tags.test(tag) && repositories.test(repository);
}

function compileGlob(glob: string): RegExp {
  const source = glob.replace(/\*{2,}|[*?.]/g, (part) => {
    switch (part) {
      case '*':
        return '[^/]*';
      case '?':
        return '[^/]';
      case '.':
        return '\\.';
      default:
        return '.*';
    }
  });
  return new RegExp(`^${source}$`);
}
