import { createHmac, randomBytes } from 'node:crypto';
import { type Accounts, makeDecoyHash } from './htpasswd.js';
import { type Clock, LoginThrottle } from './login-throttle.js';
import { PasswordQueue } from './password-queue.js';

/** A password that was right is taken to be right for this long, unless its hash changes. */
export const REMEMBER_PASSWORD_MS = 5 * 60_000;
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
 * Tells whether a password is the account's. A client sends it with each of its requests, dozens at once, so what was right
 * is remembered, and what is being looked at is looked at once.
 *
 * What is remembered is no password and no plain hash of one: a MAC with a key that dies with the process.
 */
export class PasswordLogin {
  readonly #accounts: PasswordLoginOptions['accounts'];
  readonly #now: Clock;
  readonly #throttle: LoginThrottle;
  readonly #queue = new PasswordQueue();
  readonly #key = randomBytes(32);
  /** When each MAC was found to be right. */
  readonly #remembered = new Map<string, number>();
  readonly #running = new Map<string, Promise<LoginOutcome>>();

  constructor({ accounts, now = () => performance.now() }: PasswordLoginOptions) {
    this.#accounts = accounts;
    this.#now = now;
    this.#throttle = new LoginThrottle(now);
  }

  async check(credentials: PasswordCredentials): Promise<LoginOutcome> {
    const accounts = await this.#accounts();
    const mac = this.#macOf(credentials, accounts.get(credentials.name));
    const since = this.#remembered.get(mac);
    if (since !== undefined && this.#now() - since < REMEMBER_PASSWORD_MS) return ACCEPTED;

    const running = this.#running.get(mac);
    if (running !== undefined) return running;
    const outcome = this.#look(credentials, accounts);
    this.#running.set(mac, outcome);
    try {
      const result = await outcome;
      if (result.kind === 'accepted') this.#remember(mac);
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

  #remember(mac: string): void {
    this.#remembered.delete(mac);
    this.#remembered.set(mac, this.#now());
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size <= MAX_REMEMBERED_PASSWORDS) break;
      this.#remembered.delete(oldest);
    }
  }
}
