import { setTimeout as sleep } from 'node:timers/promises';
import { compare } from 'bcryptjs';

/** Passwords that wait to be looked at. With the usual cost of 10 the last one waits about four seconds. */
export const MAX_WAITING_PASSWORDS = 32;

/**
 * Compares passwords with bcrypt hashes, one at a time.
 *
 * Node.js has no bcrypt of its own, and in JavaScript one comparison holds the only thread for some 60 ms, in pieces of at
 * most 100 ms where the cost is higher. A worker would need a file of its own, which a server in one bundled file has not
 * got. So the queue rests after each comparison for as long as it took: guesses, however many, take half of the thread at
 * most, and those who pull in the meantime are not kept waiting for long.
 */
export class PasswordQueue {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @returns `undefined` at once, where too many are waiting. */
  compare(password: string, hash: string): Promise<boolean> | undefined {
    if (this.#waiting >= MAX_WAITING_PASSWORDS) return undefined;
    this.#waiting += 1;
    const { promise, rested } = this.#compareAfter(this.#last, password, hash);
    this.#last = rested;
    return promise;
  }

  #compareAfter(last: Promise<unknown>, password: string, hash: string) {
    let startedAt = 0;
    const promise = last.then(() => {
      startedAt = performance.now();
      return compare(password, hash);
    });
    const rest = () => {
      this.#waiting -= 1;
      return sleep(performance.now() - startedAt);
    };
    return { promise, rested: promise.then(rest, rest) };
  }
}
