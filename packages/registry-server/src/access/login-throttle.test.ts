import { describe, expect, it } from 'vitest';
import { FORGET_AFTER_MS, FREE_FAILURES, LoginThrottle, MAX_REMEMBERED, MAX_WAIT_MS } from './login-throttle.js';

function setUp() {
  const clock = { now: 0 };
  return { clock, throttle: new LoginThrottle(() => clock.now) };
}

/** Fails one attempt, and tells how long it had to stay away before it was let in. */
function failOnce({ throttle, clock }: ReturnType<typeof setUp>, address: string, account: string): number {
  let waited = 0;
  for (;;) {
    const attempt = throttle.begin(address, account);
    if ('fail' in attempt) {
      attempt.fail();
      return waited;
    }
    waited += attempt.retryAfterSeconds;
    clock.now += attempt.retryAfterSeconds * 1000;
  }
}

describe('LoginThrottle', () => {
  it('makes nobody wait for the first failures, and then twice as long each time, up to a bound', () => {
    const setup = setUp();
    const waits = Array.from({ length: 16 }, () => failOnce(setup, '10.0.0.1', 'bob'));
    expect(waits.slice(0, FREE_FAILURES)).toEqual([0, 0, 0, 0, 0]);
    expect(waits.slice(FREE_FAILURES)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    expect(MAX_WAIT_MS).toBe(300_000);
  });

  it('forgets failures after a success, and after a while', () => {
    const setup = setUp();
    for (let n = 0; n < FREE_FAILURES - 1; n += 1) failOnce(setup, '10.0.0.1', 'bob');
    const attempt = setup.throttle.begin('10.0.0.1', 'bob');
    if ('succeed' in attempt) attempt.succeed();
    expect(setup.throttle.size).toBe(0);
    for (let n = 0; n < FREE_FAILURES; n += 1) expect(failOnce(setup, '10.0.0.1', 'bob')).toBe(0);
    setup.clock.now += FORGET_AFTER_MS;
    for (let n = 0; n < FREE_FAILURES; n += 1) expect(failOnce(setup, '10.0.0.1', 'bob')).toBe(0);
  });

  it('lets neither another account nor another address wait', () => {
    const setup = setUp();
    for (let n = 0; n < 8; n += 1) failOnce(setup, '10.0.0.1', 'bob');
    expect(setup.throttle.begin('10.0.0.1', 'bob')).toHaveProperty('retryAfterSeconds');
    expect(setup.throttle.begin('10.0.0.1', 'ann')).toHaveProperty('fail');
    expect(setup.throttle.begin('10.0.0.2', 'bob')).toHaveProperty('fail');
    expect(setup.throttle.begin(undefined, 'bob')).toHaveProperty('fail');
  });

  it('lets in no more guesses at once than one after another', () => {
    const { throttle } = setUp();
    const attempts = Array.from({ length: 50 }, () => throttle.begin('10.0.0.1', 'bob'));
    const started = attempts.filter((attempt) => 'fail' in attempt);
    expect(started).toHaveLength(FREE_FAILURES);
    for (const attempt of started) if ('fail' in attempt) attempt.fail();
    expect(throttle.begin('10.0.0.1', 'bob')).toEqual({ retryAfterSeconds: 1 });
  });

  it('counts no attempt whose password was not looked at', () => {
    const { throttle } = setUp();
    for (let n = 0; n < 50; n += 1) {
      const attempt = throttle.begin('10.0.0.1', 'bob');
      expect(attempt).toHaveProperty('cancel');
      if ('cancel' in attempt) attempt.cancel();
    }
    expect(throttle.size).toBe(0);
  });

  it('remembers a bounded number of pairs, the last ones', () => {
    const setup = setUp();
    for (let n = 0; n < 8; n += 1) failOnce(setup, '10.0.0.1', 'bob');
    for (let n = 0; n < MAX_REMEMBERED - 1; n += 1) failOnce(setup, '10.0.0.1', `name-${n}`);
    expect(setup.throttle.size).toBe(MAX_REMEMBERED);
    expect(setup.throttle.begin('10.0.0.1', 'bob')).toHaveProperty('retryAfterSeconds');
    failOnce(setup, '10.0.0.1', 'one more');
    expect(setup.throttle.size).toBe(MAX_REMEMBERED);
    expect(setup.throttle.begin('10.0.0.1', 'bob')).toHaveProperty('fail');
  });
});
