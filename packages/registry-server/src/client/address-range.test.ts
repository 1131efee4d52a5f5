import { describe, expect, it } from 'vitest';
import { AddressRanges, isAddressRange } from './address-range.js';
import { parseIpAddress } from './ip-address.js';

function holds(range: string, text: string): boolean {
  const address = parseIpAddress(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return new AddressRanges([range]).has(address);
}

describe('AddressRanges', () => {
  it.each([
    ['10.0.0.0/8', '10.255.255.255', '11.0.0.0'],
    ['10.1.2.3/9', '10.127.255.255', '10.128.0.0'],
    ['192.0.2.7', '192.0.2.7', '192.0.2.8'],
    ['192.0.2.7/32', '::ffff:192.0.2.7', '::ffff:192.0.2.6'],
    ['::ffff:192.0.2.0/120', '192.0.2.255', '192.0.3.0'],
    ['::ffff:192.0.2.7', '192.0.2.7', '192.0.2.8'],
    ['0.0.0.0/0', '255.255.255.255', '::1'],
    ['::/0', 'ffff::', '10.0.0.1'],
    ['2001:db8::/45', '2001:db8:7:ffff::', '2001:db8:8::'],
    ['2001:db8::1', '2001:0DB8:0::1', '2001:db8::2'],
    ['2001:db8::1/128', '2001:db8::1', '2001:db8::'],
    ['fe80::/10', 'fe80::1%eth0', 'fec0::1'],
    ['::1', '0:0:0:0:0:0:0:1', '127.0.0.1'],
  ])('%s holds %s, and not %s', (range, inside, outside) => {
    expect([holds(range, inside), holds(range, outside)]).toEqual([true, false]);
  });

  it('refuses what is no range, by name', () => {
    expect(() => new AddressRanges(['10.0.0.0/8', 'proxy'])).toThrow(
      expect.objectContaining({
        code: 'ARGUMENT_INVALID',
        message: expect.stringMatching(/^"proxy" is not an address or a range/),
      }),
    );
  });
});

describe('isAddressRange', () => {
  it.each([
    '',
    'proxy.example.org',
    '10.0.0',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '2001:db8::/129',
    '::ffff:10.0.0.0/95',
    '[::1]',
    'fe80::1%eth0',
    '10.0.0.1:80',
    ' 10.0.0.1',
    '10.0.0.1\n',
    '*',
  ])('says no to %j', (text) => {
    expect(isAddressRange(text)).toBe(false);
  });
});
