import { describe, expect, it } from 'vitest';
import { isRepositoryPattern } from './repository-pattern.js';

describe('isRepositoryPattern', () => {
  it.each(['**', '*', 'a', 'team/**', 'team/*/cache', '*-cache', 'a.b_c-d', '**/x', 'a**b'])('takes %j', (pattern) => {
    expect(isRepositoryPattern(pattern)).toBe(true);
  });

  it.each(['', '/', '/a', 'a/', 'a//b', 'Team', '***', 'a/../b ', 'a?', '[ab]', '!a', 'ä'])('refuses %j', (pattern) => {
    expect(isRepositoryPattern(pattern)).toBe(false);
  });
});
