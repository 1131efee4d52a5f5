import { describe, expect, it } from 'vitest';
import { formatAuthority, formatCallableHost } from './callable-host.js';

describe('formatCallableHost', () => {
  it.each(['127.0.0.1', '127.0.0.2', '0.0.0.0', '::', '::1', 'localhost'])('gives localhost for %s', (host) => {
    expect(formatCallableHost(host)).toBe('localhost');
  });

  it('leaves an address that others can call', () => {
    expect(formatCallableHost('192.0.2.7')).toBe('192.0.2.7');
  });
});

describe('formatAuthority', () => {
  it('puts an IPv6 address in brackets', () => {
    expect(formatAuthority('2001:db8::1', 8080)).toBe('[2001:db8::1]:8080');
    expect(formatAuthority('localhost', 8080)).toBe('localhost:8080');
  });
});
