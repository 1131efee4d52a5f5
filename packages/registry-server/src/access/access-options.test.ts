import { describe, expect, it } from 'vitest';
import { accessOptionsSchema } from './access-options.js';
import { DEFAULT_RULES } from './access-rule.js';
import { DEFAULT_TOKEN_SECONDS } from './token-issuer.js';

function problemsOf(value: unknown): readonly string[] {
  const result = accessOptionsSchema.safeParse(value);
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('accessOptionsSchema', () => {
  it('fills in what is left out', () => {
    expect(accessOptionsSchema.parse({ htpasswd: 'users' })).toEqual({
      htpasswd: 'users',
      realm: 'quinistry',
      rules: DEFAULT_RULES,
    });
    expect(accessOptionsSchema.parse({ htpasswd: 'users', token: {} }).token).toEqual({
      expiresInSeconds: DEFAULT_TOKEN_SECONDS,
      leewaySeconds: 60,
    });
  });

  it('takes a single pattern, user and action without a list', () => {
    const { rules } = accessOptionsSchema.parse({
      htpasswd: 'users',
      rules: [
        { repositories: 'team/**', users: 'ci', actions: 'push' },
        { users: ['anonymous'], actions: ['catalog'] },
      ],
    });
    expect(rules).toEqual([
      { repositories: ['team/**'], users: ['ci'], actions: ['push'] },
      { repositories: ['**'], users: ['anonymous'], actions: ['catalog'] },
    ]);
  });

  it('takes keys of another server without accounts of its own', () => {
    const token = { keys: ['jwks.json'], realm: 'https://auth.example/token', issuer: 'auth', service: 'registry' };
    expect(problemsOf({ token })).toEqual([]);
  });

  it.each([
    [{}, ['htpasswd: expected a file of accounts, or token.keys of another server that makes out the tokens']],
    [{ token: { signingKey: 'key.pem' } }, [expect.stringMatching(/^htpasswd: /)]],
    [{ htpasswd: '' }, ['htpasswd: expected the path of a file']],
    [{ htpasswd: 'a\0b' }, ['htpasswd: expected the path of a file']],
    [{ htpasswd: 'u', rule: [] }, [expect.stringContaining('"rule"')]],
    [{ htpasswd: 'u', rules: [] }, ['rules: expected at least one rule']],
    [
      { htpasswd: 'u', rules: [{ users: [], actions: ['pul'], repositories: ['a', 'Team/**'] }] },
      [
        expect.stringMatching(/^rules\.0\.repositories\.1: expected a pattern of repository names/),
        'rules.0.users: expected a user at least',
        'rules.0.actions.0: expected one of pull, push, delete, catalog',
      ],
    ],
    [{ htpasswd: 'u', rules: [{ users: 3, actions: 'pull' }] }, ['rules.0.users: expected a user, or a list']],
    [
      { htpasswd: 'u', rules: [{ users: 'a', actions: 'catalog', repositories: 'a/*' }] },
      [expect.stringMatching(/^rules\.0\.actions: expected no catalog here/)],
    ],
    [
      { token: { keys: 'jwks.json' } },
      [
        expect.stringMatching(/^token\.realm/),
        expect.stringMatching(/^token\.issuer/),
        expect.stringMatching(/^token\.service/),
      ],
    ],
    [{ htpasswd: 'u', token: { realm: '/token' } }, [expect.stringMatching(/^token\.realm: expected an absolute URL/)]],
    [{ htpasswd: 'u', token: { realm: 'javascript:alert(1)' } }, [expect.stringMatching(/^token\.realm: /)]],
    [{ htpasswd: 'u', token: { service: 'a"b' } }, [expect.stringMatching(/^token\.service: /)]],
    [
      { htpasswd: 'u', token: { algorithms: ['HS256'] } },
      [expect.stringMatching(/^token\.algorithms\.0: expected one of EdDSA/)],
    ],
    [{ htpasswd: 'u', token: { algorithms: 'none' } }, [expect.stringMatching(/^token\.algorithms\.0: /)]],
    [
      { htpasswd: 'u', token: { expiresInSeconds: 30 } },
      ['token.expiresInSeconds: expected a number of seconds from 60 to 86400'],
    ],
  ])('refuses %j by its path and what was expected', (value, problems) => {
    expect(problemsOf(value)).toEqual(problems);
  });
});
