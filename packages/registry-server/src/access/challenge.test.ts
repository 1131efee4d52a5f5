import { describe, expect, it } from 'vitest';
import { formatBasicChallenge, formatBearerChallenge } from './challenge.js';

describe('formatBearerChallenge', () => {
  const parties = { realm: 'https://r.example/token', service: 'r.example' };

  it('has scope and error where there are some', () => {
    expect(formatBearerChallenge({ ...parties, scope: 'repository:a/b:pull,push', error: 'invalid_token' })).toBe(
      'Bearer realm="https://r.example/token",service="r.example",scope="repository:a/b:pull,push",error="invalid_token"',
    );
    expect(formatBearerChallenge({ ...parties, scope: '' })).toBe(
      'Bearer realm="https://r.example/token",service="r.example"',
    );
  });
});

describe('formatBasicChallenge', () => {
  it('lets nothing out of its quotation marks', () => {
    expect(formatBasicChallenge('a"b\\c\r\nX: y')).toBe('Basic realm="a\\"b\\\\cX: y"');
  });
});
