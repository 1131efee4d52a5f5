import { describe, expect, it } from 'vitest';
import { parseByteSize } from './byte-size.js';

describe('parseByteSize', () => {
  it.each([
    ['0', 0],
    ['4096', 4096],
    ['4096B', 4096],
    ['10kB', 10_000],
    ['10KiB', 10_240],
    ['500MB', 500_000_000],
    ['500 MB', 500_000_000],
    ['4MiB', 4_194_304],
    ['2GB', 2_000_000_000],
    ['1TiB', 1_099_511_627_776],
  ])('reads %s', (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes);
  });

  it.each(['', 'MB', '-1', '+1', '1.5GB', '1e6', '1mb', '1iB', '1GBit', '1G', ' 1GB', '9007199254740992', '99999TB'])(
    'refuses %j',
    (text) => {
      expect(parseByteSize(text)).toBeUndefined();
    },
  );
});
