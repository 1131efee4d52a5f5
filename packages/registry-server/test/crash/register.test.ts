import { describe, expect, it } from 'vitest';
import { Register } from './register.js';

const possible = (register: Register<string>) => [...register.possible].sort();

describe('Register', () => {
  it('holds what was written and acknowledged last', () => {
    const register = new Register('old');
    register.begin('new').acknowledge();
    expect(possible(register)).toEqual(['new']);
    expect(register.certain).toBe('new');
  });

  it('may hold either value while a write is in doubt, until it is looked at', () => {
    const register = new Register('old');
    register.begin('new');
    expect(possible(register)).toEqual(['new', 'old']);
    expect(register.certain).toBeUndefined();
    expect(register.isSteady).toBe(false);
    register.settle('old');
    expect(register.isSteady).toBe(true);
    expect(possible(register)).toEqual(['old']);
  });

  it('may hold either of two values that were written at the same time', () => {
    const register = new Register('old');
    const first = register.begin('first');
    const second = register.begin('second');
    second.acknowledge();
    first.acknowledge();
    expect(possible(register)).toEqual(['first', 'second']);
  });

  it('may get a value late that was never answered', () => {
    const register = new Register('old');
    register.begin('lost');
    register.begin('new').acknowledge();
    expect(possible(register)).toEqual(['lost', 'new']);
  });

  it('never holds what was refused', () => {
    const register = new Register('old');
    register.begin('refused').refuse();
    expect(possible(register)).toEqual(['old']);
  });
});
