import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatContentRange, selectRange } from './byte-range.js';

describe('selectRange', () => {
  it.each([
    ['bytes=500-1499', { start: 500, end: 1500 }],
    ['bytes=500-', { start: 500, end: 2000 }],
    ['bytes=-500', { start: 1500, end: 2000 }],
    ['bytes=0-0', { start: 0, end: 1 }],
    ['bytes=1999-1999', { start: 1999, end: 2000 }],
    ['bytes=1500-9999', { start: 1500, end: 2000 }],
    ['bytes=0-99999999999999999999999', { start: 0, end: 2000 }],
    ['bytes=-9999', { start: 0, end: 2000 }],
    ['BYTES=1-2', { start: 1, end: 3 }],
    ['bytes= 1-2 ', { start: 1, end: 3 }],
  ])('selects %s of 2000 bytes', (header, expected) => {
    expect(selectRange(header, 2000)).toEqual(expected);
  });

  it.each(['bytes=2000-', 'bytes=2000-2001', 'bytes=500-0', 'bytes=-0', 'bytes=99999999999999999999999-'])(
    'finds nothing to send for %s of 2000 bytes',
    (header) => {
      expect(selectRange(header, 2000)).toBe('unsatisfiable');
    },
  );

  it.each([null, '', 'bytes', 'bytes=', 'bytes=-', 'bytes=a-b', 'bytes=1', 'bytes=1.5-2', 'bytes=--5', 'items=0-5'])(
    'sends everything for %s',
    (header) => {
      expect(selectRange(header, 2000)).toBe('whole');
    },
  );

  it('sends everything where several ranges are asked for', () => {
    expect(selectRange('bytes=0-1,4-5', 2000)).toBe('whole');
  });

  it('finds nothing in an empty blob, and sends it whole to one who asks for its last bytes', () => {
    expect(selectRange('bytes=0-', 0)).toBe('unsatisfiable');
    expect(selectRange('bytes=-5', 0)).toBe('whole');
  });

  it('never selects a byte outside of the blob, nor an empty range', () => {
    const bound = fc.oneof(fc.constant(''), fc.maxSafeNat().map(String), fc.string());
    fc.assert(
      fc.property(bound, bound, fc.nat(5000), (first, last, size) => {
        const selection = selectRange(`bytes=${first}-${last}`, size);
        if (typeof selection === 'string') return;
        expect(selection.start).toBeGreaterThanOrEqual(0);
        expect(selection.end).toBeGreaterThan(selection.start);
        expect(selection.end).toBeLessThanOrEqual(size);
      }),
    );
  });
});

describe('formatContentRange', () => {
  it('counts the last byte in, as the header does', () => {
    expect(formatContentRange({ start: 500, end: 1500 }, 2000)).toBe('bytes 500-1499/2000');
  });
});
