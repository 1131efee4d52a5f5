import { describe, expect, it } from 'vitest';
import { fitsOctal, readTarNumber, writeOctal } from './tar-number.js';

describe('fitsOctal', () => {
  it('counts the closing NUL', () => {
    expect([0, 0o7777777, 0o10000000, -1, 1.5].map((value) => fitsOctal(value, 8))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('writeOctal', () => {
  it('pads with zeros and leaves the NUL', () => {
    const block = Buffer.alloc(10, 0).fill(0x2d, 8);
    writeOctal(block, 0, 8, 0o755);
    expect(block.toString()).toBe('0000755\0--');
  });
});

describe('readTarNumber', () => {
  const read = (field: string) => readTarNumber(Buffer.from(field, 'latin1'));

  it('reads octal among the blanks that old writers leave', () => {
    expect([' 755 \0', '0000755\0', '755 \0\0\0', '\0\0\0\0', '', '77777777777'].map(read)).toEqual([
      0o755, 0o755, 0o755, 0, 0, 0o77777777777,
    ]);
  });

  it('reads base-256, with its sign', () => {
    expect(['\x80\0\0\0\0\0\x01\x02', '\xff\xff\xff\xfe', '\xbf\xff', '\xc0\0'].map(read)).toEqual([
      258, -2, 16383, -16384,
    ]);
  });

  it('gives nothing for other text, and for numbers beyond 2^53', () => {
    const fields = ['8', '-1', '7 7', '0x1', '\x80\xff\xff\xff\xff\xff\xff\xff\xff', '777777777777777777777'];
    expect(fields.map(read)).toEqual(fields.map(() => undefined));
  });
});
