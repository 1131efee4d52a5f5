import { describe, expect, it } from 'vitest';
import { requestIdOf } from './request-id.js';

describe('requestIdOf()', () => {
  it('keeps what a proxy sends', () => {
    expect(requestIdOf('4bf92f35-77b3.00f0:1')).toBe('4bf92f35-77b3.00f0:1');
  });

  it.each([null, '', 'two words', 'a"b', 'x'.repeat(129), 'é'])('makes one of its own in place of %j', (header) => {
    const id = requestIdOf(header);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(requestIdOf(header)).not.toBe(id);
  });
});
