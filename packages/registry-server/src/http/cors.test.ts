import { describe, expect, it } from 'vitest';
import { corsHeaders } from './cors.js';

const UI = 'https://ui.example.org';

describe('corsHeaders()', () => {
  it('lets scripts of a named origin read what they need, with the browser’s credentials', () => {
    const headers = corsHeaders({ origins: [UI] }, UI, false);
    expect(headers).toMatchObject({
      'Access-Control-Allow-Origin': UI,
      'Access-Control-Allow-Credentials': 'true',
      Vary: 'Origin',
    });
    for (const name of ['Docker-Content-Digest', 'Link', 'Location', 'Range', 'WWW-Authenticate', 'OCI-Subject']) {
      expect(headers['Access-Control-Expose-Headers']).toContain(name);
    }
  });

  it('tells a preflight the methods and headers', () => {
    const headers = corsHeaders({ origins: [UI] }, UI, true);
    expect(headers['Access-Control-Allow-Methods']).toContain('PATCH');
    expect(headers['Access-Control-Allow-Headers']).toContain('Authorization');
  });

  it('never lets a browser’s credentials through for every origin', () => {
    for (const origins of [['*'], ['*', UI]]) {
      const headers = corsHeaders({ origins }, 'https://evil.example', false);
      expect(headers['Access-Control-Allow-Origin']).toBe('*');
      expect(headers).not.toHaveProperty('Access-Control-Allow-Credentials');
    }
  });

  it.each([null, 'null', 'https://evil.example', 'https://ui.example.org.evil.example', 'http://ui.example.org'])(
    'gives %s no leave, and keeps caches from giving it another’s',
    (origin) => {
      expect(corsHeaders({ origins: [UI, 'null'] }, origin, false)).toEqual({ Vary: 'Origin' });
    },
  );
});
