import { createHmac, randomBytes } from 'node:crypto';
import { ExpiringSet } from './expiring-set.js';
import { type Accounts, makeDecoyHash } from './htpasswd.js';
import { type Clock, LoginThrottle } from './login-throttle.js';
import { PasswordQueue } from './password-queue.js';

/** A password that was right, or wrong, is taken to be so for this long, unless the account's hash changes. */
export const REMEMBER_PASSWORD_MS = 5 * 60_000;
/** Of each: wrong ones, which anybody can send, must not drive out the right ones. */
export const MAX_REMEMBERED_PASSWORDS = 1000;

export interface PasswordCredentials {
  readonly name: string;
  readonly password: string;
  readonly address?: string | undefined;
}

export type LoginOutcome =
  | { readonly kind: 'accepted' | 'refused' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

const REFUSED: LoginOutcome = { kind: 'refused' };
const ACCEPTED: LoginOutcome = { kind: 'accepted' };
/** Where the queue is full: no fault of the one who asks. */
const BUSY: LoginOutcome = { kind: 'throttled', retryAfterSeconds: 5 };

export interface PasswordLoginOptions {
  readonly accounts: () => Accounts | Promise<Accounts>;
  readonly now?: Clock | undefined;
}

/**
 * Tells whether a password is the account's. A client sends it with each of its requests, dozens at once, so what came of it
 * is remembered, and what is being looked at is looked at once. The same wrong password again is no further guess:
 * containerd, with a stale one, sends it for every layer, and would have to wait once the right one is at hand.
 *
 * What is remembered is no password and no plain hash of one: a MAC with a key that dies with the process.
 */
export class PasswordLogin {
  readonly #accounts: PasswordLoginOptions['accounts'];
  readonly #throttle: LoginThrottle;
  readonly #queue = new PasswordQueue();
  readonly #key = randomBytes(32);
  /** MACs. */
  readonly #right: ExpiringSet;
  readonly #wrong: ExpiringSet;
  readonly #running = new Map<string, Promise<LoginOutcome>>();

  constructor({ accounts, now = () => performance.now() }: PasswordLoginOptions) {
    this.#accounts = accounts;
    this.#throttle = new LoginThrottle(now);
    const limits = { maxEntries: MAX_REMEMBERED_PASSWORDS, expireAfterMs: REMEMBER_PASSWORD_MS, now };
    this.#right = new ExpiringSet(limits);
    this.#wrong = new ExpiringSet(limits);
  }

  async check(credentials: PasswordCredentials): Promise<LoginOutcome> {
    const accounts = await this.#accounts();
    const mac = this.#macOf(credentials, accounts.get(credentials.name));
    if (this.#right.has(mac)) return ACCEPTED;
    if (this.#wrong.has(mac)) return REFUSED;

    const running = this.#running.get(mac);
    if (running !== undefined) return running;
    const outcome = this.#look(credentials, accounts);
    this.#running.set(mac, outcome);
    try {
      const result = await outcome;
      if (result.kind === 'accepted') this.#right.add(mac);
      if (result.kind === 'refused') this.#wrong.add(mac);
      return result;
    } finally {
      this.#running.delete(mac);
    }
  }

  async #look({ name, password, address }: PasswordCredentials, accounts: Accounts): Promise<LoginOutcome> {
    const attempt = this.#throttle.begin(address, name);
    if ('retryAfterSeconds' in attempt) return { kind: 'throttled', ...attempt };
    const hash = accounts.get(name);
    const comparing = this.#queue.compare(password, hash ?? makeDecoyHash(accounts));
    if (comparing === undefined) {
      attempt.cancel();
      return BUSY;
    }
    const equal = await comparing.catch((error: unknown) => {
      attempt.cancel();
      throw error;
    });
    if (equal && hash !== undefined) {
      attempt.succeed();
      return ACCEPTED;
    }
    attempt.fail();
    return REFUSED;
  }

  /** The hash is part of it, so that a changed password counts at once. */
  #macOf({ name, password }: PasswordCredentials, hash = ''): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([name, password, hash]))
      .digest('base64');
  }
}
