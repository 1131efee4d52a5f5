import { describe, expect, it } from 'vitest';
import { parseTagPattern } from './tag-pattern.js';

describe('parseTagPattern()', () => {
  it.each([
    ['v*', 'any/repo', 'v1.2.3', true],
    ['v*', 'any/repo', 'latest', false],
    ['v1.?', 'a', 'v1.2', true],
    ['v1.?', 'a', 'v1x2', false],
    ['v1.?', 'a', 'v1.22', false],
    ['team/*:v*', 'team/app', 'v1', true],
    ['team/*:v*', 'team/app/sub', 'v1', false],
    ['team/**:v*', 'team/app/sub', 'v1', true],
    ['team/*:v*', 'other/app', 'v1', false],
    ['**:*', 'a/b/c', 'anything', true],
    ['a.b:latest', 'axb', 'latest', false],
  ])('reads %s: %s:%s gives %s', (pattern, repository, tag, expected) => {
    expect(parseTagPattern(pattern)(repository, tag)).toBe(expected);
  });

  it.each(['', ':', 'a:', ':v1', 'v[0-9]', 'a b', 'UPPER:v1', 'a:b:c', '^v'])('refuses %j', (pattern) => {
    expect(() => parseTagPattern(pattern)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }));
  });
});
