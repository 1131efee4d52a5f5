import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTokenScopes, grants, parseTokenScope, toTokenAccess } from './token-scope.js';

describe('parseTokenScope', () => {
  it.each([
    ['repository:a/b:pull,push', { repository: 'a/b', actions: ['pull', 'push'] }],
    ['repository:a:push,pull', { repository: 'a', actions: ['pull', 'push'] }],
    ['repository:a:*', { repository: 'a', actions: ['pull', 'push', 'delete'] }],
    ['repository:a:pull,frobnicate', { repository: 'a', actions: ['pull'] }],
    ['repository(plugin):a/b:pull', { repository: 'a/b', actions: ['pull'] }],
    ['registry:catalog:*', { actions: ['catalog'] }],
  ])('reads %s', (text, scope) => {
    expect(parseTokenScope(text)).toEqual(scope);
  });

  it.each([
    '',
    'repository',
    'repository:a',
    'repository::pull',
    'repository:a:',
    'repository:a:frobnicate',
    'repository:A:pull',
    'repository:../etc:pull',
    'repository:a/**:pull',
    'repository:a:catalog',
    'registry:other:*',
    'artifact:a:pull',
  ])('finds nothing in %j', (text) => {
    expect(parseTokenScope(text)).toBeUndefined();
  });

  it('never throws, and names repositories only', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, actions) => {
        const scope = parseTokenScope(`repository:${name}:${actions}`);
        expect(scope?.repository ?? 'a').toMatch(/^[a-z0-9._/-]+$/);
      }),
    );
  });
});

describe('formatTokenScopes', () => {
  it('makes one scope of all that are of one repository', () => {
    const scopes = [
      { repository: 'a/b', actions: ['push'] },
      { repository: 'c', actions: ['pull'] },
      { repository: 'a/b', actions: ['pull'] },
      { actions: ['catalog'] },
    ] as const;
    expect(formatTokenScopes(scopes)).toBe('repository:a/b:pull,push repository:c:pull registry:catalog:*');
  });

  it('is empty for none', () => {
    expect(formatTokenScopes([])).toBe('');
    expect(formatTokenScopes([{ repository: 'a', actions: [] }])).toBe('');
  });
});

describe('grants', () => {
  it('grants what was put in, and nothing else', () => {
    const actions = fc.uniqueArray(fc.constantFrom('pull', 'push', 'delete'));
    fc.assert(
      fc.property(actions, fc.constantFrom('pull', 'push', 'delete'), (given, wanted) => {
        const access = toTokenAccess([{ repository: 'a/b', actions: given }]);
        expect(grants(access, wanted, 'a/b')).toBe(given.includes(wanted));
        expect(grants(access, wanted, 'a')).toBe(false);
        expect(grants(access, wanted, undefined)).toBe(false);
        expect(grants(access, 'catalog', undefined)).toBe(false);
      }),
    );
  });

  it('takes the name of a repository as it stands: a token has no patterns', () => {
    expect(grants([{ type: 'repository', name: '**', actions: ['pull'] }], 'pull', 'a')).toBe(false);
  });

  it('reads * as every action', () => {
    expect(grants([{ type: 'repository', name: 'a', actions: ['*'] }], 'delete', 'a')).toBe(true);
    expect(grants([{ type: 'registry', name: 'catalog', actions: ['*'] }], 'catalog', undefined)).toBe(true);
    expect(grants([{ type: 'registry', name: 'catalog', actions: [] }], 'catalog', undefined)).toBe(false);
  });
});
