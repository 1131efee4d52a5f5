import { describe, expect, it } from 'vitest';
import { DEFAULT_TIME_SECONDS, reproducibleTime } from './reproducible-time.js';

describe('reproducibleTime', () => {
  it('is the first second of 1980 where nothing is set, because mtime 0 breaks some software', () => {
    expect(new Date(DEFAULT_TIME_SECONDS * 1000).toISOString()).toBe('1980-01-01T00:00:00.000Z');
    expect(reproducibleTime({})).toBe(DEFAULT_TIME_SECONDS);
    expect(reproducibleTime({ SOURCE_DATE_EPOCH: '' })).toBe(DEFAULT_TIME_SECONDS);
  });

  it.each([
    ['0', 0],
    ['1700000000', 1_700_000_000],
    ['253402300799', 253_402_300_799],
  ])('honours SOURCE_DATE_EPOCH=%s', (text, seconds) => {
    expect(reproducibleTime({ SOURCE_DATE_EPOCH: text })).toBe(seconds);
  });

  // The last two are milliseconds, and the first second of a year that RFC 3339 cannot write.
  it.each(['now', '-1', '1.5', '1e9', ' 1', '0x10', '2020-01-01', '1700000000000', '253402300800'])(
    'refuses SOURCE_DATE_EPOCH=%s by its name',
    (text) => {
      expect(() => reproducibleTime({ SOURCE_DATE_EPOCH: text })).toThrow(
        expect.objectContaining({
          code: 'IMAGE_INVALID',
          message: `SOURCE_DATE_EPOCH is "${text}", not a whole number of seconds since 1970, before the year 10000`,
        }),
      );
    },
  );
});
