import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networkOf, parseIpAddress } from './ip-address.js';

describe('parseIpAddress', () => {
  it.each([
    ['10.0.0.1', { family: 4, text: '10.0.0.1' }],
    ['::ffff:10.0.0.1', { family: 4, text: '10.0.0.1' }],
    ['::FFFF:a00:1', { family: 4, text: '10.0.0.1' }],
    ['0:0:0:0:0:ffff:192.0.2.255', { family: 4, text: '192.0.2.255' }],
    ['::', { family: 6, text: '::' }],
    ['::10.0.0.1', { family: 6, text: '::10.0.0.1' }],
    ['64:ff9b::10.0.0.1', { family: 6, text: '64:ff9b::10.0.0.1' }],
    ['2001:db8::1', { family: 6, text: '2001:db8::1' }],
    ['fe80::1%eth0', { family: 6, text: 'fe80::1' }],
    ['1:2:3:4:5:6:7::', { family: 6, text: '1:2:3:4:5:6:7::' }],
  ])('reads %s', (text, address) => {
    expect(parseIpAddress(text)).toEqual(address);
  });

  it.each(['', 'unknown', '10.0.0', '010.0.0.1', '10.0.0.256', '10.0.0.1:80', '[::1]', ' ::1', '::1\n', '10.0.0.0/8'])(
    'reads no address in %j',
    (text) => {
      expect(parseIpAddress(text)).toBeUndefined();
    },
  );
});

describe('networkOf', () => {
  it.each([
    [undefined, 'unknown'],
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::ffff:a00:1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['not an address', 'not an address'],
  ])('%s is of %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it('puts all addresses of one IPv6 network together, however they are written', () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
    const half = fc.array(fc.oneof(fc.constant('0'), group), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(half, half, half, (network, one, other) => {
        const written = [...network, ...one].join(':');
        const shortened = new URL(`http://[${[...network, ...other].join(':')}]`).hostname.slice(1, -1);
        const isMapped = /^::ffff:/.test(shortened) || /^(0:){5}ffff:/.test(written);
        fc.pre(!isMapped);
        expect(networkOf(written)).toBe(`${network.join(':')}::/64`);
        expect(networkOf(shortened)).toBe(networkOf(written));
      }),
    );
  });
});
