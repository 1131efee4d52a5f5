import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PRINTABLE_CHARACTERS, printable } from './printable.js';

describe('printable', () => {
  it('leaves an honest request target as it is', () => {
    expect(printable('/v2/quinistry/manifests/latest?n=1&last=ü')).toBe('/v2/quinistry/manifests/latest?n=1&last=ü');
  });

  it.each([
    ['a line break', 'a\r\nb', 'a\\u{d}\\u{a}b'],
    ['an escape sequence', '\u001b[2J', '\\u{1b}[2J'],
    ['an 8-bit control sequence introducer', '\u009b2J', '\\u{9b}2J'],
    ['a change of writing direction', 'a\u202eb', 'a\\u{202e}b'],
    ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
    ['a lone surrogate', '\ud800', '\\u{d800}'],
  ])('spells out %s', (_what, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it('cuts what is longer than an honest target', () => {
    expect(printable('a'.repeat(10_000))).toBe(`${'a'.repeat(MAX_PRINTABLE_CHARACTERS)}…`);
  });

  it('gives one line without control characters, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]*$/u);
      }),
    );
  });
});
