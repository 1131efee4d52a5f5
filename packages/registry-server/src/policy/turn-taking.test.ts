import { describe, expect, it } from 'vitest';
import { TurnTaking } from './turn-taking.js';

describe('TurnTaking', () => {
  it('runs tasks of one name in order, one at a time, whatever becomes of them', async () => {
    const turns = new TurnTaking();
    const story: string[] = [];
    const task =
      (name: string, fails = false) =>
      async () => {
        story.push(`${name} begins`);
        await Promise.resolve();
        story.push(`${name} ends`);
        if (fails) throw new Error(name);
        return name;
      };
    const results = await Promise.allSettled([
      turns.take('a', task('first', true)),
      turns.take('a', task('second')),
      turns.take('a', task('third')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(story).toEqual(['first begins', 'first ends', 'second begins', 'second ends', 'third begins', 'third ends']);
  });

  it('lets tasks of other names run meanwhile', async () => {
    const turns = new TurnTaking();
    let release = () => {};
    const held = turns.take('a', () => new Promise<void>((resolve) => (release = resolve)));
    await expect(turns.take('b', async () => 'done')).resolves.toBe('done');
    release();
    await held;
  });
});
