import { describe, expect, it } from 'vitest';
import { decodeTarPath, encodeTarPath, formatTarPath } from './tar-path.js';

describe('decodeTarPath', () => {
  it('gives a string for UTF-8, with a leading U+FEFF kept', () => {
    for (const text of ['a/b', 'caf\u00e9', '\ufeffa', '\u{1f600}'])
      expect(decodeTarPath(Buffer.from(text))).toBe(text);
  });

  it('gives a copy of any other bytes', () => {
    const bytes = Uint8Array.of(0x61, 0xff);
    const path = decodeTarPath(bytes);
    bytes.fill(0);
    expect(encodeTarPath(path)).toEqual(Uint8Array.of(0x61, 0xff));
  });
});

describe('formatTarPath', () => {
  it('quotes what would confuse a terminal, and cuts what is long', () => {
    expect(formatTarPath('a\n\u001b[2J')).toBe('"a\\n\\u001b[2J"');
    expect(formatTarPath('x'.repeat(300))).toBe(`"${'x'.repeat(200)}…"`);
  });
});
