import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TrustedProxies } from './trusted-proxies.js';

type Headers = Readonly<Record<string, string>>;

const proxies = new TrustedProxies(['10.0.0.0/8', '2001:db8:1::/48']);

const requestOf = (headers: Headers, url = 'http://registry.test/v2/') => new Request(url, { headers });
const from = (remoteAddress: string | undefined) => ({ incoming: { socket: { remoteAddress } } });

function clientOf(peer: string | undefined, forwardedFor?: string): string | undefined {
  return proxies.clientAddress(requestOf(forwardedFor ? { 'X-Forwarded-For': forwardedFor } : {}), from(peer));
}

describe('TrustedProxies.clientAddress', () => {
  it.each<[string, string, string | undefined, string]>([
    ['is the peer, where no proxy says anything', '10.0.0.1', undefined, '10.0.0.1'],
    ['is whom a proxy was called by', '10.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['is the peer, whatever it claims, where that is no proxy', '203.0.113.7', '192.0.2.1', '203.0.113.7'],
    ['is the last one that is no proxy', '10.0.0.1', '192.0.2.1, 203.0.113.7, 10.0.0.2, 10.9.9.9', '203.0.113.7'],
    ['is the farthest where all are proxies', '10.0.0.1', '10.0.0.3,10.0.0.2', '10.0.0.3'],
    ['tolerates a port', '10.0.0.1', '203.0.113.7:5432', '203.0.113.7'],
    ['tolerates brackets', '10.0.0.1', '[2001:db8::1]', '2001:db8::1'],
    ['tolerates brackets and a port', '10.0.0.1', '203.0.113.7, [2001:db8:1::9]:443', '203.0.113.7'],
    ['tolerates brackets and a port', '2001:db8:1::1', '[2001:db8::1]:443', '2001:db8::1'],
    ['takes IPv6 without brackets', '10.0.0.1', '2001:db8::1', '2001:db8::1'],
    ['takes mapped IPv4 for IPv4', '::ffff:10.0.0.1', '203.0.113.7,::ffff:10.0.0.2', '203.0.113.7'],
    ['takes mapped IPv4 for IPv4', '::ffff:a00:1', '::ffff:203.0.113.7', '203.0.113.7'],
    ['leaves out zones', '10.0.0.1', 'fe80::1%eth0', 'fe80::1'],
  ])('%s: %s, %s', (_what, peer, forwardedFor, client) => {
    expect(clientOf(peer, forwardedFor)).toBe(client);
  });

  it.each([
    'unknown',
    '_hidden',
    '',
    '203.0.113.300',
    '203.0.113.7:port',
    '203.0.113.7:123456',
    '[203.0.113.7]',
    '[2001:db8::1',
    '2001:db8::1]:443',
    '"203.0.113.7"',
    'for=203.0.113.7',
    '203.0.113.7 10.0.0.2',
    'localhost',
    '<b>',
  ])('stops at %j', (garbage) => {
    expect(clientOf('10.0.0.1', `192.0.2.1, ${garbage}`)).toBe('10.0.0.1');
    expect(clientOf('10.0.0.1', `192.0.2.1, ${garbage}, 10.0.0.2`)).toBe('10.0.0.2');
    expect(clientOf('10.0.0.1', `192.0.2.1, ${garbage}, 203.0.113.7`)).toBe('203.0.113.7');
  });

  it('is nobody where the platform does not tell', () => {
    expect(clientOf(undefined, '203.0.113.7')).toBeUndefined();
    expect(proxies.clientAddress(requestOf({ 'X-Forwarded-For': '203.0.113.7' }), undefined)).toBeUndefined();
  });

  it('is the peer as the platform writes it, where no proxy is trusted', () => {
    const request = requestOf({ 'X-Forwarded-For': '203.0.113.7' });
    expect(new TrustedProxies().clientAddress(request, from('::ffff:10.0.0.1'))).toBe('::ffff:10.0.0.1');
  });

  it('cannot be changed by what a client sends ahead', () => {
    const sent = fc.string({ unit: fc.constantFrom(...'0123456789abcdef.:,[]% _x"') });
    fc.assert(
      fc.property(sent, (text) => {
        expect(clientOf('10.0.0.1', `${text},203.0.113.7,10.0.0.2`)).toBe('203.0.113.7');
        expect(clientOf('203.0.113.7', `${text},`)).toBe('203.0.113.7');
      }),
    );
  });
});

describe('TrustedProxies.origin', () => {
  const originOf = (peer: string, scheme: string, url?: string) =>
    proxies.origin(requestOf({ 'X-Forwarded-Proto': scheme }, url), from(peer));

  it.each([
    ['10.0.0.1', 'https', 'http://registry.test/v2/', 'https://registry.test'],
    ['10.0.0.1', 'HTTPS', 'http://registry.test:8443/v2/', 'https://registry.test:8443'],
    ['10.0.0.1', 'https', 'http://registry.test:443/v2/', 'https://registry.test'],
    ['10.0.0.1', 'http', 'https://registry.test/v2/', 'http://registry.test'],
    ['10.0.0.1', 'https', 'http://[2001:db8::1]:5000/v2/', 'https://[2001:db8::1]:5000'],
    ['203.0.113.7', 'https', 'http://registry.test/v2/', 'http://registry.test'],
    ['10.0.0.1', 'https, http', 'http://registry.test/v2/', 'http://registry.test'],
    ['10.0.0.1', 'ftp', 'http://registry.test/v2/', 'http://registry.test'],
    ['10.0.0.1', 'https://evil.test/?', 'http://registry.test/v2/', 'http://registry.test'],
  ])('from %s with %s, at %s, is %s', (peer, scheme, url, origin) => {
    expect(originOf(peer, scheme, url)).toBe(origin);
  });

  it('is that of the request where nothing is said', () => {
    expect(proxies.origin(requestOf({}), from('10.0.0.1'))).toBe('http://registry.test');
    expect(new TrustedProxies().origin(requestOf({ 'X-Forwarded-Proto': 'https' }), from('10.0.0.1'))).toBe(
      'http://registry.test',
    );
  });
});
