import { describe, expect, it } from 'vitest';
import { deviceNumbers } from './device-numbers.js';

describe('deviceNumbers', () => {
  it.each([
    [0x0103n, { major: 1, minor: 3 }], // /dev/null
    [0x1f9n, { major: 1, minor: 0xf9 }],
    [0xffff_ffffn, { major: 0xfff, minor: 0xfffff }],
    [0x10_0000n, { major: 0, minor: 256 }],
    [0x1000_0000_0000n, { major: 4096, minor: 0 }],
  ])('splits 0x%s', (rdev, numbers) => {
    expect(deviceNumbers(rdev)).toEqual(numbers);
  });
});
