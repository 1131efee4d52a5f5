import { describe, expect, it } from 'vitest';
import { imageLayoutSchema } from './image-layout.js';

describe('imageLayoutSchema', () => {
  it('reads version 1.0.0 and keeps further fields', () => {
    const value = { imageLayoutVersion: '1.0.0', 'x-vendor': 1 };
    expect(imageLayoutSchema.parse(value)).toEqual(value);
  });

  it.each([{}, { imageLayoutVersion: '2.0.0' }, { imageLayoutVersion: 1 }, { imagelayoutversion: '1.0.0' }, []])(
    'refuses %j',
    (value) => {
      expect(imageLayoutSchema.safeParse(value).success).toBe(false);
    },
  );
});
