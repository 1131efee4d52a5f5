import { describe, expect, it } from 'vitest';
import { formatByteCount } from './byte-count.js';

describe('formatByteCount', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1.0 kB'],
    [41_812_345, '41.8 MB'],
    [999_999, '1.0 MB'],
    [2 ** 50, '1125.9 TB'],
  ])('gives %d as %s', (bytes, expected) => {
    expect(formatByteCount(bytes)).toBe(expected);
  });
});
