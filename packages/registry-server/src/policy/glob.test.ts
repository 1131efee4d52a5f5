import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesGlob } from './glob.js';

describe('matchesGlob', () => {
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
    expect(matchesGlob(pattern, repository)).toBe(true);
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
    expect(matchesGlob(pattern, repository)).toBe(false);
  });

  it('agrees with the regular expression of the same meaning', () => {
    const pattern = fc
      .array(fc.constantFrom('a', 'b', '/', '*', '**', '?', '.'), { maxLength: 6 })
      .map((parts) => parts.join(''));
    const name = fc.array(fc.constantFrom('a', 'b', '/', '.'), { maxLength: 10 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(pattern, name, (glob, repository) => {
        const source = glob
          .replace(/\./g, '\\.')
          .replace(/\?/g, '[^/]')
          .replace(/\*\*|\*/g, (star) => (star === '**' ? '.*' : '[^/]*'));
        expect(matchesGlob(glob, repository)).toBe(new RegExp(`^${source}$`).test(repository));
      }),
      { numRuns: 1000 },
    );
  });

  it('ends soon for a pattern of many wildcards', () => {
    expect(matchesGlob(`${'**a'.repeat(40)}b`, 'a'.repeat(255))).toBe(false);
  });
});
