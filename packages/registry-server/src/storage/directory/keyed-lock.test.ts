import { describe, expect, it } from 'vitest';
import { KeyedLock } from './keyed-lock.js';

describe('KeyedLock', () => {
  it('runs work on one key in turn, also after a failure, and work on another key meanwhile', async () => {
    const lock = new KeyedLock();
    const events: string[] = [];
    let letGo = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const first = lock.run('a', async () => {
      await gate;
      events.push('first');
      throw new Error('failed');
    });
    const second = lock.run('a', async () => events.push('second'));
    await lock.run('b', async () => events.push('other'));
    letGo();
    await expect(first).rejects.toThrow('failed');
    await second;
    expect(events).toEqual(['other', 'first', 'second']);
  });
});
