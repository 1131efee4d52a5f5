import type { Account } from '../accounts.js';
import { Containerd } from '../containerd.js';
import { type ImageLayout, LAYOUT_TAG } from '../image-layout.js';
import type { Scope } from '../scope.js';
import { type Client, findIn } from './client.js';

/** containerd by way of ctr, which keeps no logins: each command brings its own. */
export class ContainerdClient implements Client {
  readonly #containerd: Containerd;
  readonly #accounts = new Map<string, Account>();

  private constructor(containerd: Containerd) {
    this.#containerd = containerd;
  }

  static async start(scope: Scope): Promise<ContainerdClient> {
    return new ContainerdClient(await Containerd.start(scope));
  }

  async login(host: string, account: Account): Promise<void> {
    this.#accounts.set(host, account);
  }

  async push({ archive, digest }: ImageLayout, reference: string): Promise<string> {
    const name = `sample/${digest.slice(-12)}`;
    await this.#containerd.ctr('image', 'import', '--base-name', name, archive);
    await this.#containerd.ctr('image', 'tag', '--force', `${name}:${LAYOUT_TAG}`, reference);
    await this.#transfer('push', reference);
    return this.#digest(reference);
  }

  async pull(reference: string): Promise<string> {
    await this.#transfer('pull', reference);
    return this.#digest(reference);
  }

  #transfer(verb: 'push' | 'pull', reference: string): Promise<string> {
    const account = this.#accounts.get(reference.replace(/\/.*/, ''));
    const credentials = account === undefined ? [] : ['--user', `${account.name}:${account.password}`];
    return this.#containerd.ctr('image', verb, '--plain-http', ...credentials, reference);
  }

  async #digest(reference: string): Promise<string> {
    const row = await this.#containerd.ctr('image', 'list', `name==${reference}`);
    return findIn(row, /(?<=\s)sha256:[0-9a-f]{64}(?=\s)/);
  }
}
