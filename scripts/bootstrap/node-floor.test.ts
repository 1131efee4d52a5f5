import { describe, expect, it } from 'vitest';
import { isOlder } from './node-floor.js';

describe('isOlder', () => {
  it.each([
    ['18.20.8', true],
    ['20.9.0', true],
    ['20.18.3', true],
    ['20.19.0', false],
    ['20.100.0', false],
    ['22.1.0', false],
    ['100.0.0', false],
  ])('tells of %s against 20.19: %s', (version, older) => {
    expect(isOlder(version, '20.19')).toBe(older);
  });
});
