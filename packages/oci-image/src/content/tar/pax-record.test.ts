import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePaxRecords, encodePaxRecords } from './pax-record.js';

const text = (value: string) => Buffer.from(value);

describe('encodePaxRecords', () => {
  it('counts the digits of the length in the length', () => {
    const lengths = [1, 2, 88, 89, 90, 91, 985, 986, 987].map((size) => {
      const record = encodePaxRecords([['path', Buffer.alloc(size, 'x')]]);
      return [record.length, Number.parseInt(record.toString(), 10)];
    });
    for (const [actual, written] of lengths) expect(written).toBe(actual);
  });

  it('keeps bytes that are not UTF-8', () => {
    const value = Buffer.from('00ff0a3d80', 'hex');
    expect(encodePaxRecords([['k', value]])).toEqual(Buffer.concat([text('11 k='), value, text('\n')]));
  });
});

describe('decodePaxRecords', () => {
  it('is the inverse of encodePaxRecords', () => {
    const keyword = fc.string({ unit: 'binary', minLength: 1 }).filter((key) => !/[=\0]/.test(key));
    const records = fc.array(fc.tuple(keyword, fc.uint8Array({ max: 255, maxLength: 200 })));
    fc.assert(
      fc.property(records, (pairs) => {
        const distinct = new Map(pairs.filter(([key]) => !/^(path|linkpath|uname|gname)$/.test(key)));
        expect([...decodePaxRecords(encodePaxRecords(distinct), 0)]).toEqual([...distinct]);
      }),
    );
  });

  it('keeps the last of two records with one keyword', () => {
    const records = encodePaxRecords([
      ['path', text('stale')],
      ['path', text('new')],
    ]);
    expect(String(Buffer.from(decodePaxRecords(records, 0).get('path') ?? []))).toBe('new');
  });

  it.each([
    ['no length', ' a=b\n'],
    ['a length that is no number', 'x a=b\n'],
    ['a length of 0', '0 a=b\n'],
    ['a length that ends inside itself', '1 a=b\n'],
    ['a length beyond the end', '7 a=b\n'],
    ['a length before the newline', '5 a=b\n'],
    ['no keyword', '5 =b\n'],
    ['no equals sign', '5 ab\n'],
    ['a path with a NUL', '11 path=a\0\n'],
    ['a keyword that is not UTF-8', '6 \xff=b\n'],
  ])('refuses %s, and names the offset', (_, record) => {
    const bytes = Buffer.concat([encodePaxRecords([['k', text('v')]]), Buffer.from(record, 'latin1')]);
    expect(() => decodePaxRecords(bytes, 512)).toThrow(expect.objectContaining({ code: 'TAR_INVALID', offset: 518 }));
  });
});
