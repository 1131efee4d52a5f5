import { hashSync } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { MAX_WAITING_PASSWORDS, PasswordQueue } from './password-queue.js';

const HASH = hashSync('right', 4);

describe('PasswordQueue', () => {
  it('compares', async () => {
    const queue = new PasswordQueue();
    expect(await queue.compare('right', HASH)).toBe(true);
    expect(await queue.compare('wrong', HASH)).toBe(false);
  });

  it('takes $2a$, $2b$ and $2y$ for the same', async () => {
    const queue = new PasswordQueue();
    for (const prefix of ['$2a', '$2b', '$2y']) expect(await queue.compare('right', prefix + HASH.slice(3))).toBe(true);
  });

  it('lets a bounded number wait, and takes more once they are through', async () => {
    const queue = new PasswordQueue();
    const results = Array.from({ length: MAX_WAITING_PASSWORDS + 5 }, () => queue.compare('right', HASH));
    expect(results.filter((result) => result === undefined)).toHaveLength(5);
    await Promise.all(results);
    expect(await queue.compare('right', HASH)).toBe(true);
  });

  it('goes on after a comparison that failed', async () => {
    const queue = new PasswordQueue();
    const broken = queue.compare('right', `$2x${HASH.slice(3)}`);
    const next = queue.compare('right', HASH);
    await expect(broken).rejects.toThrow();
    expect(await next).toBe(true);
  });
});
