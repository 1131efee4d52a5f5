import { networkOf } from '../client/ip-address.js';

/** Passwords that may be wrong before anybody has to wait. */
export const FREE_FAILURES = 5;
/** Doubles with each failure. */
export const FIRST_WAIT_MS = 1000;
export const MAX_WAIT_MS = 5 * 60_000;
/** Failures that are older than this are forgotten. */
export const FORGET_AFTER_MS = 15 * 60_000;
/** Pairs of address and account that are remembered; the one whose last failure is the oldest goes first. */
export const MAX_REMEMBERED = 10_000;

/** Milliseconds from any fixed moment on. */
export type Clock = () => number;

/** Leave to look at a password once. Exactly one of these is to be called. */
export interface LoginAttempt {
  succeed(): void;
  fail(): void;
  /** The password was not looked at. */
  cancel(): void;
}

interface FailureRecord {
  failures: number;
  running: number;
  lastFailureAt: number;
  waitUntil: number;
}

/**
 * Slows down those who guess passwords: beyond a few failures each one doubles the time in which no further guess is looked
 * at. It goes by address and account together. By the account alone anybody could lock out anybody, and by the address
 * alone one of an office could lock out all the others.
 *
 * Nothing waits in here: who comes too early is told how long to stay away.
 */
export class LoginThrottle {
  readonly #records = new Map<string, FailureRecord>();
  readonly #now: Clock;

  constructor(now: Clock = () => performance.now()) {
    this.#now = now;
  }

  /** @param address - `undefined` where the platform does not tell; those all count as one. */
  begin(address: string | undefined, account: string): LoginAttempt | { readonly retryAfterSeconds: number } {
    const key = JSON.stringify([networkOf(address), account]);
    const record = this.#recall(key);
    const wait = record.waitUntil - this.#now();
    if (wait > 0) return { retryAfterSeconds: Math.ceil(wait / 1000) };
    // Guesses that are made at once count as failures until they turn out not to be.
    if (record.running > 0 && record.failures + record.running >= FREE_FAILURES) return { retryAfterSeconds: 1 };
    record.running += 1;
    return {
      succeed: () => {
        record.running -= 1;
        record.failures = 0;
        if (this.#records.get(key) === record) this.#records.delete(key);
      },
      fail: () => {
        record.running -= 1;
        record.failures += 1;
        record.lastFailureAt = this.#now();
        if (record.failures >= FREE_FAILURES) record.waitUntil = record.lastFailureAt + waitAfter(record.failures);
        this.#remember(key, record);
      },
      cancel: () => {
        record.running -= 1;
        if (record.failures === 0 && record.running === 0) this.#records.delete(key);
      },
    };
  }

  get size(): number {
    return this.#records.size;
  }

  #recall(key: string): FailureRecord {
    const known = this.#records.get(key);
    if (known !== undefined && (known.running > 0 || this.#now() - known.lastFailureAt < FORGET_AFTER_MS)) return known;
    const fresh = { failures: 0, running: 0, lastFailureAt: this.#now(), waitUntil: 0 };
    this.#remember(key, fresh);
    return fresh;
  }

  /** A map keeps the order in which keys came, so the first one is the one that was touched the longest ago. */
  #remember(key: string, record: FailureRecord): void {
    this.#records.delete(key);
    this.#records.set(key, record);
    if (this.#records.size <= MAX_REMEMBERED) return;
    for (const oldest of this.#records.keys()) {
      this.#records.delete(oldest);
      return;
    }
  }
}

function waitAfter(failures: number): number {
  return Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures - FREE_FAILURES, 32));
}
