import { describe, expect, it } from 'vitest';
import { type AccessRule, AccessRules, ANONYMOUS_PULL, DEFAULT_RULES } from './access-rule.js';

const rule = (users: string, actions: AccessRule['actions'], repositories = '**'): AccessRule => ({
  repositories: [repositories],
  users: [users],
  actions,
});

describe('AccessRules', () => {
  it('allows what one rule or another allows, in whatever order they stand', () => {
    const rules = [rule('authenticated', ['pull']), rule('ci', ['push'], 'team/**')];
    for (const ordered of [rules, rules.toReversed()]) {
      const access = new AccessRules(ordered);
      expect(access.allow('ci', 'pull', 'team/app')).toBe(true);
      expect(access.allow('ci', 'push', 'team/app')).toBe(true);
      expect(access.allow('ci', 'push', 'other/app')).toBe(false);
      expect(access.allow('bob', 'push', 'team/app')).toBe(false);
      expect(access.allow(undefined, 'pull', 'team/app')).toBe(false);
    }
  });

  it('does not take a push right for one to delete, nor to pull', () => {
    const access = new AccessRules([rule('ci', ['push'])]);
    expect(access.allow('ci', 'push', 'a')).toBe(true);
    expect(access.allow('ci', 'delete', 'a')).toBe(false);
    expect(access.allow('ci', 'pull', 'a')).toBe(false);
    expect(access.allow('ci', 'catalog')).toBe(false);
  });

  it('gives accounts what it gives those who show no credentials', () => {
    const access = new AccessRules([rule('anonymous', ['pull'])]);
    expect(access.allow(undefined, 'pull', 'a')).toBe(true);
    expect(access.allow('ci', 'pull', 'a')).toBe(true);
  });

  it('allows nothing in a repository that is not named', () => {
    expect(new AccessRules([rule('ci', ['pull'])]).allow('ci', 'pull')).toBe(false);
  });

  it('is made of names as they are: no account gets the rights of a prefix or of Object.prototype', () => {
    const access = new AccessRules([rule('ci', ['pull'])]);
    for (const account of ['c', 'ci2', 'CI', 'constructor', '']) expect(access.allow(account, 'pull', 'a')).toBe(false);
  });
});

describe('DEFAULT_RULES', () => {
  it('leave those without a login outside', () => {
    const access = new AccessRules(DEFAULT_RULES);
    expect(access.allowAnonymous).toBe(false);
    expect(access.allow(undefined, 'pull', 'a')).toBe(false);
    expect(access.allow('ci', 'delete', 'a')).toBe(true);
    expect(access.allow('ci', 'catalog')).toBe(true);
  });
});

describe('ANONYMOUS_PULL', () => {
  it('lets everybody pull, and accounts push', () => {
    const access = new AccessRules(ANONYMOUS_PULL);
    expect(access.allowAnonymous).toBe(true);
    expect(access.allow(undefined, 'pull', 'a/b')).toBe(true);
    expect(access.allow(undefined, 'push', 'a/b')).toBe(false);
    expect(access.allow('ci', 'push', 'a/b')).toBe(true);
  });
});
