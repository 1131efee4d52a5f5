import { describe, expect, it } from 'vitest';
import { freeMemory } from './free-memory.js';

describe('freeMemory', () => {
  it('empties what it was given, some at a time', () => {
    const arrays = Array.from({ length: 64 }, () => new Uint8Array(100));
    for (const array of arrays) freeMemory(array);
    expect(arrays.filter(({ byteLength }) => byteLength === 0).length).toBeGreaterThanOrEqual(32);
  });

  it('leaves alone what others have a part of, and what several threads see', () => {
    const whole = new ArrayBuffer(100);
    const shared = new Uint8Array(new SharedArrayBuffer(100));
    for (let time = 0; time < 64; time++) {
      freeMemory(new Uint8Array(whole, 0, 50));
      freeMemory(shared);
    }
    expect([whole.byteLength, shared.byteLength]).toEqual([100, 100]);
  });
});
