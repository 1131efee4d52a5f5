import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRepositoryPattern, matchesRepository } from './repository-pattern.js';

describe('isRepositoryPattern', () => {
  it.each(['**', '*', 'a', 'team/**', 'team/*/cache', '*-cache', 'a.b_c-d', '**/x', 'a**b'])('takes %j', (pattern) => {
    expect(isRepositoryPattern(pattern)).toBe(true);
  });

  it.each(['', '/', '/a', 'a/', 'a//b', 'Team', '***', 'a/../b ', 'a?', '[ab]', '!a', 'ä'])('refuses %j', (pattern) => {
    expect(isRepositoryPattern(pattern)).toBe(false);
  });
});

describe('matchesRepository', () => {
  it.each([
    ['**', 'a'],
    ['**', 'a/b/c'],
    ['*', 'a'],
    ['team/**', 'team/a'],
    ['team/**', 'team/a/b'],
    ['team/*', 'team/a'],
    ['team/app*', 'team/app'],
    ['team/app*', 'team/app-x'],
    ['**/cache', 'a/b/cache'],
    ['a/**/z', 'a/b/c/z'],
    ['a*c/d', 'abbc/d'],
  ])('%s matches %s', (pattern, repository) => {
    expect(matchesRepository(pattern, repository)).toBe(true);
  });

  it.each([
    ['*', 'a/b'],
    ['team/**', 'team'],
    ['team/**', 'team2/a'],
    ['team/**', 'x/team/a'],
    ['team/*', 'team/a/b'],
    ['team', 'team/a'],
    ['**/cache', 'cache'],
    ['a.c', 'abc'],
    ['a*c/d', 'a/c/d'],
  ])('%s does not match %s', (pattern, repository) => {
    expect(matchesRepository(pattern, repository)).toBe(false);
  });

  it('agrees with the regular expression of the same meaning', () => {
    const pattern = fc
      .array(fc.constantFrom('a', 'b', '/', '*', '**', '.'), { maxLength: 6 })
      .map((parts) => parts.join(''))
      .filter(isRepositoryPattern);
    const name = fc.array(fc.constantFrom('a', 'b', '/', '.'), { maxLength: 10 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(pattern, name, (glob, repository) => {
        const source = glob.replace(/\./g, '\\.').replace(/\*\*|\*/g, (star) => (star === '**' ? '.*' : '[^/]*'));
        expect(matchesRepository(glob, repository)).toBe(new RegExp(`^${source}$`).test(repository));
      }),
      { numRuns: 1000 },
    );
  });

  it('ends soon for a pattern of many wildcards', () => {
    expect(matchesRepository(`${'**a'.repeat(40)}b`, 'a'.repeat(255))).toBe(false);
  });
});
