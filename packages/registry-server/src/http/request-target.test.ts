import { describe, expect, it } from 'vitest';
import { requestTarget } from './request-target.js';

const request = new Request('http://registry.test/v2/a/../_catalog?n=1');

describe('requestTarget', () => {
  it('is the target on the wire, not the folded one', () => {
    expect(requestTarget(request, { incoming: { url: '/v2/a/%2e%2e/../b\\c?n=1' } })).toBe('/v2/a/%2e%2e/../b\\c?n=1');
  });

  it('is path and query of the URL where nothing else is known', () => {
    expect(requestTarget(request, undefined)).toBe('/v2/_catalog?n=1');
    expect(requestTarget(request, {})).toBe('/v2/_catalog?n=1');
  });

  it.each([
    ['http://registry.test/v2/../x', '/v2/../x'],
    ['HTTPS://registry.test:8080/v2/', '/v2/'],
    ['http://registry.test', '/'],
    ['http://registry.test?n=1', '/?n=1'],
    ['*', '*'],
    ['registry.test:443', 'registry.test:443'],
  ])('takes the authority off %s', (url, expected) => {
    expect(requestTarget(request, { incoming: { url } })).toBe(expected);
  });
});
