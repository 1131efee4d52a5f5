import { describe, expect, it } from 'vitest';
import { formatUploadRange, parseChunkRange } from './upload-range.js';

describe('parseChunkRange()', () => {
  it.each(['0-1023', 'bytes 0-1023/*', 'bytes=0-1023', 'bytes 0-1023/5000', ' 0-1023 '])('reads %j', (text) => {
    expect(parseChunkRange(text)).toEqual({ first: 0, last: 1023 });
  });

  it.each(['', '-', '0', '0-', '-5', '5-4', '0--1', 'a-b', '0-1-2', '1e3-2e3', `0-${'9'.repeat(40)}`])(
    'refuses %j',
    (text) => {
      expect(parseChunkRange(text)).toBeUndefined();
    },
  );
});

describe('formatUploadRange()', () => {
  it('tells the last byte, and never 0--1', () => {
    expect([0, 1, 2, 1024].map(formatUploadRange)).toEqual(['0-0', '0-0', '0-1', '0-1023']);
  });
});
