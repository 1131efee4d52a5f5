import { describe, expect, it } from 'vitest';
import { formatPaxTime, parsePaxTime } from './pax-time.js';

describe('formatPaxTime', () => {
  it.each([
    [0, '0'],
    [-100, '-100'],
    [1.5, '1.5'],
    [-0.25, '-0.25'],
    [1_700_000_000.123456, '1700000000.123456'],
    [1e-7, '0.0000001'],
    [-1e-12, '0'],
    [1 / 3, '0.333333333'],
    [2 ** 53 - 1, '9007199254740991'],
  ])('writes %d as %s', (seconds, text) => {
    expect(formatPaxTime(seconds)).toBe(text);
  });
});

describe('parsePaxTime', () => {
  it('reads digits with a sign and a fraction', () => {
    expect(['5', '-1.5', '1350244992.023960108', '7.'].map(parsePaxTime)).toEqual([5, -1.5, 1350244992.0239601, 7]);
  });

  it('gives nothing for other text, and for times beyond 2^53', () => {
    const texts = ['', 'noon', '1e5', '0x10', '+1', '.5', ' 1', '1.5.2', '99999999999999999999'];
    expect(texts.map(parsePaxTime)).toEqual(texts.map(() => undefined));
  });
});
