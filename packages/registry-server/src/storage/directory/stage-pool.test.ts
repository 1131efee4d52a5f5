import { describe, expect, it } from 'vitest';
import { STAGE_BYTES, StagePool } from './stage-pool.js';

describe('StagePool', () => {
  it('lends memory that several threads see, nothing of it twice at a time', () => {
    const pool = new StagePool(() => {});
    const stages = Array.from({ length: 30 }, () => pool.take());
    for (const [index, { memory }] of stages.entries()) memory.fill(index);
    for (const [index, { memory, isAligned }] of stages.entries()) {
      expect([memory.length, memory[0], memory[STAGE_BYTES - 1]]).toEqual([STAGE_BYTES, index, index]);
      expect([memory.buffer.constructor, isAligned]).toEqual([SharedArrayBuffer, true]);
    }
  });

  it('lends again what was returned', () => {
    const pool = new StagePool(() => {});
    const lent = new Set([pool.take(), pool.take()]);
    for (const stage of lent) pool.return(stage);
    expect(lent).toContain(pool.take());
  });

  it('has another one only while few are in use, and the first one always', () => {
    const pool = new StagePool(() => {});
    const stages = Array.from({ length: 3 + 16 }, () => pool.takeAnother());
    expect(stages).not.toContain(undefined);
    expect(pool.takeAnother()).toBeUndefined();
    expect(pool.take()).toBeDefined();
  });

  it('has a few large ones, and lends these again, too', () => {
    const pool = new StagePool(() => {});
    const stages = Array.from({ length: 6 }, () => pool.takeAnother());
    expect(stages.map((stage) => (stage?.memory.length ?? 0) / STAGE_BYTES)).toEqual([4, 4, 4, 1, 1, 1]);
    for (const stage of stages) if (stage !== undefined) pool.return(stage);
    expect(stages.slice(0, 3)).toContain(pool.takeAnother());
  });

  it('lets go of memory once many uploads are over', () => {
    const dropped: SharedArrayBuffer[] = [];
    const pool = new StagePool((memory) => dropped.push(memory));
    const stages = Array.from({ length: 100 }, () => pool.take());
    for (const stage of stages) pool.return(stage);
    expect(dropped).toHaveLength(25 - 4);
    expect(dropped).not.toContain(pool.take().memory.buffer);
  });

  it('takes no stage back twice once its memory has gone', () => {
    const pool = new StagePool(() => {});
    const stages = Array.from({ length: 100 }, () => pool.take());
    for (const stage of stages) pool.return(stage);
    expect(() => {
      for (const stage of stages) pool.return(stage);
    }).toThrow('returned before');
  });
});
