import bcrypt, { hashSync } from 'bcryptjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FREE_FAILURES } from './login-throttle.js';
import { PasswordLogin, REMEMBER_PASSWORD_MS } from './password-login.js';
import { PasswordQueue } from './password-queue.js';

const COST = 4;

function setUp() {
  const accounts = new Map([['bob', hashSync('right', COST)]]);
  const clock = { now: 0 };
  const login = new PasswordLogin({ accounts: () => accounts, now: () => clock.now });
  const compare = vi.spyOn(PasswordQueue.prototype, 'compare');
  const check = (password: string, name = 'bob', address = '10.0.0.1') => login.check({ name, password, address });
  return { accounts, clock, compare, check };
}
afterEach(() => {
  vi.restoreAllMocks();
});

describe('PasswordLogin', () => {
  it('accepts the password of the account, and no other', async () => {
    const { check } = setUp();
    expect(await check('right')).toEqual({ kind: 'accepted' });
    for (const wrong of ['wrong', '', 'Right', 'right ']) expect(await check(wrong)).toEqual({ kind: 'refused' });
    expect(await check('right', 'ann')).toEqual({ kind: 'refused' });
  });

  it('compares a password that was right once in a while only', async () => {
    const { check, clock, compare } = setUp();
    await check('right');
    await check('right');
    expect(compare).toHaveBeenCalledTimes(1);
    clock.now += REMEMBER_PASSWORD_MS;
    expect(await check('right')).toEqual({ kind: 'accepted' });
    expect(compare).toHaveBeenCalledTimes(2);
  });

  it('compares once for all requests that come at the same time', async () => {
    const { check, compare } = setUp();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => check('right')));
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['accepted']));
    expect(compare).toHaveBeenCalledTimes(1);
  });

  it('does not remember a password whose hash has changed, nor an account that is gone', async () => {
    const { accounts, check } = setUp();
    await check('right');
    accounts.set('bob', hashSync('new', COST));
    expect(await check('right')).toEqual({ kind: 'refused' });
    expect(await check('new')).toEqual({ kind: 'accepted' });
    accounts.delete('bob');
    expect(await check('new')).toEqual({ kind: 'refused' });
  });

  it('compares for an unknown account as well, with a hash of the same cost', async () => {
    const { check, compare } = setUp();
    await check('right', 'nobody');
    expect(compare).toHaveBeenCalledTimes(1);
    expect(bcrypt.getRounds(compare.mock.calls[0]?.[1] ?? '')).toBe(COST);
  });

  it('stops looking after some failures, even at the right password, and looks again after the wait', async () => {
    const { check, clock } = setUp();
    for (let n = 0; n < FREE_FAILURES; n += 1) expect(await check(`guess ${n}`)).toEqual({ kind: 'refused' });
    expect(await check('right')).toEqual({ kind: 'throttled', retryAfterSeconds: 1 });
    expect(await check('right', 'bob', '10.0.0.2')).toEqual({ kind: 'accepted' });
    clock.now += 1000;
    expect(await check('right')).toEqual({ kind: 'accepted' });
  });

  it('takes the same wrong password for one guess, however often it comes: containerd sends it for every layer', async () => {
    const { check, compare } = setUp();
    for (let n = 0; n < 50; n += 1) expect(await check('stale')).toEqual({ kind: 'refused' });
    expect(compare).toHaveBeenCalledTimes(1);
    expect(await check('right')).toEqual({ kind: 'accepted' });
  });

  it('does not lock out whoever is in already, while somebody else guesses from the same address', async () => {
    const { check } = setUp();
    await check('right');
    for (let n = 0; n < FREE_FAILURES; n += 1) await check(`guess ${n}`);
    expect(await check('one more')).toMatchObject({ kind: 'throttled' });
    expect(await check('right')).toEqual({ kind: 'accepted' });
  });

  it('answers at once, and counts nothing, where too many passwords wait', async () => {
    const { check, compare } = setUp();
    compare.mockReturnValue(undefined);
    for (let n = 0; n < 20; n += 1) {
      expect(await check('right')).toEqual({ kind: 'throttled', retryAfterSeconds: expect.any(Number) });
    }
    compare.mockRestore();
    expect(await check('right')).toEqual({ kind: 'accepted' });
  });
});
